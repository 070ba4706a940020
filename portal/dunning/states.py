"""What a dunning case can be, and what may happen to it."""

from __future__ import annotations

from enum import StrEnum

from portal.core.states import Machine


class CaseStatus(StrEnum):
    OPEN = "open"
    PAUSED = "paused"
    EXHAUSTED = "exhausted"  # the ladder is used up; stays until paid or given up
    RECOVERED = "recovered"
    STOPPED = "stopped"  # nothing left to collect, though not all was paid


class CaseEvent(StrEnum):
    PAUSED = "paused"
    RESUMED = "resumed"
    EXHAUSTED = "exhausted"
    REOPENED = "reopened"  # another invoice joined a case whose ladder was used up, or what had paid it was taken back
    RECOVERED = "recovered"
    STOPPED = "stopped"


class PauseKind(StrEnum):
    """Why a person let a case rest until a day."""

    PROMISE = "promise"  # the customer said when the money comes
    DISPUTE = "dispute"
    STAFF = "staff"


_S, _E = CaseStatus, CaseEvent

STANDING = frozenset({_S.OPEN, _S.PAUSED, _S.EXHAUSTED})
CLOSED = frozenset({_S.RECOVERED, _S.STOPPED})

CASE = Machine[CaseStatus, CaseEvent](
    name="dunning_case",
    moves={
        (_S.OPEN, _E.PAUSED): _S.PAUSED,
        (_S.EXHAUSTED, _E.PAUSED): _S.PAUSED,
        (_S.PAUSED, _E.PAUSED): _S.PAUSED,  # until another day
        (_S.PAUSED, _E.RESUMED): _S.OPEN,
        (_S.OPEN, _E.EXHAUSTED): _S.EXHAUSTED,
        (_S.EXHAUSTED, _E.REOPENED): _S.OPEN,
        (_S.RECOVERED, _E.REOPENED): _S.OPEN,
        **{(status, _E.RECOVERED): _S.RECOVERED for status in STANDING},
        **{(status, _E.STOPPED): _S.STOPPED for status in STANDING},
    },
    ignored={
        (_S.OPEN, _E.RESUMED),
        (_S.OPEN, _E.REOPENED),
        (_S.PAUSED, _E.REOPENED),
        (_S.EXHAUSTED, _E.EXHAUSTED),
        *((status, _E.RECOVERED) for status in CLOSED),
        *((status, _E.STOPPED) for status in CLOSED),
    },
)
