"""Giving money back, in the books: a refund is approved, heard of, given back or given up. Steps.

The caller holds the customer's lock and commits. What a refund takes is in transit from its approval on: a credit
note puts it there itself, anything else comes off the customer's balance.
"""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from portal.balance import ledger
from portal.core import audit, outbox, tasks
from portal.core import business as businesses
from portal.core.actors import Actor
from portal.core.crashes import crash_point
from portal.core.days import day
from portal.core.errors import Invalid
from portal.core.money import Money
from portal.gateways.base import Ability, Outcome, RefundOutcome
from portal.gateways.registry import ADAPTERS
from portal.journal import posting
from portal.journal.accounts import Account, Entry, JournalEvent, MoneyPlace, entries
from portal.payments import refunds
from portal.payments.models import GatewayAccount, Payment
from portal.payments.refund_models import Refund
from portal.payments.refund_states import RefundEvent, RefundSource, RefundStatus, RefundWay
from portal.payments.refunds import NotRefundable, RefundWish
from portal.payments.states import PaymentStatus

STALE_AFTER = timedelta(hours=24)
BANKS_TAKE = timedelta(days=15)
TASKS = ("refund_by_hand", "refund_needs_details", "refund_in_doubt", "refund_differs")

_EVENTS = {
    Outcome.SUCCEEDED: RefundEvent.SUCCEEDED,
    Outcome.PENDING: RefundEvent.PENDED,
    Outcome.ACTION_REQUIRED: RefundEvent.STALLED,
    Outcome.DECLINED: RefundEvent.FAILED,
    Outcome.UNKNOWN: RefundEvent.LOST,
    Outcome.NOT_SENT: RefundEvent.RETURNED,
}


def open_refund(
    session: Session,
    *,
    payment: Payment,
    amount: Money,
    credit_note_id: int | None,
    reason: str,
    actor: Actor,
    at: datetime,
    way: RefundWay | None = None,
) -> Refund:
    """An approved refund: of a credit note that is being issued, else of the customer's balance.

    Sent through the gateway where that can, else it is a person's task; `way` says otherwise. Raises RefundTooMuch,
    RefundUnderWay, NotRefundable, BalanceOverspent.
    """
    source = RefundSource.BALANCE if credit_note_id is None else RefundSource.CREDIT_NOTE
    wish = RefundWish(amount, source, reason, way=way, credit_note_id=credit_note_id)
    refund = request(session, payment, wish, actor=actor, at=at)
    approve(session, refund, actor=actor, at=at)
    return refund


def request(session: Session, payment: Payment, wish: RefundWish, *, actor: Actor, at: datetime) -> Refund:
    """A refund that waits to be approved; nothing is set aside for it yet."""
    if not wish.amount.is_positive:
        raise Invalid("Write an amount above zero.", field="amount")
    if wish.amount.currency != payment.currency:
        raise Invalid("A refund goes back in the currency of its payment.", field="amount")
    if payment.status is not PaymentStatus.BOOKED or payment.customer_id is None:
        raise NotRefundable
    able = way_of(session, payment)
    way = RefundWay.BY_HAND if able is RefundWay.BY_HAND else wish.way or able
    refund = refunds.write(session, payment, replace(wish, way=way), requested_by=actor.name, at=at)
    record_deed(session, refund, "refund.requested", actor=actor, at=at, reason=wish.reason, payment=payment.ref)
    return refund


def way_of(session: Session, payment: Payment) -> RefundWay:
    """Can the gateway the payment came through carry it back?"""
    if payment.gateway_account_id is None or not payment.gateway_ref:
        return RefundWay.BY_HAND
    account = session.get_one(GatewayAccount, payment.gateway_account_id)
    return RefundWay.GATEWAY if Ability.REFUND in ADAPTERS[account.gateway].abilities else RefundWay.BY_HAND


def approve(session: Session, refund: Refund, *, actor: Actor, at: datetime) -> None:
    """Set its amount aside. From here on it is sent, or somebody's task."""
    if not refunds.move(refund, RefundEvent.APPROVED, at=at, next_action_at=at):
        return
    refund.approved_at = at
    session.flush()
    refunds.reserve(session, refund)
    if refund.source is RefundSource.BALANCE:
        ledger.add(session, refund.customer_id, -refund.amount)
        _post(session, refund, entries(JournalEvent.REFUND_APPROVED, refund.amount), at)
    if refund.way is RefundWay.BY_HAND:
        _ask_person(session, refund, "refund_by_hand", at, reason=refund.reason)
    record_deed(session, refund, "refund.approved", actor=actor, at=at)


