"""Forgetting a stored method, here and at the gateway."""

from datetime import datetime

from sqlalchemy import delete
from sqlalchemy.orm import Session

from portal.actions import _gateways
from portal.core import audit
from portal.core.actors import Actor
from portal.core.days import day
from portal.core.db import transaction
from portal.core.errors import Refused
from portal.core.logging import log
from portal.core.secrets import vault
from portal.customers import queries as customers
from portal.customers.models import Customer
from portal.invoicing.models import Invoice
from portal.payments import attempts, methods, queries
from portal.payments.attempts import ToCollect
from portal.payments.models import Attempt, GatewayAccount, PaymentMethod, SubscriptionMethod
from portal.payments.states import AttemptEvent, AttemptTrigger


def remove_payment_method(method_ref: str, *, customer_id: int, actor: Actor, at: datetime) -> None:
    """Never charge it again. A charge under way is booked all the same; the newest other method takes its place,
    also for charges that wait.

    The gateway is told afterwards. If that fails the method stays removed here, which is what counts.
    """
    with transaction() as session:
        customers.lock(session, customer_id)
        method = queries.own_method(session, customer_id, method_ref)
        token = vault().open(method.token, place=methods.place(method.ref))
        account = session.get_one(GatewayAccount, method.gateway_account_id)
        method.removed_at, method.is_default = at, False
        session.execute(delete(SubscriptionMethod).where(SubscriptionMethod.method_id == method.id))
        session.flush()
        others = queries.methods_of(session, customer_id)
        if others and not any(other.is_default for other in others):
            methods.make_default(session, others[0])
        _move_waiting(session, method, at=at)
        audit.record(session, actor, "method.removed", at=at, customer_id=customer_id, subject=method.ref)
    try:
        _gateways.pulling(account).forget(token)
    except Refused as refusal:
        log().warning("the gateway did not forget a method", method=method_ref, reason=refusal.message)


def _move_waiting(session: Session, removed: PaymentMethod, *, at: datetime) -> None:
    """What was certainly not sent yet is charged with another method, or chased when it is overdue."""
    zone = session.get_one(Customer, removed.customer_id).zone
    for waiting in queries.locked_waiting(session, Attempt.method_id == removed.id):
        attempts.move(waiting, AttemptEvent.CANCELED, at=at)
        session.flush()
        invoice = session.get_one(Invoice, waiting.invoice_id)
        other = queries.usable_method(
            session, customer_id=removed.customer_id, subscription_id=invoice.subscription_id, on=day(at, zone)
        )
        if other is not None and other.gateway_account_id == waiting.gateway_account_id:
            trigger = AttemptTrigger(waiting.trigger)
            again = ToCollect(
                removed.customer_id, invoice.id, other.gateway_account_id, other.id, waiting.amount, trigger
            )
            attempts.open_all(session, [again], at=at)
