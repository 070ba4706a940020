"""Money that was booked and is gone again: a bounced transfer, a chargeback, a payment recorded by mistake.

Steps; the caller holds the customer's lock and commits. What its payment settled is open again and chased.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.balance import ledger
from portal.core import audit, outbox, tasks
from portal.core import business as businesses
from portal.core.actors import Actor
from portal.core.bulk import insert_rows
from portal.core.business import Business
from portal.core.days import day
from portal.core.errors import Refused
from portal.core.money import Money
from portal.customers.models import Customer
from portal.dunning import cases
from portal.invoicing import lifecycle
from portal.invoicing.models import Invoice
from portal.journal import posting
from portal.journal.accounts import Account, Entry, JournalEvent, MoneyPlace, entries
from portal.journal.models import JournalEntry
from portal.payments.models import Attempt, Payment, PaymentAllocation, PaymentMethod
from portal.payments.states import PAYMENT, PaymentEvent
from portal.subscriptions import lifecycle as subscriptions
from portal.subscriptions.models import Subscription

MONEY = (Account.CASH, Account.BANK)


class NothingToReverse(Refused):
    """More was to be taken back of a payment than is left of it. Nothing was changed."""

    code = "nothing_to_reverse"


@dataclass(frozen=True, slots=True)
class Reversed:
    """`reopened` are the invoices that are open again; `missing` is what was spent and could not be found again."""

    amount: Money
    reopened: tuple[Invoice, ...]
    missing: Money


def reversible(payment: Payment) -> Money:
    """What of the payment was neither refunded nor taken back."""
    return Money(payment.amount_minor - payment.refunded_minor - payment.reversed_minor, payment.currency)


def reverse(
    session: Session,
    payment: Payment,
    *,
    reason: str,
    actor: Actor,
    at: datetime,
    amount: Money | None = None,
    stops_method: bool = False,
) -> Reversed:
    """Take `amount` of the payment out of the books, all that is left of it where none is given.

    What of it is on the customer's balance goes first; what was spent of that is taken back from the invoices it
    paid. Then the invoices that the payment itself paid, the latest first. Each that is open again is chased.
    `stops_method`: its method is not charged by itself any more (a chargeback).
    Raises NothingToReverse.
    """
    taken = amount or reversible(payment)
    if not taken.is_positive or taken > reversible(payment):
        raise NothingToReverse("That is more than is left of this payment. Nothing was changed.")
    business = businesses.read(session)
    gone = _take_out(session, payment, taken, business, at)
    payment.reversed_minor += taken.minor
    if reversible(payment).is_zero and (after := PAYMENT.after(payment.status, PaymentEvent.REVERSED)):
        payment.status = after
    session.flush()
    if stops_method:
        _stop_method(session, payment)
    for invoice in gone.reopened:
        _chase(session, payment, invoice, business, actor, at)
    _record(session, payment, gone, reason=reason, actor=actor, at=at)
    return gone


def _take_out(session: Session, payment: Payment, taken: Money, business: Business, at: datetime) -> Reversed:
    """The journal, the balance and the invoices without `taken` of the payment."""
    place = _place(session, payment)
    if payment.customer_id is None:
        moved = entries(JournalEvent.PAYMENT_UNMATCHED_REVERSED, taken, place)
        _post(session, moved, payment, payment.ref, business, at)
        return Reversed(taken, (), Money.zero(taken.currency))
    surplus = min(taken, _surplus(session, payment))
    missing, unpaid = _unspend(session, payment, payment.customer_id, surplus, business, at)
    shares = _shares(session, payment, taken - surplus)
    moved = entries(JournalEvent.PAYMENT_SURPLUS_REVERSED, surplus - missing, place)
    moved += entries(JournalEvent.PAYMENT_SURPLUS_LOST, missing, place)
    moved += entries(JournalEvent.PAYMENT_REVERSED, taken - surplus, place)
    ledger.add(session, payment.customer_id, missing - surplus)
    _post(session, moved, payment, payment.ref, business, at)
    _deallocate(session, payment, shares, at)
    unpaid += [invoice for invoice, share in shares if lifecycle.mark_unpaid(invoice, share, at=at)]
    return Reversed(taken, tuple(dict.fromkeys(unpaid)), missing)


def _place(session: Session, payment: Payment) -> MoneyPlace:
    """Where its money was booked to."""
    entry = session.scalars(
        select(JournalEntry)
        .where(JournalEntry.document == payment.ref, JournalEntry.debit.in_(MONEY))
        .order_by(JournalEntry.id)
        .limit(1)
    ).one()
    return MoneyPlace(Account(entry.debit), entry.money_place or "")


def _surplus(session: Session, payment: Payment) -> Money:
    """What of the payment went to the customer's balance and was not taken back from there."""
    return reversible(payment) - _allocated(session, payment)


def _allocated(session: Session, payment: Payment) -> Money:
    """What of it pays invoices and was not refunded since: a refund leaves the invoices as paid as they were."""
    minor = session.scalar(
        select(func.coalesce(func.sum(PaymentAllocation.amount_minor), 0)).where(
            PaymentAllocation.payment_id == payment.id
        )
    )
    return min(Money(int(minor or 0), payment.currency), reversible(payment))


