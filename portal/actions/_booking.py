"""Booking money that a gateway says has arrived. It is always booked, whatever became of what it was meant for.

Steps of `settle_payments`; the caller holds the customers' locks and commits.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.balance import ledger
from portal.core import audit, outbox, tasks
from portal.core.actors import Actor
from portal.core.bulk import among, insert_rows, take_ids, write_changes
from portal.core.ids import public_ref
from portal.core.money import Money
from portal.gateways.base import ChargeOutcome, differences
from portal.invoicing import lifecycle
from portal.invoicing.models import Invoice
from portal.invoicing.states import InvoiceStatus
from portal.journal import posting
from portal.journal.accounts import Account, Entry, JournalEvent, MoneyPlace, entries
from portal.payments import attempts
from portal.payments.models import Attempt, GatewayAccount, Payment, PaymentAllocation, PaymentMethod
from portal.payments.states import AttemptEvent, PaymentStatus

COLLECTABLE = frozenset({InvoiceStatus.ISSUED, InvoiceStatus.WRITTEN_OFF})


@dataclass(frozen=True, slots=True)
class Success:
    """What a gateway says was paid under the reference of one attempt."""

    attempt: Attempt
    invoice: Invoice | None
    account: GatewayAccount
    method: PaymentMethod | None
    charge: ChargeOutcome


@dataclass(slots=True)
class Booked:
    """What is written in lists at the end, and what the money settled."""

    payments: list[dict[str, Any]] = field(default_factory=list)
    allocations: list[dict[str, Any]] = field(default_factory=list)
    journal: list[dict[str, Any]] = field(default_factory=list)
    told: list[dict[str, Any]] = field(default_factory=list)
    deeds: list[dict[str, Any]] = field(default_factory=list)
    balances: dict[tuple[int, str], int] = field(default_factory=dict)
    settled: list[int] = field(default_factory=list)
    attempts: list[Attempt] = field(default_factory=list)
    invoices: list[Invoice] = field(default_factory=list)


def book_all(session: Session, successes: Sequence[Success], *, on: date, actor: Actor, at: datetime) -> Booked:
    """Book each success once: payment, allocation, journal, balance. `on` is the business's day.

    What was booked before is passed over. A payment that differs from what was asked, or finds its invoice
    closed, is booked as what it is and becomes a task.
    """
    booked = Booked()
    known = _known_elsewhere(session, successes)
    ids = take_ids(session, Payment, len(successes))
    for one, payment_id in zip(successes, ids, strict=True):
        if _is_bookable(session, one, known, at):
            _book(session, booked, one, payment_id, on=on, actor=actor, at=at)
    write_changes(session, booked.attempts, attempts.WRITTEN)
    write_changes(session, booked.invoices, lifecycle.WRITTEN)
    insert_rows(session, Payment, booked.payments)
    insert_rows(session, PaymentAllocation, booked.allocations)
    posting.post_rows(session, booked.journal)
    ledger.add_all(session, booked.balances)
    outbox.post_all(session, booked.told)
    audit.record_all(session, booked.deeds)
    return booked


def _is_bookable(session: Session, one: Success, known: dict[tuple[int, str], int], at: datetime) -> bool:
    """Not booked before, not somebody else's transaction, and no play money in a live account."""
    attempt = one.attempt
    owner = known.get((one.account.id, one.charge.gateway_ref))
    if owner is not None and owner != attempt.id:
        _ask_person(session, "gateway_reference_reused", one, at, gateway_ref=one.charge.gateway_ref)
        return False
    if one.charge.mode and one.charge.mode != one.account.mode:
        _ask_person(session, "payment_in_other_mode", one, at, mode=one.charge.mode)
        return False
    return attempts.move(attempt, AttemptEvent.SUCCEEDED, at=at)


def _book(
    session: Session, booked: Booked, one: Success, payment_id: int, *, on: date, actor: Actor, at: datetime
) -> None:
    attempt, invoice, charge = one.attempt, one.invoice, one.charge
    paid = charge.amount or attempt.amount
    fee = charge.fee or Money.zero(paid.currency)
    ref = public_ref("pay")
    attempt.gateway_ref = charge.gateway_ref or attempt.gateway_ref
    attempt.reason, attempt.decline, attempt.decline_code = "", None, None
    share = _share(invoice, paid)
    rest = paid - share
    booked.attempts.append(attempt)
    booked.payments.append(_payment_row(one, payment_id, ref, paid, fee, on, at))
    place = MoneyPlace(Account.CASH, one.account.ref)
    moved: list[Entry] = entries(JournalEvent.PAYMENT_FEE_CHARGED, fee, place)
    if invoice is not None and share.is_positive:
        moved += _pay(booked, invoice, share, payment_id, place, at)
    if rest.is_positive:
        moved += entries(JournalEvent.PAYMENT_OVERPAID, rest, place)
        key = (attempt.customer_id, rest.currency)
        booked.balances[key] = booked.balances.get(key, 0) + rest.minor
        booked.told.append(outbox.entry("payment.received", at=at, customer_id=attempt.customer_id, payment=ref))
    booked.journal += posting.rows(moved, on=on, at=at, customer_id=attempt.customer_id, document=ref)
    if invoice is not None and invoice.id in booked.settled[-1:]:
        booked.told.append(
            outbox.entry("invoice.paid", at=at, customer_id=attempt.customer_id, invoice=invoice.ref, payment=ref)
        )
    booked.deeds.append(_deed(actor, one, ref, paid, share, at))
    _question(session, one, paid, rest, at)


