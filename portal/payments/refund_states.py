"""What a refund can be, and what may happen to it."""

from __future__ import annotations

from enum import StrEnum

from portal.core.states import Machine


class RefundWay(StrEnum):
    """Who carries the money back."""

    GATEWAY = "gateway"
    BY_HAND = "by_hand"  # a person transfers it, and records that with a proof


class RefundSource(StrEnum):
    """What of the customer's is given back."""

    CREDIT_NOTE = "credit_note"  # the part of a credit note that goes back
    BALANCE = "balance"  # money the customer has with us
    OUTSIDE = "outside"  # given back at the gateway without us: our loss until a person decides


class RefundStatus(StrEnum):
    REQUESTED = "requested"  # waits for a second person
    APPROVED = "approved"  # certainly not sent
    SENDING = "sending"  # leased; may have been sent
    PENDING = "pending"  # the gateway has it
    NEEDS_ATTENTION = "needs_attention"  # the gateway has it and lacks the payer's bank details
    UNKNOWN = "unknown"
    SUCCEEDED = "succeeded"
    FAILED = "failed"  # given up: the money is on the customer's balance
    CANCELED = "canceled"  # certainly not sent


class RefundEvent(StrEnum):
    APPROVED = "approved"
    LEASED = "leased"
    SUCCEEDED = "succeeded"
    PENDED = "pended"
    STALLED = "stalled"  # the gateway asks for bank details
    ANSWERED = "answered"  # a person has given them
    FAILED = "failed"
    LOST = "lost"  # silence, or an answer that cannot be read
    RETURNED = "returned"  # certainly not sent after all
    CANCELED = "canceled"


_S, _E = RefundStatus, RefundEvent

LIVE = frozenset({_S.REQUESTED, _S.APPROVED, _S.SENDING, _S.PENDING, _S.NEEDS_ATTENTION, _S.UNKNOWN})
RESERVED = LIVE - {_S.REQUESTED}
"""Their money is set aside: off the payment, and in transit in the books."""
ASKED_ABOUT = frozenset({_S.SENDING, _S.PENDING, _S.UNKNOWN})
CLOSED = frozenset(_S) - LIVE
_UNDER_WAY = (_S.SENDING, _S.UNKNOWN, _S.PENDING, _S.NEEDS_ATTENTION)

REFUND = Machine[RefundStatus, RefundEvent](
    name="refund",
    moves={
        (_S.REQUESTED, _E.APPROVED): _S.APPROVED,
        (_S.REQUESTED, _E.CANCELED): _S.CANCELED,
        (_S.APPROVED, _E.LEASED): _S.SENDING,
        (_S.APPROVED, _E.CANCELED): _S.CANCELED,
        (_S.APPROVED, _E.SUCCEEDED): _S.SUCCEEDED,
        # An answer that comes when its lease has lapsed and it was returned.
        (_S.APPROVED, _E.PENDED): _S.PENDING,
        (_S.APPROVED, _E.STALLED): _S.NEEDS_ATTENTION,
        (_S.APPROVED, _E.FAILED): _S.FAILED,
        **{(status, _E.SUCCEEDED): _S.SUCCEEDED for status in _UNDER_WAY},
        **{(status, _E.FAILED): _S.FAILED for status in _UNDER_WAY},
        **{(status, _E.PENDED): _S.PENDING for status in _UNDER_WAY if status is not _S.PENDING},
        **{(status, _E.STALLED): _S.NEEDS_ATTENTION for status in _UNDER_WAY if status is not _S.NEEDS_ATTENTION},
        (_S.SENDING, _E.LOST): _S.UNKNOWN,
        (_S.SENDING, _E.RETURNED): _S.APPROVED,
        (_S.UNKNOWN, _E.RETURNED): _S.APPROVED,
        (_S.NEEDS_ATTENTION, _E.ANSWERED): _S.SENDING,
    },
    # News comes twice, late and out of order. Silence never makes us know less than we did.
    ignored={
        (_S.APPROVED, _E.APPROVED),
        *((status, _E.RETURNED) for status in _S if status not in (_S.SENDING, _S.UNKNOWN)),
        (_S.PENDING, _E.PENDED),
        (_S.NEEDS_ATTENTION, _E.STALLED),
        *((status, _E.LOST) for status in _S if status is not _S.SENDING),
        *((status, event) for status in CLOSED for event in (_E.SUCCEEDED, _E.PENDED, _E.STALLED, _E.FAILED)),
        (_S.CANCELED, _E.CANCELED),
    },
)
