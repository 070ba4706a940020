"""What a billing run and its exceptions can be, and what may happen to them."""

from __future__ import annotations

from enum import StrEnum

from portal.core.states import Machine


class RunStatus(StrEnum):
    PLANNED = "planned"
    HELD = "held"  # a stop line was crossed: a person decides
    RUNNING = "running"
    FINISHED = "finished"
    FINISHED_WITH_EXCEPTIONS = "finished_with_exceptions"
    ABORTED = "aborted"


class RunEvent(StrEnum):
    HELD = "held"
    RELEASED = "released"
    STARTED = "started"
    FINISHED = "finished"
    FINISHED_WITH_EXCEPTIONS = "finished_with_exceptions"
    ABORTED = "aborted"


_S, _E = RunStatus, RunEvent

UNDER_WAY = frozenset({_S.PLANNED, _S.HELD, _S.RUNNING})

RUN = Machine[RunStatus, RunEvent](
    name="billing_run",
    moves={
        (_S.PLANNED, _E.HELD): _S.HELD,
        (_S.PLANNED, _E.STARTED): _S.RUNNING,
        (_S.RUNNING, _E.HELD): _S.HELD,
        (_S.HELD, _E.RELEASED): _S.RUNNING,
        (_S.RUNNING, _E.FINISHED): _S.FINISHED,
        (_S.RUNNING, _E.FINISHED_WITH_EXCEPTIONS): _S.FINISHED_WITH_EXCEPTIONS,
        # The last exception of a finished run was resolved.
        (_S.FINISHED_WITH_EXCEPTIONS, _E.FINISHED): _S.FINISHED,
        **{(status, _E.ABORTED): _S.ABORTED for status in UNDER_WAY},
    },
    # Several workers come to the end of the same run.
    ignored={
        (_S.RUNNING, _E.STARTED),
        (_S.RUNNING, _E.RELEASED),
        (_S.HELD, _E.HELD),
        (_S.FINISHED, _E.FINISHED),
        (_S.FINISHED, _E.FINISHED_WITH_EXCEPTIONS),
        (_S.FINISHED_WITH_EXCEPTIONS, _E.FINISHED_WITH_EXCEPTIONS),
        (_S.ABORTED, _E.ABORTED),
        (_S.ABORTED, _E.FINISHED),
        (_S.ABORTED, _E.FINISHED_WITH_EXCEPTIONS),
    },
)


class RunItemStatus(StrEnum):
    """A row per subscription that was not simply billed."""

    HELD = "held"
    RELEASED = "released"
    REJECTED = "rejected"
    PARKED = "parked"
    FAILED = "failed"


class RunItemEvent(StrEnum):
    RELEASED = "released"
    REJECTED = "rejected"
    PARKED = "parked"


_I, _D = RunItemStatus, RunItemEvent

RUN_ITEM = Machine[RunItemStatus, RunItemEvent](
    name="run_item",
    moves={
        (_I.HELD, _D.RELEASED): _I.RELEASED,
        (_I.HELD, _D.REJECTED): _I.REJECTED,
        (_I.PARKED, _D.RELEASED): _I.RELEASED,
        (_I.PARKED, _D.REJECTED): _I.REJECTED,
        (_I.FAILED, _D.PARKED): _I.PARKED,
        (_I.FAILED, _D.RELEASED): _I.RELEASED,
    },
    ignored={
        (_I.RELEASED, _D.RELEASED),
        (_I.REJECTED, _D.REJECTED),
        (_I.PARKED, _D.PARKED),
    },
)
