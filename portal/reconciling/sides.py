"""Both sides of a comparison as values: what our books say, what a gateway's lists say, and what was found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from portal.core.money import Money, digits
from portal.gateways.base import ChargeOutcome, DisputeNews, RefundOutcome
from portal.payments.dispute_states import DisputeStatus
from portal.payments.refund_states import RefundStatus
from portal.payments.states import AttemptStatus
from portal.reconciling.kinds import DifferenceKind

GRACE = timedelta(minutes=30)
"""What is younger may still be on its way from one side to the other."""


@dataclass(frozen=True, slots=True)
class OurPayment:
    """`returned` is what of it went back in our books, refunded or reversed."""

    id: int
    ref: str
    amount: Money
    fee: Money
    returned: Money
    is_reversed: bool
    gateway_ref: str
    received_on: date


@dataclass(frozen=True, slots=True)
class OurCharge:
    """An attempt with its payment. `changed_at` is when it last moved; `payer_email` is empty where anybody may pay."""

    reference: str
    status: AttemptStatus
    amount: Money
    customer_id: int
    customer: str
    invoice: str
    payer_email: str
    session: str
    created_at: datetime
    changed_at: datetime
    was_sent: bool
    payment: OurPayment | None


@dataclass(frozen=True, slots=True)
class OurRefund:
    """`charge_ref`: the gateway's number of the payment that goes back."""

    ref: str
    status: RefundStatus
    amount: Money
    customer_id: int
    customer: str
    payment_id: int
    charge_ref: str
    gateway_ref: str
    created_at: datetime
    changed_at: datetime
    was_sent: bool


@dataclass(frozen=True, slots=True)
class OurDispute:
    ref: str
    status: DisputeStatus
    amount: Money
    customer_id: int
    customer: str
    payment_id: int
    charge_ref: str
    gateway_ref: str
    due_at: datetime | None
    answered_at: datetime | None
    opened_at: datetime
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class Loose:
    """A payment through the gateway without an attempt of ours."""

    payment: OurPayment
    customer_id: int | None
    customer: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Ours:
    """By our reference; refunds by ours, disputes by the gateway's number. `paid` finds a payment by that too."""

    charges: Mapping[str, OurCharge] = field(default_factory=dict)
    loose: Sequence[Loose] = ()
    refunds: Sequence[OurRefund] = ()
    disputes: Sequence[OurDispute] = ()

    def paid(self, gateway_ref: str) -> OurCharge | None:
        """The charge whose payment bears the gateway's number."""
        found = (one for one in self.charges.values() if one.payment and one.payment.gateway_ref == gateway_ref)
        return next(found, None)


@dataclass(frozen=True, slots=True)
class Theirs:
    """What the lists said. `refunds` or `disputes` None: the gateway has no such list, or did not tell it."""

    charges: Mapping[str, Sequence[ChargeOutcome]] = field(default_factory=dict)
    refunds: Sequence[RefundOutcome] | None = None
    disputes: Sequence[DisputeNews] | None = None


@dataclass(frozen=True, slots=True)
class Frame:
    """What is judged: all that lies between `since` and `until`, and is older than the grace. `unsure`: references
    about which the gateway was asked and said nothing."""

    since: datetime
    until: datetime
    mode: str
    zone: str
    unsure: frozenset[str] = frozenset()

    def is_settled(self, at: datetime | None) -> bool:
        """Is it so old that both sides should know?"""
        return at is None or at <= self.until - GRACE

    def holds(self, at: datetime) -> bool:
        return self.since <= at and self.is_settled(at)


@dataclass(frozen=True, slots=True)
class Found:
    """One difference. `subject` is the same at every look; `ours` and `theirs` are short texts for people."""

    kind: DifferenceKind
    subject: str
    happened_at: datetime
    customer_id: int | None = None
    payment_id: int | None = None
    amount: Money | None = None
    ours: Mapping[str, str] = field(default_factory=dict)
    theirs: Mapping[str, str] = field(default_factory=dict)


def money_words(amount: Money | None) -> str:
    """For evidence: code and digits, the same in every language."""
    if amount is None:
        return ""
    places = digits(amount.currency)
    whole, rest = divmod(abs(amount.minor), 10**places)
    sign = "-" if amount.is_negative else ""
    return f"{amount.currency} {sign}{whole}" + (f".{rest:0{places}d}" if places else "")
