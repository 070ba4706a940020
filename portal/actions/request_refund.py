"""Staff give back what a customer has with us, by the payment it came with."""

from datetime import datetime

from sqlalchemy.orm import Session

from portal.actions import _refund_asked, _refunding
from portal.balance import ledger
from portal.balance.ledger import BalanceOverspent
from portal.core import once
from portal.core.actors import Actor
from portal.core.db import transaction
from portal.core.errors import Invalid
from portal.core.money import Money
from portal.customers import queries as customers
from portal.identity import approvals
from portal.payments import queries, refunds
from portal.payments.models import Payment
from portal.payments.refund_states import RefundSource, RefundWay
from portal.payments.refunds import NotRefundable, RefundWish

SCOPE = "request_refund"


def request_refund(
    payment_ref: str,
    amount: Money,
    *,
    reason: str,
    way: RefundWay | None = None,
    form_key: str = "",
    actor: Actor,
    at: datetime,
) -> str:
    """Give `amount` of the customer's balance back the way the payment came, or by hand; the refund's reference.

    Above the actor's limit a second person is asked, and nothing is set aside before. The same form sent twice asks
    once. Raises RefundTooMuch, RefundUnderWay, NotRefundable, BalanceOverspent, Invalid.
    """
    if not reason.strip():
        raise Invalid("Please say why it goes back.", field="reason")
    with transaction() as session:
        payment = _locked(session, payment_ref)
        key = f"{payment_ref}:{form_key}" if form_key else ""
        done = once.answered(session, SCOPE, key)
        if done is not None:
            return done
        if ledger.of_customer(session, payment.customer_id or 0, amount.currency) < amount:
            raise BalanceOverspent("The customer has less than that with us. Credit an invoice first.")
        wish = RefundWish(amount, RefundSource.BALANCE, reason.strip(), way=way)
        refund = _refunding.request(session, payment, wish, actor=actor, at=at)
        if approvals.needs_second_person(session, actor, amount):
            _refund_asked.ask(session, refund, actor=actor, at=at)
        else:
            _refunding.approve(session, refund, actor=actor, at=at)
        once.keep(session, SCOPE, key, answer=refund.ref, at=at)
        return refund.ref


def refundable_now(session: Session, payment: Payment) -> Money:
    """What could be asked for now: as much as is left of the payment and is on the customer's balance."""
    left = refunds.left_of(payment)
    if payment.customer_id is None or refunds.live_of(session, payment.id) is not None:
        return Money.zero(payment.currency)
    return min(left, ledger.of_customer(session, payment.customer_id, payment.currency))


def ways_of(session: Session, payment: Payment) -> tuple[RefundWay, ...]:
    """How a refund of the payment may go; by hand alone where its gateway cannot carry it."""
    able = _refunding.way_of(session, payment)
    return (RefundWay.BY_HAND,) if able is RefundWay.BY_HAND else (able, RefundWay.BY_HAND)


def _locked(session: Session, payment_ref: str) -> Payment:
    payment = queries.payment_by_ref(session, payment_ref)
    if payment.customer_id is None:
        raise NotRefundable
    customers.lock(session, payment.customer_id)
    session.refresh(payment)
    return payment