def cancel(session: Session, refund: Refund, *, reason: str, actor: Actor, at: datetime) -> None:
    """It was certainly not sent, and will not be."""
    was_set_aside = refund.status is not RefundStatus.REQUESTED
    if not refunds.move(refund, RefundEvent.CANCELED, at=at):
        return
    session.flush()
    _give_back(session, refund, at=at, was_set_aside=was_set_aside)
    record_deed(session, refund, "refund.canceled", actor=actor, at=at, reason=reason)
    _close_tasks(session, refund, by=actor.name, at=at)


def record(session: Session, refund: Refund, heard: RefundOutcome, *, actor: Actor, at: datetime) -> None:
    """Apply what was heard of it at the gateway: the one function for worker, resolver and news. Again: nothing."""
    if _differs(session, refund, heard, at):
        return
    refund.gateway_ref = heard.gateway_ref or refund.gateway_ref
    refund.said = heard.reason or refund.said
    event = _EVENTS[heard.outcome]
    is_first = refund.status in (RefundStatus.APPROVED, RefundStatus.SENDING, RefundStatus.UNKNOWN)
    if event is RefundEvent.RETURNED:
        if refunds.move(refund, event, at=at, next_action_at=refunds.ask_again_at(refund, at)):
            refund.sends, refund.queries = refund.sends - 1, refund.queries + 1
            doubt(session, refund, at)
        return
    if not refunds.move(refund, event, at=at):
        _contradicted(session, refund, event, heard, at)
        return
    if event is not RefundEvent.LOST:
        refund.misses = refund.queries = 0
    session.flush()
    if event is RefundEvent.SUCCEEDED:
        succeed(session, refund, _cash(session, refund), actor=actor, at=at)
    elif event is RefundEvent.FAILED:
        _fail(session, refund, actor=actor, at=at)
    elif event is RefundEvent.STALLED:
        _ask_person(session, refund, "refund_needs_details", at, reason=refund.said)
        record_deed(session, refund, "refund.needs_attention", actor=actor, at=at, reason=refund.said)
    elif event is RefundEvent.PENDED:
        _close_tasks(session, refund, by=actor.name, at=at)
        if is_first and refund.source is not RefundSource.OUTSIDE:
            outbox.post(session, "refund.sent", at=at, customer_id=refund.customer_id, refund=refund.ref)
        record_deed(session, refund, "refund.sent", actor=actor, at=at)


def find(session: Session, payment: Payment, told: RefundOutcome, *, actor: Actor, at: datetime) -> None:
    """The gateway gave back, or is giving back, what nobody here asked for. It is booked as our loss, once, and a
    person decides whose it is. Where another refund still holds the place a person is asked at once."""
    if told.outcome in (Outcome.DECLINED, Outcome.UNKNOWN, Outcome.NOT_SENT) or told.amount is None:
        return
    if told.raw.get("dispute"):
        return  # what a bank took back: the dispute itself is booked
    facts: dict[str, Any] = {
        "gateway_ref": told.gateway_ref,
        "amount_minor": told.amount.minor,
        "currency": told.amount.currency,
    }
    tasks.open_task(session, "refund_found", payment.ref, at=at, customer_id=payment.customer_id, **facts)
    if refunds.live_of(session, payment.id) is not None or refunds.left_of(payment) < told.amount:
        return
    wish = RefundWish(told.amount, RefundSource.OUTSIDE, told.note, way=RefundWay.GATEWAY)
    refund = refunds.write(session, payment, wish, requested_by=actor.name, at=told.created_at or at)
    refund.gateway_ref = told.gateway_ref
    refunds.move(refund, RefundEvent.APPROVED, at=at, next_action_at=at)
    refund.approved_at = refund.sent_at = at
    session.flush()
    refunds.reserve(session, refund)
    _post(session, refund, entries(JournalEvent.REFUND_FOUND, refund.amount), at)
    record_deed(session, refund, "refund.found", actor=actor, at=at, payment=payment.ref, **facts)
    record(session, refund, told, actor=actor, at=at)


