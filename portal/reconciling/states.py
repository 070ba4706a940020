"""What a look at a gateway's lists can be."""

from __future__ import annotations

from enum import StrEnum

from portal.core.states import Machine


class LookStatus(StrEnum):
    WAITING = "waiting"
    FINISHED = "finished"
    FAILED = "failed"  # the gateway did not tell all of its lists, however often it was asked


class LookEvent(StrEnum):
    FINISHED = "finished"
    FAILED = "failed"


LOOK = Machine[LookStatus, LookEvent](
    name="reconciliation",
    moves={
        (LookStatus.WAITING, LookEvent.FINISHED): LookStatus.FINISHED,
        (LookStatus.WAITING, LookEvent.FAILED): LookStatus.FAILED,
    },
    ignored={
        (LookStatus.FINISHED, LookEvent.FINISHED),
        (LookStatus.FINISHED, LookEvent.FAILED),
        (LookStatus.FAILED, LookEvent.FAILED),
    },
)
