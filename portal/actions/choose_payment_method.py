"""Making a stored method the customer's default."""

from datetime import datetime

from portal.core import audit
from portal.core.actors import Actor
from portal.core.db import transaction
from portal.customers import queries as customers
from portal.payments import methods, queries


def choose_payment_method(method_ref: str, *, customer_id: int, actor: Actor, at: datetime) -> None:
    """From now on what has no method of its own is charged with this one."""
    with transaction() as session:
        customers.lock(session, customer_id)
        method = queries.own_method(session, customer_id, method_ref)
        if method.is_default:
            return
        methods.make_default(session, method)
        audit.record(session, actor, "method.chosen", at=at, customer_id=customer_id, subject=method.ref)
