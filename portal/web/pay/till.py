"""What the panel for paying an invoice shows: how much, what is open to be paid already, and the ways there are."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from math import ceil

from sqlalchemy.orm import Session

from portal.banking import proofs
from portal.banking.instructions import WireInstructions, instructions_for
from portal.banking.proof_models import TransferProof
from portal.banking.proof_states import ProofStatus
from portal.core import business as businesses
from portal.core.money import Money
from portal.core.qr import QrCode, qr_code
from portal.gateways.base import Ability
from portal.gateways.registry import minimum, opens
from portal.invoicing.models import Invoice
from portal.payments import attempts, payables, queries
from portal.payments.models import Attempt, GatewayAccount
from portal.payments.payables import Details
from portal.payments.states import AttemptKind, AttemptStatus
from portal.web.account import words
from portal.web.pay.ways import Way, name_of, title_of, ways_of

HOUR = 60


@dataclass(frozen=True, slots=True)
class Waiting:
    """A payable that its payer can see, with what is left of its time in `left` of `whole` minutes or hours."""

    reference: str
    channel: str
    title: str
    bank: str
    number: str
    name: str
    link: str
    amount: Money
    until: datetime
    left: int
    whole: int
    is_hours: bool
    qr: QrCode | None

    @property
    def printed_number(self) -> str:
        """In groups of four, as it is read out and typed."""
        return " ".join(self.number[place : place + 4] for place in range(0, len(self.number), 4))


@dataclass(frozen=True, slots=True)
class Till:
    """`state` says in one word what is shown, for pages that watch. `reason`: why the last try brought nothing.

    `parts`: the least that may be paid at once, where a part may be. `lapsed`: what was open has run out.
    `proof`: of a transfer, the oldest that nobody has looked at yet, else the last one if that was rejected.
    `keeps_cards`: a card may have been stored that whoever signs in can be charged with.
    """

    state: str
    is_checking: bool
    reason: str
    waiting: Waiting | None
    lapsed: bool
    ways: tuple[Way, ...]
    wire: WireInstructions | None
    parts: Money | None
    proof: TransferProof | None
    keeps_cards: bool


def till(session: Session, invoice: Invoice, *, at: datetime, latest: Attempt | None) -> Till:
    """The panel for `invoice`; `latest` is its latest attempt. Reads the account and how to pay by transfer."""
    account, parts = _account(session, invoice)
    waiting = waiting_of(latest, at)
    return Till(
        state=state_of(invoice, latest),
        is_checking=words.is_checking(latest),
        reason=_reason(latest),
        waiting=waiting,
        lapsed=waiting is None and _has_lapsed(latest, at),
        ways=_others(ways_of(account, invoice.open), waiting, is_divisible=parts is not None),
        wire=instructions_for(session, invoice) if invoice.open_minor else None,
        parts=parts,
        proof=_telling(proofs.latest_of(session, invoice.id)) if invoice.open_minor else None,
        keeps_cards=account is not None and Ability.CHARGE in opens(account.gateway).abilities,
    )


def _telling(proof: TransferProof | None) -> TransferProof | None:
    """A proof that was accepted has become money, which the page shows as such."""
    return None if proof is None or proof.status is ProofStatus.ACCEPTED else proof


def _others(ways: tuple[Way, ...], waiting: Waiting | None, *, is_divisible: bool) -> tuple[Way, ...]:
    """The ways there are besides what is open: not the same bank again, unless for another amount."""
    if waiting is None or is_divisible:
        return ways
    return tuple(way for way in (_without(way, waiting) for way in ways) if way is not None)


def _without(way: Way, waiting: Waiting) -> Way | None:
    if way.channel != waiting.channel:
        return way
    banks = tuple(bank for bank in way.banks if bank[1] != waiting.bank)
    return replace(way, banks=banks) if banks else None


def state_of(invoice: Invoice, latest: Attempt | None) -> str:
    return f"{invoice.status}{invoice.open_minor}-{latest.status}-{latest.id}" if latest else f"{invoice.status}"


def waiting_of(attempt: Attempt | None, at: datetime) -> Waiting | None:
    """The attempt as something that can be paid at this moment; None if it is not."""
    if attempt is None or attempt.kind != AttemptKind.PAYABLE or attempt.status is not AttemptStatus.ACTION_REQUIRED:
        return None
    known, until = payables.details(attempt), attempts.expires_at(attempt)
    if not known.is_known or at >= until:
        return None
    minutes, whole = (until - at).total_seconds() / 60, (until - attempt.created_at).total_seconds() / 60
    unit = HOUR if minutes > 2 * HOUR else 1
    return Waiting(
        reference=attempt.reference,
        channel=known.channel,
        title=title_of(known.channel),
        bank=name_of(known.bank) if known.bank else "",
        number=known.number,
        name=known.name,
        link=known.link,
        amount=known.amount or attempt.amount,
        until=until,
        left=ceil(minutes / unit),
        whole=max(ceil(whole / unit), ceil(minutes / unit)),
        is_hours=unit == HOUR,
        qr=_drawn(known),
    )


def _drawn(known: Details) -> QrCode | None:
    try:
        return qr_code(known.qr) if known.qr else None
    except ValueError:
        return None


def _has_lapsed(attempt: Attempt | None, at: datetime) -> bool:
    if attempt is None or attempt.kind != AttemptKind.PAYABLE:
        return False
    is_over = attempt.status is AttemptStatus.ACTION_REQUIRED and at >= attempts.expires_at(attempt)
    return is_over or attempt.status is AttemptStatus.EXPIRED


def _reason(attempt: Attempt | None) -> str:
    """Why the latest try was declined."""
    if attempt is None or attempt.status is not AttemptStatus.DECLINED:
        return ""
    return words.decline_said(attempt.decline)


def _account(session: Session, invoice: Invoice) -> tuple[GatewayAccount | None, Money | None]:
    """The gateway that takes the invoice's currency, and the least that may be paid at once where a part may be."""
    if not invoice.open_minor:
        return None, None
    account = queries.enabled_account(session, invoice.currency)
    if account is None or not businesses.read(session).policy("customer_may_pay_part"):
        return account, None
    return account, max(minimum(account.gateway, invoice.currency), Money(1, invoice.currency))
