"""Forgetting a stored method, here and at the gateway."""

from datetime import datetime

from sqlalchemy import delete

from portal.actions import _gateways
from portal.core import audit
from portal.core.actors import Actor
from portal.core.db import transaction
from portal.core.errors import Refused
from portal.core.logging import log
from portal.core.secrets import vault
from portal.customers import queries as customers
from portal.payments import methods, queries
from portal.payments.models import GatewayAccount, SubscriptionMethod


def remove_payment_method(method_ref: str, *, customer_id: int, actor: Actor, at: datetime) -> None:
    """Never charge it again. A charge under way is booked all the same; the newest other method takes its place.

    The gateway is told afterwards. If that fails the method stays removed here, which is what counts.
    """
    with transaction() as session:
        customers.lock(session, customer_id)
        method = queries.own_method(session, customer_id, method_ref)
        token = vault().open(method.token, place=methods.place(method))
        account = session.get_one(GatewayAccount, method.gateway_account_id)
        method.removed_at, method.is_default = at, False
        session.execute(delete(SubscriptionMethod).where(SubscriptionMethod.method_id == method.id))
        session.flush()
        others = queries.methods_of(session, customer_id)
        if others and not any(other.is_default for other in others):
            methods.make_default(session, others[0])
        audit.record(session, actor, "method.removed", at=at, customer_id=customer_id, subject=method.ref)
    try:
        _gateways.adapter_of(account).forget(token)
    except Refused as refusal:
        log().warning("the gateway did not forget a method", method=method_ref, reason=refusal.message)
