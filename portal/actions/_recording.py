"""Money that came to a bank account, as a person or a statement says: recorded once, and placed like any payment.

Steps; the caller holds the customer's lock (where there is one), then the bank account's, and commits.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.actions import _billing, _clearing, _gateways, _placing
from portal.actions._placing import Arrival, Booked, Spread, Wanted
from portal.banking import accounts, receipts
from portal.banking.models import BankAccount, BankReceipt
from portal.banking.receipts import Wire
from portal.core import audit, tasks
from portal.core.actors import Actor
from portal.core.bulk import insert_rows, take_ids
from portal.core.business import Business
from portal.core.days import day
from portal.core.errors import NotFound, Refused
from portal.core.ids import public_ref
from portal.core.money import Money
from portal.customers.models import Customer
from portal.invoicing.models import Invoice
from portal.invoicing.states import InvoiceStatus
from portal.journal import posting
from portal.journal.accounts import JournalEvent, entries
from portal.payments import attempts, queries
from portal.payments.models import Payment, PaymentMethod
from portal.payments.states import AttemptStatus, AttemptTrigger, PaymentStatus

UNMATCHED = "money_unmatched"
"""The task for money whose owner nobody knows; its subject is the payment."""


class NotUnmatched(Refused):
    """The money has an owner already, or was taken back."""

    code = "payment_not_unmatched"


@dataclass(frozen=True, slots=True)
class Hand:
    """Who records, when, and under which one-time key; `ref` where the payment's reference was promised before."""

    actor: Actor
    at: datetime
    business: Business
    form_key: str = ""
    ref: str = ""


def book(
    session: Session, account: BankAccount, wire: Wire, customer: Customer, chosen: Sequence[Wanted], *, hand: Hand
) -> str:
    """Record the wire for the customer, pay what was chosen, and do all that follows; the payment's reference."""
    if customer.currency is None:
        customer.currency = wire.amount.currency
    booked, payment_id, ref = _begun(session, wire, customer.id, hand)
    arrival = Arrival(payment_id, ref, customer.id, accounts.place_of(account), hand.at)
    placed = _placing.spread(booked, arrival, wire.amount, chosen, on=day(hand.at, hand.business.zone))
    booked.deeds.append(_deed("payment.booked", ref, customer.id, wire.amount, placed, hand))
    _placing.write(session, booked)
    _write_receipt(session, account, wire, payment_id, hand)
    _follow(session, booked, placed, hand)
    return ref


def book_unmatched(session: Session, account: BankAccount, wire: Wire, *, hand: Hand) -> str:
    """Record money whose owner nobody knows yet: it waits for a person, and for `place`; the payment's reference."""
    booked, payment_id, ref = _begun(session, wire, None, hand)
    on = day(hand.at, hand.business.zone)
    moved = entries(JournalEvent.PAYMENT_UNMATCHED, wire.amount, accounts.place_of(account))
    booked.journal += posting.rows(moved, on=on, at=hand.at, customer_id=None, document=ref)
    nothing = Spread((), Money.zero(wire.amount.currency))
    booked.deeds.append(_deed("payment.booked", ref, None, wire.amount, nothing, hand))
    _placing.write(session, booked)
    _write_receipt(session, account, wire, payment_id, hand)
    tasks.open_task(session, UNMATCHED, ref, at=hand.at, rest_minor=wire.amount.minor, currency=wire.amount.currency)
    return ref


def place(session: Session, payment_ref: str, customer: Customer, chosen: Sequence[Wanted], *, hand: Hand) -> None:
    """The owner is known now: the money pays what was chosen, the rest is theirs. Raises NotUnmatched."""
    payment = lock_unmatched(session, payment_ref)
    if customer.currency is None:
        customer.currency = payment.currency
    payment.customer_id = customer.id
    session.flush()
    booked = Booked()
    arrival = Arrival(payment.id, payment.ref, customer.id, None, hand.at)
    placed = _placing.spread(booked, arrival, payment.amount, chosen, on=day(hand.at, hand.business.zone))
    booked.deeds.append(_deed("payment.placed", payment.ref, customer.id, payment.amount, placed, hand))
    _placing.write(session, booked)
    tasks.close_task(session, UNMATCHED, payment.ref, by=hand.actor.name, at=hand.at)
    _follow(session, booked, placed, hand)


