"""What a dispute can be, and what may happen to it."""

from __future__ import annotations

from enum import StrEnum

from portal.core.states import Machine


class DisputeStatus(StrEnum):
    NEEDS_RESPONSE = "needs_response"
    UNDER_REVIEW = "under_review"  # answered; the bank decides
    WON = "won"  # the payment stands
    LOST = "lost"  # the money was taken back


class DisputeEvent(StrEnum):
    ASKED = "asked"  # the gateway wants an answer, perhaps again
    REVIEWED = "reviewed"
    WON = "won"
    LOST = "lost"


_S, _E = DisputeStatus, DisputeEvent

OPEN = frozenset({_S.NEEDS_RESPONSE, _S.UNDER_REVIEW})

DISPUTE = Machine[DisputeStatus, DisputeEvent](
    name="dispute",
    moves={
        (_S.NEEDS_RESPONSE, _E.REVIEWED): _S.UNDER_REVIEW,
        (_S.UNDER_REVIEW, _E.ASKED): _S.NEEDS_RESPONSE,
        **{(status, _E.WON): _S.WON for status in OPEN},
        **{(status, _E.LOST): _S.LOST for status in OPEN},
        # A bank may give back what it had taken.
        (_S.LOST, _E.WON): _S.WON,
    },
    ignored={
        (_S.NEEDS_RESPONSE, _E.ASKED),
        (_S.UNDER_REVIEW, _E.REVIEWED),
        *((status, event) for status in (_S.WON, _S.LOST) for event in (_E.ASKED, _E.REVIEWED)),
        (_S.LOST, _E.LOST),
        (_S.WON, _E.WON),
        (_S.WON, _E.LOST),
    },
)
