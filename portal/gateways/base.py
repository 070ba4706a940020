"""The words every gateway is translated into: orders, outcomes, news, abilities. What an adapter has: protocols.py.

An adapter answers with these values. A decline is an answer and silence is `UNKNOWN`; neither raises. Only what
needs a person raises, as a `GatewayRefusal`: a wrong key, a malformed request, an amount the gateway does not take.
Whenever it raises, nothing was charged.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from portal.core.money import Money
from portal.gateways.words import (
    DECLINE_SENTENCES,
    Ability,
    Answer,
    Channel,
    DeclineKind,
    DisputeState,
    GatewayRefusal,
    NewsKind,
    Outcome,
    WrongAmount,
    WrongKey,
    WrongRequest,
)

# Passed on, so that whoever speaks to a gateway imports one thing.
__all__ = [
    "DECLINE_SENTENCES", "Ability", "Answer", "Channel", "DeclineKind", "DisputeState", "GatewayRefusal",
    "NewsKind", "Outcome", "WrongAmount", "WrongKey", "WrongRequest",
]  # fmt: skip


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
    `session` is the gateway's name for the page it was paid on, empty where it has none. While it can be paid, and not
    on a page, `number` is where or what to pay until `expires_at`.
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
    session: str = ""
    number: str = ""
    expires_at: datetime | None = None
    raw: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CheckoutOrder:
    """Let the payer send `amount`: on a page of the gateway, or, with another `channel`, without one.

    `saves_method` asks that what was paid with be kept, where the gateway can. `bank` names the bank, wallet or shop
    of the channel as the gateway does; `expires_in` is a wish that the gateway may cut; `notify_url` is where it
    tells what happened, empty where that is a setting of the account.
    """

    reference: str
    amount: Money
    payer_email: str
    return_url: str
    cancel_url: str = ""
    saves_method: bool = True
    channel: Channel = Channel.PAGE
    bank: str = ""
    expires_in: timedelta | None = None
    notify_url: str = ""
    payer_name: str = ""
    payer_phone: str = ""
    notes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Payable:
    """Something the payer can pay. It exists only if `outcome` is ACTION_REQUIRED.

    Then a page, card or wallet has a `link`; a virtual account or shop has a `number` under `name`, at `bank`; QRIS
    has the text `qr` to be drawn. `amount` is what the payer has to send, `fee` what of it or beside it the gateway
    keeps; both None where the gateway did not say. `gateway_ref` and `session` are the gateway's names for it.
    With any other outcome the reference may have been used up: ask about it, and begin again under another one.
    """

    outcome: Outcome
    reference: str
    link: str = ""
    gateway_ref: str = ""
    expires_at: datetime | None = None
    reason: str = ""
    session: str = ""
    channel: Channel = Channel.PAGE
    bank: str = ""
    number: str = ""
    name: str = ""
    qr: str = ""
    amount: Money | None = None
    fee: Money | None = None


@dataclass(frozen=True, slots=True)
class LookUp:
    """What is known about a reference. `charge` is given only when FOUND. NOT_FOUND is no proof by itself.

    `contradicts`: the transaction or session that was named with the question belongs to something else; any of
    reference, session. Then the answer is SILENT: about the reference itself nothing was learnt.
    """

    answer: Answer
    charge: ChargeOutcome | None = None
    reason: str = ""
    contradicts: tuple[str, ...] = ()


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
    """A hint that something happened to `reference` (ours); what, the gateway is asked. Never believed about money.

    `claims` and `amount` are what it says, so that a lie can be told from the truth afterwards.
    """

    kind: NewsKind
    event: str = ""
    reference: str = ""
    gateway_ref: str = ""
    session: str = ""
    claims: Outcome | None = None
    amount: Money | None = None


@dataclass(frozen=True, slots=True)
class DisputeNews:
    """A payer's objection to the payment `charge_ref` (the gateway's number) with our `reference`."""

    gateway_ref: str
    state: DisputeState
    reference: str = ""
    charge_ref: str = ""
    amount: Money | None = None
    reason: str = ""
    due_at: datetime | None = None
    opened_at: datetime | None = None
    closed_at: datetime | None = None
    raw: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class OfferedChannel:
    """One way to pay that the account has: `code` is the gateway's name of the bank, wallet or shop."""

    channel: Channel
    code: str
    name: str
    is_active: bool


@dataclass(frozen=True, slots=True)
class ChannelList:
    """The ways to pay that the account has now; an empty list says so only when `answer` is FOUND."""

    answer: Answer
    channels: tuple[OfferedChannel, ...] = ()
    reason: str = ""


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
