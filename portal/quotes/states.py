"""What a quote can be, and what may happen to it."""

from __future__ import annotations

from enum import StrEnum

from portal.core.states import Machine


class QuoteStatus(StrEnum):
    OFFERED = "offered"
    ACCEPTED = "accepted"
    EXPIRED = "expired"
    SUPERSEDED = "superseded"


class QuoteEvent(StrEnum):
    ACCEPTED = "accepted"
    EXPIRED = "expired"
    SUPERSEDED = "superseded"


_S, _E = QuoteStatus, QuoteEvent
_CLOSED = (_S.ACCEPTED, _S.EXPIRED, _S.SUPERSEDED)

QUOTE = Machine[QuoteStatus, QuoteEvent](
    name="quote",
    moves={
        (_S.OFFERED, _E.ACCEPTED): _S.ACCEPTED,
        (_S.OFFERED, _E.EXPIRED): _S.EXPIRED,
        (_S.OFFERED, _E.SUPERSEDED): _S.SUPERSEDED,
    },
    ignored={
        (_S.ACCEPTED, _E.ACCEPTED),  # a second click
        *((status, _E.EXPIRED) for status in _CLOSED),
        *((status, _E.SUPERSEDED) for status in _CLOSED),
    },
)
