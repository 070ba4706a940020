"""Asking the gateway what became of refunds: lapsed leases, silence, those on their way, and news of them."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

from portal.actions import _refund_asking, _refund_calls, _refunding
from portal.actions._refund_calls import Asked
from portal.core.actors import Actor
from portal.core.db import PASSING, transaction
from portal.core.logging import log
from portal.customers import queries as customers
from portal.gateways.base import Answer, Outcome, RefundList
from portal.payments import queries, refunds
from portal.payments.models import Payment
from portal.payments.refund_models import Refund
from portal.payments.refund_states import RefundEvent, RefundStatus

IN_FLIGHT = 8
MISSES = 3
NOT_LISTED_GRACE = timedelta(minutes=15)


def resolve_refunds(*, limit: int, actor: Actor, at: datetime) -> int:
    """Ask about up to `limit` refunds whose time has come, and record the answers; how many were asked about.

    "Not listed" counts only after a grace time and three lists in a row: then the refund is sent again, which lists
    once more before.
    """
    with transaction() as session:
        claimed = _refund_asking.questions(session, refunds.claim(session, limit=limit, at=at))
    if not claimed:
        return 0
    with ThreadPoolExecutor(max_workers=min(IN_FLIGHT, len(claimed))) as pool:
        lists = list(pool.map(_refund_calls.listed, claimed))
    for one, found in zip(claimed, lists, strict=True):
        try:
            _record(one, found, actor=actor, at=at)
        except PASSING:
            raise  # the database was away or held: it is asked about again
        except Exception as error:
            log().error("list of refunds not recorded", refund=one.ref, error=repr(error), exc_info=error)
    return len(claimed)


def ask_about_refund(refund_ref: str, *, actor: Actor, at: datetime) -> None:
    """Ask about one refund at once, whatever its state, at somebody's wish."""
    with transaction() as session:
        payment_id = refunds.by_ref(session, refund_ref).payment_id
        payment_ref = session.get_one(Payment, payment_id).ref
    ask_about_refunds(payment_ref, actor=actor, at=at)


def ask_about_refunds(payment_ref: str, *, actor: Actor, at: datetime) -> bool:
    """Ask about all refunds of a payment at once: after news, or at somebody's wish. False without an answer."""
    with transaction() as session:
        payment = queries.payment_by_ref(session, payment_ref)
        question = _refund_asking.about_payment(session, payment)
    if question is None:
        return False
    found = _refund_calls.listed(question)
    if found.answer is not Answer.FOUND:
        return False
    _take_in(question, found, actor=actor, at=at)
    return True


def _record(one: Asked, found: RefundList, *, actor: Actor, at: datetime) -> None:
    known = _refund_calls.own(found, one)
    if known is not None and known.outcome is Outcome.ACTION_REQUIRED and one.details is not None:
        heard = _refund_calls.with_details(one, known)
        with transaction() as session:
            refund = _refund_asking.locked(session, one.refund_id)
            refund.bank_details = None if heard.outcome is not Outcome.UNKNOWN else refund.bank_details
            _refunding.record(session, refund, heard, actor=actor, at=at)
        return
    if found.answer is Answer.FOUND:
        _take_in(one, found, actor=actor, at=at)
    with transaction() as session:
        refund = _refund_asking.locked(session, one.refund_id)
        if found.answer is not Answer.FOUND or not _is_listed(refund, found):
            _miss(refund, found, at=at)
        elif refund.next_action_at == at + refunds.LEASE:  # listed as before: its claim must not become its pace
            refund.next_action_at = refunds.ask_again_at(refund, at)
        if refund.next_action_at is not None:
            _refunding.doubt(session, refund, at)


def _take_in(one: Asked, found: RefundList, *, actor: Actor, at: datetime) -> None:
    with transaction() as session:
        payment = session.get_one(Payment, one.payment_id)
        if payment.customer_id is None:
            return
        customers.lock(session, payment.customer_id)
        session.refresh(payment)
        _refund_asking.take_in(session, payment, found.refunds, actor=actor, at=at)


def _is_listed(refund: Refund, found: RefundList) -> bool:
    return any(told.note == refund.ref or told.gateway_ref == refund.gateway_ref for told in found.refunds)


def _miss(refund: Refund, found: RefundList, *, at: datetime) -> None:
    """The list does not have it, or there was none."""
    refund.misses = refund.misses + 1 if found.answer is Answer.FOUND else 0
    refund.said = found.reason or refund.said
    refunds.move(refund, RefundEvent.LOST, at=at)
    lost_for = at - (refund.sent_at or refund.created_at)
    if refund.status is RefundStatus.UNKNOWN and refund.misses >= MISSES and lost_for >= NOT_LISTED_GRACE:
        refund.misses = refund.queries = 0
        refunds.move(refund, RefundEvent.RETURNED, at=at, next_action_at=at)
    elif refund.next_action_at is not None:
        refund.next_action_at = refunds.ask_again_at(refund, at)
