"""The words every gateway is translated into: orders, outcomes, news, abilities. What an adapter has: protocols.py.

An adapter answers with these values. A decline is an answer and silence is `UNKNOWN`; neither raises. Only what
needs a person raises, as a `GatewayRefusal`: a wrong key, a malformed request, an amount the gateway does not take.
Whenever it raises, nothing was charged.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from portal.core.errors import Refused
from portal.core.money import Money


class Outcome(StrEnum):
    """What became of a try. UNKNOWN may have happened: ask about the same reference before anything else."""

    SUCCEEDED = "succeeded"
    DECLINED = "declined"
    PENDING = "pending"
    ACTION_REQUIRED = "action_required"
    UNKNOWN = "unknown"
    NOT_SENT = "not_sent"


class DeclineKind(StrEnum):
    """What a refusal by a bank means for the next try."""

    RETRY_LATER = "retry_later"
    NEW_METHOD_NEEDED = "new_method_needed"
    NEVER_RETRY = "never_retry"
    SUSPECTED_FRAUD = "suspected_fraud"


def _(sentence: str) -> str:
    """Marks a sentence for the catalogues; it is translated where it is shown."""
    return sentence


DECLINE_SENTENCES: Mapping[DeclineKind, str] = {
    DeclineKind.RETRY_LATER: _(
        "Your bank did not approve the payment this time. We will try again, or you can pay now."
    ),
    DeclineKind.NEW_METHOD_NEEDED: _("Your bank did not accept this card. Please pay with another card."),
    DeclineKind.NEVER_RETRY: _("Your bank does not allow payments with this card any more. Please use another card."),
    DeclineKind.SUSPECTED_FRAUD: _("Your bank stopped this payment. Please call your bank or use another card."),
}


class Answer(StrEnum):
    """Whether a question was answered. SILENT says nothing about what was asked."""

    FOUND = "found"
    NOT_FOUND = "not_found"
    SILENT = "silent"


class Ability(StrEnum):
    CHARGE = "charge"
    CHECKOUT = "checkout"
    REFUND = "refund"
    NEWS = "news"
    LOOK_UP = "look_up"
    LIST = "list"
    CUSTOMER = "customer"
    FORGET_METHOD = "forget_method"
    PROBE = "probe"


class NewsKind(StrEnum):
    CHARGE = "charge"
    REFUND = "refund"
    DISPUTE = "dispute"
    OTHER = "other"
    UNREADABLE = "unreadable"


class GatewayRefusal(Refused):
    """Our own mistake, found before or told by the gateway. Nothing was charged; a person has to look."""

    code = "gateway_refusal"


class WrongKey(GatewayRefusal):
    """The key, or the address it is used from, is not accepted. Every further call would fail the same way."""

    code = "gateway_key"


class WrongRequest(GatewayRefusal):
    """The gateway understood us and will not take this request as it is."""

    code = "gateway_request"


class WrongAmount(GatewayRefusal):
    """The amount or its currency is none that this gateway takes; it was not asked."""

    code = "gateway_amount"


@dataclass(frozen=True, slots=True)
class StoredMethod:
    """A method the gateway keeps for us. `token` charges it, and only together with `payer_email`.

    `fingerprint` is the same for one card however often it was stored; `expires_on` is its last good day.
    """

    token: str
    kind: str
    brand: str
    last4: str
    expires_on: date | None
    bank: str
    is_reusable: bool
    fingerprint: str
    payer_email: str


@dataclass(frozen=True, slots=True)
class ChargeOrder:
    """Take `amount` with a stored method, under `reference`, which is used for no other try."""

    reference: str
    amount: Money
    payer_email: str
    method_token: str
    is_scheduled: bool = False
    return_url: str = ""
    notes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ChargeOutcome:
    """What the gateway says about one reference.

    `amount` is what was paid towards what we asked (fees that the payer bore on top left out), None if it was not
    said; `raw` is the answer without tokens, safe to keep. `was_returned`: it succeeded, and has since been
    refunded or charged back, wholly or in part. `retry_after` is given when the gateway asks for a pause, in seconds.
    """

    outcome: Outcome
    reference: str
    gateway_ref: str = ""
    amount: Money | None = None
    currency: str = ""
    fee: Money | None = None
    method: StoredMethod | None = None
    decline: DeclineKind | None = None
    decline_code: str = ""
    reason: str = ""
    action_url: str = ""
    paid_at: datetime | None = None
    mode: str = ""
    payer_email: str = ""
    was_returned: bool = False
    retry_after: int | None = None
    raw: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CheckoutOrder:
    """Let the payer send `amount` on a page of the gateway, and keep the method if `saves_method`."""

    reference: str
    amount: Money
    payer_email: str
    return_url: str
    cancel_url: str = ""
    saves_method: bool = True
    notes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Payable:
    """Something the payer can pay. It exists only if `outcome` is ACTION_REQUIRED; then `link` leads to it.

    With any other outcome the reference may have been used up: ask about it, and begin again under another one.
    """

    outcome: Outcome
    reference: str
    link: str = ""
    gateway_ref: str = ""
    expires_at: datetime | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class LookUp:
    """What is known about a reference. `charge` is given only when FOUND. NOT_FOUND is no proof by itself."""

    answer: Answer
    charge: ChargeOutcome | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class RefundOrder:
    """Give back `amount` of the payment `charge_ref` (the gateway's number). `note` carries our own reference."""

    charge_ref: str
    amount: Money
    note: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class RefundOutcome:
    """SUCCEEDED: given back. PENDING: on its way. ACTION_REQUIRED: the gateway needs details. DECLINED: it failed."""

    outcome: Outcome
    gateway_ref: str = ""
    charge_ref: str = ""
    amount: Money | None = None
    note: str = ""
    reason: str = ""
    created_at: datetime | None = None
    raw: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RefundList:
    """All refunds of one payment; an empty list is proof of none only when `answer` is FOUND."""

    answer: Answer
    refunds: tuple[RefundOutcome, ...] = ()
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ChargeList:
    """One page of what the gateway booked in a window of time; `next_page` is None on the last one."""

    answer: Answer
    charges: tuple[ChargeOutcome, ...] = ()
    next_page: int | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class CustomerRecord:
    """The gateway's name for a payer."""

    answer: Answer
    gateway_ref: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class News:
    """A hint that something happened to `reference` (ours); what, the gateway is asked. Never believed about money."""

    kind: NewsKind
    event: str = ""
    reference: str = ""
    gateway_ref: str = ""


@dataclass(frozen=True, slots=True)
class Probe:
    """Whether the connection works, in a sentence for staff. `account` names mode and currencies."""

    ok: bool
    latency_ms: int
    account: str
    sentence: str


def differences(heard: ChargeOutcome, *, amount: Money, payer_email: str, mode: str) -> tuple[str, ...]:
    """In what the gateway's answer is not what was asked: any of amount, currency, customer, mode.

    A success that differs is booked as what it is, settles nothing by itself, and is shown to staff.
    """
    found = []
    if heard.currency and heard.currency != amount.currency:
        found.append("currency")
    elif heard.amount != amount:
        found.append("amount")
    if heard.payer_email and heard.payer_email.casefold() != payer_email.casefold():
        found.append("customer")
    if heard.mode and heard.mode != mode:
        found.append("mode")
    return tuple(found)
