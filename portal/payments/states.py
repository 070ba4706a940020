"""What attempts, payments and gateway news can be, and what may happen to them."""

from __future__ import annotations

from enum import StrEnum

from portal.core.states import Machine


class AttemptKind(StrEnum):
    """We take the money, or the customer may send it."""

    CHARGE = "charge"
    PAYABLE = "payable"


class AttemptTrigger(StrEnum):
    """Why it was tried. Only schedule and dunning are steps of the ladder."""

    SCHEDULE = "schedule"
    DUNNING = "dunning"
    CUSTOMER = "customer"
    NEW_METHOD = "new_method"
    STAFF = "staff"
    FIRST_PURCHASE = "first_purchase"


class AttemptStatus(StrEnum):
    WAITING = "waiting"  # committed, certainly not sent
    SENDING = "sending"  # leased; may have been sent
    PENDING = "pending"
    ACTION_REQUIRED = "action_required"
    UNKNOWN = "unknown"
    SUCCEEDED = "succeeded"
    DECLINED = "declined"
    CANCELED = "canceled"  # certainly not sent
    EXPIRED = "expired"
    SUPERSEDED = "superseded"  # not live, yet asked about until its expiry plus grace


class AttemptEvent(StrEnum):
    LEASED = "leased"
    SUCCEEDED = "succeeded"
    DECLINED = "declined"
    PENDED = "pended"  # the gateway has it and is not done
    ACTION_REQUIRED = "action_required"
    LOST = "lost"  # silence, or an answer that cannot be read
    RETURNED = "returned"  # certainly not sent after all: to be sent again under the same reference
    CANCELED = "canceled"
    EXPIRED = "expired"
    SUPERSEDED = "superseded"


_S, _E = AttemptStatus, AttemptEvent

LIVE = frozenset({_S.WAITING, _S.SENDING, _S.PENDING, _S.ACTION_REQUIRED, _S.UNKNOWN})
IN_DOUBT = frozenset({_S.SENDING, _S.PENDING, _S.UNKNOWN})
CLOSED = frozenset({_S.SUCCEEDED, _S.DECLINED, _S.CANCELED, _S.EXPIRED})
ASKED_ABOUT = frozenset({_S.SENDING, _S.PENDING, _S.ACTION_REQUIRED, _S.UNKNOWN, _S.SUPERSEDED})
_OPEN = (_S.PENDING, _S.ACTION_REQUIRED, _S.UNKNOWN)

ATTEMPT = Machine[AttemptStatus, AttemptEvent](
    name="attempt",
    moves={
        **{(status, _E.SUCCEEDED): _S.SUCCEEDED for status in _S if status is not _S.SUCCEEDED},
        (_S.WAITING, _E.LEASED): _S.SENDING,
        (_S.WAITING, _E.CANCELED): _S.CANCELED,
        # Sent after all, under the reference that the gateway did not know before.
        (_S.WAITING, _E.DECLINED): _S.DECLINED,
        (_S.WAITING, _E.PENDED): _S.PENDING,
        (_S.WAITING, _E.ACTION_REQUIRED): _S.ACTION_REQUIRED,
        (_S.SENDING, _E.DECLINED): _S.DECLINED,
        (_S.SENDING, _E.PENDED): _S.PENDING,
        (_S.SENDING, _E.ACTION_REQUIRED): _S.ACTION_REQUIRED,
        (_S.SENDING, _E.LOST): _S.UNKNOWN,
        (_S.SENDING, _E.RETURNED): _S.WAITING,
        (_S.SENDING, _E.CANCELED): _S.CANCELED,
        (_S.SENDING, _E.EXPIRED): _S.EXPIRED,
        **{(status, _E.DECLINED): _S.DECLINED for status in (*_OPEN, _S.SUPERSEDED)},
        **{(status, _E.EXPIRED): _S.EXPIRED for status in (*_OPEN, _S.SUPERSEDED)},
        **{(status, _E.CANCELED): _S.CANCELED for status in _OPEN},
        **{(status, _E.RETURNED): _S.WAITING for status in _OPEN},
        **{(status, _E.SUPERSEDED): _S.SUPERSEDED for status in _OPEN},
        (_S.UNKNOWN, _E.PENDED): _S.PENDING,
        (_S.UNKNOWN, _E.ACTION_REQUIRED): _S.ACTION_REQUIRED,
        (_S.PENDING, _E.ACTION_REQUIRED): _S.ACTION_REQUIRED,
        (_S.ACTION_REQUIRED, _E.PENDED): _S.PENDING,
    },
    # News comes twice, late and out of order. Silence never makes us know less than we did.
    ignored={
        (_S.SUCCEEDED, _E.SUCCEEDED),
        (_S.PENDING, _E.PENDED),
        (_S.ACTION_REQUIRED, _E.ACTION_REQUIRED),
        (_S.CANCELED, _E.CANCELED),
        (_S.SUPERSEDED, _E.SUPERSEDED),
        *((status, _E.LOST) for status in _S if status is not _S.SENDING),
        *((status, _E.PENDED) for status in (*CLOSED, _S.SUPERSEDED)),
        *((status, _E.ACTION_REQUIRED) for status in (*CLOSED, _S.SUPERSEDED)),
        *((status, _E.DECLINED) for status in CLOSED),
        *((status, _E.EXPIRED) for status in CLOSED),
    },
)


def is_supersedable(kind: AttemptKind, status: AttemptStatus) -> bool:
    """May the customer choose another way to pay instead? Never instead of a charge that may have been sent."""
    return kind is AttemptKind.PAYABLE and status in _OPEN


class PaymentStatus(StrEnum):
    BOOKED = "booked"
    REVERSED = "reversed"


class PaymentEvent(StrEnum):
    REVERSED = "reversed"
    REINSTATED = "reinstated"  # a bank gave back what it had taken


PAYMENT = Machine[PaymentStatus, PaymentEvent](
    name="payment",
    moves={
        (PaymentStatus.BOOKED, PaymentEvent.REVERSED): PaymentStatus.REVERSED,
        (PaymentStatus.REVERSED, PaymentEvent.REINSTATED): PaymentStatus.BOOKED,
    },
    ignored={
        (PaymentStatus.REVERSED, PaymentEvent.REVERSED),
        (PaymentStatus.BOOKED, PaymentEvent.REINSTATED),
    },
)


class NewsStatus(StrEnum):
    RECEIVED = "received"
    PROCESSED = "processed"
    IGNORED = "ignored"
    FAILED = "failed"


class NewsEvent(StrEnum):
    PROCESSED = "processed"
    IGNORED = "ignored"
    FAILED = "failed"
    RETRIED = "retried"


_N, _D = NewsStatus, NewsEvent

NEWS = Machine[NewsStatus, NewsEvent](
    name="news",
    moves={
        (_N.RECEIVED, _D.PROCESSED): _N.PROCESSED,
        (_N.RECEIVED, _D.IGNORED): _N.IGNORED,
        (_N.RECEIVED, _D.FAILED): _N.FAILED,
        (_N.FAILED, _D.RETRIED): _N.RECEIVED,
    },
    ignored={
        (_N.PROCESSED, _D.PROCESSED),
        (_N.IGNORED, _D.IGNORED),
        (_N.FAILED, _D.FAILED),
        (_N.RECEIVED, _D.RETRIED),
    },
)