def succeed(session: Session, refund: Refund, place: MoneyPlace, *, actor: Actor, at: datetime) -> None:
    """The money has left `place`; the refund has been moved to succeeded."""
    _post(session, refund, entries(JournalEvent.REFUND_SUCCEEDED, refund.amount, place), at)
    crash_point("C-25-14")
    refund.bank_details = None
    record_deed(session, refund, "refund.succeeded", actor=actor, at=at, amount_minor=refund.amount_minor)
    if refund.source is not RefundSource.OUTSIDE:
        outbox.post(session, "refund.succeeded", at=at, customer_id=refund.customer_id, refund=refund.ref)
    _close_tasks(session, refund, by=actor.name, at=at)


def record_deed(
    session: Session, refund: Refund, deed: str, *, actor: Actor, at: datetime, reason: str = "", **facts: Any
) -> None:
    audit.record(
        session, actor, deed, at=at, customer_id=refund.customer_id, subject=refund.ref, reason=reason, **facts
    )


def doubt(session: Session, refund: Refund, at: datetime) -> None:
    """What nobody has heard of for a day is a person's task, and what is on its way for longer than banks take."""
    patience = BANKS_TAKE if refund.status is RefundStatus.PENDING else STALE_AFTER
    if at - (refund.sent_at or refund.created_at) >= patience:
        _ask_person(session, refund, "refund_in_doubt", at, reason=refund.said)


def _fail(session: Session, refund: Refund, *, actor: Actor, at: datetime) -> None:
    """The gateway could not give it back: the money is the customer's, here, and a person decides on."""
    refund.bank_details = None
    _give_back(session, refund, at=at, was_set_aside=True)
    record_deed(session, refund, "refund.failed", actor=actor, at=at, reason=refund.said)
    _close_tasks(session, refund, by=actor.name, at=at)
    if refund.source is not RefundSource.OUTSIDE:
        _ask_person(session, refund, "refund_failed", at, reason=refund.said)


def _give_back(session: Session, refund: Refund, *, at: datetime, was_set_aside: bool) -> None:
    """What does not go back stays with the customer, or with us where it was our loss."""
    if was_set_aside:
        refunds.release(session, refund)
    if refund.source is RefundSource.OUTSIDE:
        _post(session, refund, entries(JournalEvent.REFUND_FOUND, -refund.amount), at)
    elif was_set_aside or refund.source is RefundSource.CREDIT_NOTE:
        ledger.add(session, refund.customer_id, refund.amount)
        _post(session, refund, entries(JournalEvent.REFUND_GIVEN_UP, refund.amount), at)


def _contradicted(session: Session, refund: Refund, event: RefundEvent, heard: RefundOutcome, at: datetime) -> None:
    """It is closed, and the gateway says that it ended the other way: nothing is booked twice, a person looks."""
    ended = {RefundStatus.SUCCEEDED: RefundEvent.FAILED, RefundStatus.FAILED: RefundEvent.SUCCEEDED}
    if ended.get(refund.status) is event or (refund.status is RefundStatus.CANCELED and event is RefundEvent.SUCCEEDED):
        _ask_person(session, refund, "refund_differs", at, reason=heard.reason, gateway_ref=heard.gateway_ref)


def _differs(session: Session, refund: Refund, heard: RefundOutcome, at: datetime) -> bool:
    """It bears our note and another amount: neither believed nor sent again, but looked at."""
    if heard.amount is None or heard.amount == refund.amount:
        return False
    refund.next_action_at = at + refunds.ASK_AFTER[-1] if refund.next_action_at else None
    _ask_person(session, refund, "refund_differs", at, reason=heard.reason, gateway_ref=heard.gateway_ref)
    return True


def _cash(session: Session, refund: Refund) -> MoneyPlace:
    account = session.get_one(GatewayAccount, refund.gateway_account_id)
    return MoneyPlace(Account.CASH, account.ref)


def _post(session: Session, refund: Refund, moved: list[Entry], at: datetime) -> None:
    posting.post(session, moved, on=_today(session, at), at=at, customer_id=refund.customer_id, document=refund.ref)


def _today(session: Session, at: datetime) -> date:
    return day(at, businesses.read(session).zone)


def _ask_person(session: Session, refund: Refund, kind: str, at: datetime, **facts: Any) -> None:
    tasks.open_task(session, kind, refund.ref, at=at, customer_id=refund.customer_id, **facts)


def _close_tasks(session: Session, refund: Refund, *, by: str, at: datetime) -> None:
    for kind in TASKS:
        tasks.close_task(session, kind, refund.ref, by=by, at=at)
