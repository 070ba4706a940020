"""Setting a customer aside that breaks what is done for many. Claims pass over it until a person releases it."""

from datetime import datetime

from sqlalchemy.orm import Session

from portal.core import audit, tasks
from portal.core.actors import Actor
from portal.core.logging import log
from portal.customers.models import Customer
from portal.payments import attempts, queries
from portal.payments.models import Attempt
from portal.payments.states import AttemptEvent


def park(session: Session, customer: Customer, reason: str, *, actor: Actor, at: datetime) -> None:
    """Mark the customer, cancel what certainly was not sent, and ask a person to look. Again changes nothing."""
    if customer.parked_at is not None:
        return
    customer.parked_at, customer.parked_reason = at, reason
    for attempt in queries.locked_waiting(session, Attempt.customer_id == customer.id):
        attempts.move(attempt, AttemptEvent.CANCELED, at=at)
    tasks.open_task(session, "customer_parked", customer.ref, at=at, customer_id=customer.id, reason=reason)
    audit.record(session, actor, "customer.parked", at=at, customer_id=customer.id, subject=customer.ref, reason=reason)
    log().warning("customer parked", customer=customer.ref, reason=reason)