def _share(invoice: Invoice | None, paid: Money) -> Money:
    """What of the payment its invoice takes: as much as is open, or was written off, in the same currency."""
    if invoice is None or invoice.status not in COLLECTABLE or invoice.currency != paid.currency:
        return Money.zero(paid.currency)
    owed = invoice.total_minor - invoice.paid_minor - invoice.credited_minor
    return min(paid, Money(owed, paid.currency))


def _pay(
    booked: Booked, invoice: Invoice, share: Money, payment_id: int, place: MoneyPlace, at: datetime
) -> list[Entry]:
    """Late money takes a write-off back, as far as it goes."""
    recovered = Money(min(share.minor, invoice.written_off_minor), share.currency)
    invoice.written_off_minor -= recovered.minor
    booked.allocations.append(
        {"payment_id": payment_id, "invoice_id": invoice.id, "amount_minor": share.minor, "created_at": at}
    )
    if lifecycle.mark_paid(invoice, share, at=at):
        booked.settled.append(invoice.id)
    if invoice not in booked.invoices[-1:]:
        booked.invoices.append(invoice)
    return entries(JournalEvent.INVOICE_RECOVERED, recovered) + entries(JournalEvent.PAYMENT_BOOKED, share, place)


def _question(session: Session, one: Success, paid: Money, rest: Money, at: datetime) -> None:
    """What a person should look at: an answer that differs from what was asked, or money without a debt."""
    attempt = one.attempt
    email = one.method.payer_email if one.method else one.charge.payer_email
    found = differences(one.charge, amount=attempt.amount, payer_email=email, mode=one.account.mode)
    if found:
        _ask_person(session, "payment_differs", one, at, differs=list(found), paid_minor=paid.minor)
    elif rest.is_positive and one.invoice is not None and paid == attempt.amount and one.invoice.total >= paid:
        _ask_person(session, "money_without_debt", one, at, rest_minor=rest.minor, currency=rest.currency)


def _ask_person(session: Session, kind: str, one: Success, at: datetime, **facts: Any) -> None:
    tasks.open_task(session, kind, one.attempt.reference, at=at, customer_id=one.attempt.customer_id, **facts)


def _payment_row(
    one: Success, payment_id: int, ref: str, paid: Money, fee: Money, on: date, at: datetime
) -> dict[str, Any]:
    return {
        "id": payment_id,
        "ref": ref,
        "customer_id": one.attempt.customer_id,
        "attempt_id": one.attempt.id,
        "gateway_account_id": one.account.id,
        "gateway_ref": one.charge.gateway_ref or None,
        "status": PaymentStatus.BOOKED,
        "amount_minor": paid.minor,
        "currency": paid.currency,
        "fee_minor": fee.minor,
        "refunded_minor": 0,
        "received_on": on,
        "created_at": at,
    }


def _deed(actor: Actor, one: Success, ref: str, paid: Money, share: Money, at: datetime) -> dict[str, Any]:
    return audit.entry(
        actor,
        "payment.booked",
        at=at,
        customer_id=one.attempt.customer_id,
        subject=ref,
        attempt=one.attempt.reference,
        invoice=one.invoice.ref if one.invoice else None,
        amount_minor=paid.minor,
        to_invoice_minor=share.minor,
        currency=paid.currency,
    )


def _known_elsewhere(session: Session, successes: Sequence[Success]) -> dict[tuple[int, str], int]:
    """Which attempt each of these gateway transactions was booked for before."""
    refs = {one.charge.gateway_ref for one in successes if one.charge.gateway_ref}
    accounts = {one.account.id for one in successes}
    owners = select(Payment.gateway_account_id, Payment.gateway_ref, Payment.attempt_id)
    rows = session.execute(owners.where(among(Payment.gateway_account_id, accounts), among(Payment.gateway_ref, refs)))
    return {(account, ref): owner for account, ref, owner in rows if account and ref and owner}