def lock_unmatched(session: Session, payment_ref: str) -> Payment:
    """The payment without an owner, locked and as it is now; after the customer."""
    wanted = select(Payment).where(Payment.ref == payment_ref).with_for_update(key_share=True)
    payment = session.scalar(wanted.execution_options(populate_existing=True))
    if payment is None:
        raise NotFound("There is no such payment.")
    if payment.customer_id is not None or payment.status is not PaymentStatus.BOOKED:
        raise NotUnmatched("This money has an owner already, or was taken back. Nothing was changed.")
    return payment


def recorded_under(session: Session, form_key: str) -> str | None:
    """What was recorded when this form was sent first."""
    return session.scalar(select(Payment.ref).where(Payment.form_key == form_key)) if form_key else None


def _begun(session: Session, wire: Wire, customer_id: int | None, hand: Hand) -> tuple[Booked, int, str]:
    booked, payment_id = Booked(), take_ids(session, Payment, 1)[0]
    ref = hand.ref or public_ref("pay")
    booked.payments.append(
        {
            "id": payment_id,
            "ref": ref,
            "customer_id": customer_id,
            "attempt_id": None,
            "gateway_account_id": None,
            "gateway_ref": None,
            "status": PaymentStatus.BOOKED,
            "amount_minor": wire.amount.minor,
            "currency": wire.amount.currency,
            "fee_minor": 0,
            "refunded_minor": 0,
            "received_on": wire.value_on,
            "form_key": hand.form_key or None,
            "created_at": hand.at,
        }
    )
    return booked, payment_id, ref


def _write_receipt(session: Session, account: BankAccount, wire: Wire, payment_id: int, hand: Hand) -> None:
    row = receipts.receipt_row(wire, account, payment_id, actor=hand.actor, at=hand.at)
    insert_rows(session, BankReceipt, [row])


def _follow(session: Session, booked: Booked, placed: Spread, hand: Hand) -> None:
    """What is settled has its consequences; what is collected elsewhere is collected for the rest only."""
    session.flush()
    _billing.clear(session, booked.settled, actor=hand.actor, at=hand.at)
    for invoice, _ in placed.shares:
        _collect_the_rest(session, invoice, hand.at)


def _collect_the_rest(session: Session, invoice: Invoice, at: datetime) -> None:
    """A charge that was certainly not sent, or a page that is open, asks for more than is left: it is called off, and
    the charge ordered anew for what is open. Whatever may have been sent stays; its money goes to the balance."""
    live = queries.locked_live_attempt(session, invoice.id)
    was_waiting = live is not None and live.status is AttemptStatus.WAITING
    _clearing.stop_collecting(session, [invoice.id], at=at)
    session.flush()
    if live is None or not was_waiting or live.method_id is None or invoice.status is not InvoiceStatus.ISSUED:
        return
    method = session.get_one(PaymentMethod, live.method_id)
    again = _gateways.charge_for(session, invoice, method, AttemptTrigger(live.trigger))
    attempts.open_all(session, [again], at=at)


def _deed(deed: str, ref: str, customer_id: int | None, paid: Money, placed: Spread, hand: Hand) -> dict[str, Any]:
    return audit.entry(
        hand.actor,
        deed,
        at=hand.at,
        customer_id=customer_id,
        subject=ref,
        amount_minor=paid.minor,
        to_invoices_minor=placed.placed.minor,
        invoices=[invoice.ref for invoice, _ in placed.shares],
        currency=paid.currency,
    )
