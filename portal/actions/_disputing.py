"""What becomes of a disputed payment, in the books and in dunning. Steps; the caller holds the lock and commits."""

from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.actions import _billing, _placing, _resting, _reversing
from portal.actions._placing import Arrival, Booked, Wanted
from portal.core import audit, outbox, tasks
from portal.core import business as businesses
from portal.core.actors import Actor
from portal.core.crashes import crash_point
from portal.core.days import day
from portal.core.money import Money
from portal.customers.models import Customer
from portal.dunning import cases
from portal.gateways.base import DisputeNews, DisputeState
from portal.invoicing.models import Invoice
from portal.journal.accounts import Account, MoneyPlace
from portal.payments import disputes
from portal.payments.dispute_states import OPEN, DisputeEvent, DisputeStatus
from portal.payments.models import Attempt, GatewayAccount, Payment, PaymentAllocation
from portal.payments.refund_models import Dispute
from portal.payments.states import PAYMENT, PaymentEvent

TASK = "dispute_open"
UNCOVERED = "dispute_not_covered"

_EVENTS = {
    DisputeState.NEEDS_RESPONSE: DisputeEvent.ASKED,
    DisputeState.UNDER_REVIEW: DisputeEvent.REVIEWED,
    DisputeState.WON: DisputeEvent.WON,
    DisputeState.LOST: DisputeEvent.LOST,
}


def take_in(session: Session, payment: Payment, told: DisputeNews, *, actor: Actor, at: datetime) -> Dispute:
    """Record what the gateway says of one dispute: the one function for worker and news. Again: nothing."""
    assert payment.gateway_account_id is not None  # noqa: S101  (it came through the gateway that tells of it)
    dispute = disputes.known(session, payment.gateway_account_id, told.gateway_ref)
    if dispute is None:
        dispute = _open(session, payment, told, actor=actor, at=at)
    dispute.category, dispute.said = told.reason or dispute.category, str(told.state)
    dispute.due_at = told.due_at or dispute.due_at
    if told.amount is not None and dispute.status in OPEN:
        dispute.amount_minor = told.amount.minor
    event = _EVENTS.get(told.state)
    if event is None:
        dispute.next_action_at = disputes.ask_again_at(dispute, at) if dispute.status in OPEN else None
        return dispute
    before = dispute.status
    if disputes.move(dispute, event, at=at):
        session.flush()
        _follow(session, dispute, payment, before, actor=actor, at=at)
    return dispute


def record_deed(
    session: Session, dispute: Dispute, deed: str, *, actor: Actor, at: datetime, reason: str = "", **facts: Any
) -> None:
    audit.record(
        session, actor, deed, at=at, customer_id=dispute.customer_id, subject=dispute.ref, reason=reason, **facts
    )


def _open(session: Session, payment: Payment, told: DisputeNews, *, actor: Actor, at: datetime) -> Dispute:
    amount = told.amount or payment.amount
    dispute = disputes.write(session, payment, told.gateway_ref, amount, at=at)
    dispute.due_at = told.due_at
    _ask_person(session, dispute, TASK, at, due_at=told.due_at.isoformat() if told.due_at else None)
    record_deed(
        session, dispute, "dispute.opened", actor=actor, at=at, payment=payment.ref,
        amount_minor=amount.minor, currency=amount.currency, category=told.reason,
    )  # fmt: skip
    outbox.post(session, "dispute.opened", at=at, customer_id=dispute.customer_id, dispute=dispute.ref)
    _rest(session, dispute, at)
    return dispute