def _unspend(
    session: Session, payment: Payment, customer_id: int, surplus: Money, business: Business, at: datetime
) -> tuple[Money, list[Invoice]]:
    """Put back on the balance what of `surplus` was spent on invoices since, the latest invoice first.

    Returns what could not be found again, and the invoices that are open again.
    """
    missing = surplus - min(surplus, ledger.of_customer(session, customer_id, payment.currency))
    reopened = []
    for invoice, applied in _paid_by_balance(session, payment) if missing.is_positive else ():
        part = min(missing, applied)
        if part.is_positive:
            _post(session, entries(JournalEvent.BALANCE_UNAPPLIED, part), payment, invoice.ref, business, at)
            ledger.add(session, customer_id, part)
            missing -= part
            if lifecycle.mark_unpaid(invoice, part, at=at):
                reopened.append(invoice)
    return missing, reopened


def _paid_by_balance(session: Session, payment: Payment) -> list[tuple[Invoice, Money]]:
    """What the balance still pays of each of the customer's invoices, the latest first."""
    part = func.sum(JournalEntry.amount_minor).filter(JournalEntry.event == JournalEvent.BALANCE_APPLIED)
    undone = func.sum(JournalEntry.amount_minor).filter(JournalEntry.event == JournalEvent.BALANCE_UNAPPLIED)
    rows = session.execute(
        select(Invoice, func.coalesce(part, 0) - func.coalesce(undone, 0))
        .join(JournalEntry, JournalEntry.document == Invoice.ref)
        .where(Invoice.customer_id == payment.customer_id, Invoice.currency == payment.currency)
        .where(JournalEntry.event.in_([JournalEvent.BALANCE_APPLIED, JournalEvent.BALANCE_UNAPPLIED]))
        .group_by(Invoice.id)
        .order_by(Invoice.id.desc())
    )
    return [(invoice, Money(int(minor), payment.currency)) for invoice, minor in rows]


def _shares(session: Session, payment: Payment, wanted: Money) -> list[tuple[Invoice, Money]]:
    """How much each invoice loses of what the payment had paid of it, `wanted` in all, the latest invoice first."""
    rows = session.execute(
        select(Invoice, func.sum(PaymentAllocation.amount_minor))
        .join(PaymentAllocation, PaymentAllocation.invoice_id == Invoice.id)
        .where(PaymentAllocation.payment_id == payment.id)
        .group_by(Invoice.id)
        .order_by(Invoice.id.desc())
    )
    shares = []
    for invoice, minor in rows:
        share = min(wanted, Money(int(minor), payment.currency))
        if share.is_positive:
            shares.append((invoice, share))
            wanted -= share
    return shares


def _deallocate(session: Session, payment: Payment, shares: Sequence[tuple[Invoice, Money]], at: datetime) -> None:
    undone = [
        {"payment_id": payment.id, "invoice_id": invoice.id, "amount_minor": -share.minor, "created_at": at}
        for invoice, share in shares
    ]
    insert_rows(session, PaymentAllocation, undone)


def _stop_method(session: Session, payment: Payment) -> None:
    """Whoever took the money back from us is not charged by itself again with the same method."""
    attempt = session.get(Attempt, payment.attempt_id) if payment.attempt_id else None
    method = session.get(PaymentMethod, attempt.method_id) if attempt is not None and attempt.method_id else None
    if method is not None:
        method.is_refused = True


def _chase(
    session: Session, payment: Payment, invoice: Invoice, business: Business, actor: Actor, at: datetime
) -> None:
    """Open again. What a gateway took back is chased from today on, as if it had failed now. What came by bank had
    never paid it: the invoice is where it would be without, on its ladder or waiting for its due day."""
    customer = session.get_one(Customer, invoice.customer_id)
    if payment.gateway_account_id is not None:
        today = day(at, customer.zone)
        cases.join(session, invoice, customer, business=business, is_hard=True, at=at, began_on=today)
    elif not cases.take_up(session, invoice, customer, business=business, at=at):
        overdue_at = lifecycle.overdue_from(invoice, customer)
        if at < overdue_at:
            invoice.next_action_at = overdue_at
            return
        cases.join(session, invoice, customer, business=business, is_hard=False, at=at)
    invoice.next_action_at = None
    if invoice.subscription_id is not None:
        subscription = session.get_one(Subscription, invoice.subscription_id)
        subscriptions.fall_past_due(session, subscription, actor=actor, at=at, invoice=invoice.ref)


def _record(session: Session, payment: Payment, gone: Reversed, *, reason: str, actor: Actor, at: datetime) -> None:
    if gone.missing.is_positive:
        tasks.open_task(
            session, "surplus_spent", payment.ref, at=at, customer_id=payment.customer_id,
            rest_minor=gone.missing.minor, currency=gone.missing.currency,
        )  # fmt: skip
    outbox.post(session, "payment.reversed", at=at, customer_id=payment.customer_id, payment=payment.ref)
    audit.record(
        session, actor, "payment.reversed", at=at, customer_id=payment.customer_id, subject=payment.ref, reason=reason,
        amount_minor=gone.amount.minor, currency=gone.amount.currency, missing_minor=gone.missing.minor,
        reopened=[invoice.ref for invoice in gone.reopened],
    )  # fmt: skip


def _post(
    session: Session, moved: Sequence[Entry], payment: Payment, document: str, business: Business, at: datetime
) -> None:
    on = day(at, business.zone)
    posting.post(session, moved, on=on, at=at, customer_id=payment.customer_id, document=document)