def _follow(
    session: Session, dispute: Dispute, payment: Payment, before: DisputeStatus, *, actor: Actor, at: datetime
) -> None:
    record_deed(session, dispute, f"dispute.{dispute.status}", actor=actor, at=at, payment=payment.ref)
    if dispute.status is DisputeStatus.NEEDS_RESPONSE:
        dispute.answer = dispute.answered_at = None
        _ask_person(session, dispute, TASK, at, due_at=dispute.due_at.isoformat() if dispute.due_at else None)
        return
    tasks.close_task(session, TASK, dispute.ref, by=actor.name, at=at)
    if dispute.status is DisputeStatus.LOST:
        _take_back(session, dispute, payment, actor=actor, at=at)
    elif dispute.status is DisputeStatus.WON and before is DisputeStatus.LOST:
        _give_again(session, dispute, payment, actor=actor, at=at)
    crash_point("dispute.recording")
    if dispute.status not in OPEN:
        _wake(session, dispute, at)


def _take_back(session: Session, dispute: Dispute, payment: Payment, *, actor: Actor, at: datetime) -> None:
    """The bank has taken it: out of the books, its invoices open again. What was refunded before cannot be taken."""
    taken = min(dispute.amount, _reversing.reversible(payment))
    if taken.is_positive:
        _reversing.reverse(
            session, payment, reason=f"chargeback {dispute.ref}", actor=actor, at=at, amount=taken, stops_method=True
        )
    if taken < dispute.amount:
        rest = dispute.amount - taken
        _ask_person(session, dispute, UNCOVERED, at, rest_minor=rest.minor, currency=rest.currency)


def _give_again(session: Session, dispute: Dispute, payment: Payment, *, actor: Actor, at: datetime) -> None:
    """The bank has given back what it took: it pays what it had paid, as far as that is still open."""
    amount = min(dispute.amount, Money(payment.reversed_minor, payment.currency))
    if not amount.is_positive:
        return
    payment.reversed_minor -= amount.minor
    if (after := PAYMENT.after(payment.status, PaymentEvent.REINSTATED)) is not None:
        payment.status = after
    session.flush()
    account = session.get_one(GatewayAccount, dispute.gateway_account_id)
    place = MoneyPlace(Account.CASH, account.ref)
    booked, on = Booked(), day(at, businesses.read(session).zone)
    arrival = Arrival(payment.id, payment.ref, dispute.customer_id, place, at)
    placed = _placing.spread(booked, arrival, amount, _undone(session, payment), on=on)
    _placing.write(session, booked)
    if placed.rest.is_positive:
        reference = session.scalar(select(Attempt.reference).where(Attempt.id == payment.attempt_id)) or payment.ref
        tasks.open_task(
            session, "money_without_debt", reference, at=at, customer_id=dispute.customer_id,
            rest_minor=placed.rest.minor, currency=placed.rest.currency,
        )  # fmt: skip
    session.flush()
    _billing.clear(session, booked.settled, actor=actor, at=at)


def _undone(session: Session, payment: Payment) -> list[Wanted]:
    """The invoices it had paid, with as much as was taken from each, the oldest first."""
    rows = session.execute(
        select(Invoice, func.sum(-PaymentAllocation.amount_minor))
        .join(PaymentAllocation, PaymentAllocation.invoice_id == Invoice.id)
        .where(PaymentAllocation.payment_id == payment.id, PaymentAllocation.amount_minor < 0)
        .group_by(Invoice.id)
        .order_by(Invoice.id)
    )
    return [Wanted(invoice, Money(int(minor), payment.currency)) for invoice, minor in rows]


def _rest(session: Session, dispute: Dispute, at: datetime) -> None:
    case = cases.standing_case(session, dispute.customer_id, dispute.currency)
    if case is not None:
        customer = session.get_one(Customer, dispute.customer_id)
        _resting.rest_while_disputed(session, case, customer, business=businesses.read(session), at=at)


def _wake(session: Session, dispute: Dispute, at: datetime) -> None:
    session.flush()
    case = cases.standing_case(session, dispute.customer_id, dispute.currency)
    if case is not None:
        customer = session.get_one(Customer, dispute.customer_id)
        _resting.wake_after_dispute(session, case, customer, business=businesses.read(session), at=at)


def _ask_person(session: Session, dispute: Dispute, kind: str, at: datetime, **facts: Any) -> None:
    tasks.open_task(session, kind, dispute.ref, at=at, customer_id=dispute.customer_id, **facts)
