"""Give up on a first payment before its time."""

from datetime import datetime

from portal.actions import _changing, _lapsing
from portal.core.actors import Actor
from portal.core.db import transaction
from portal.core.errors import Refused
from portal.invoicing import queries as invoicing
from portal.subscriptions import queries as subscriptions
from portal.subscriptions.states import SubscriptionStatus


def expire_subscription(key: int | str, *, actor: Actor, at: datetime) -> None:
    """A pending subscription expires and its first invoice is voided. Expired already: nothing.

    Refused when it has begun otherwise, and while a charge is in doubt.
    """
    with transaction() as session:
        _, subscription = subscriptions.lock(session, key)
        if subscription.status is SubscriptionStatus.EXPIRED:
            return
        if subscription.status is not SubscriptionStatus.PENDING:
            raise Refused("This subscription does not wait for its first payment. Nothing was changed.")
        for invoice in invoicing.open_of_subscription(session, subscription.id):
            if _changing.is_in_doubt(session, invoice):
                raise _changing.ChargeInDoubt
            _changing.void(session, invoice, actor=actor, at=at, reason="given up")
        _lapsing.expire(session, subscription, actor=actor, at=at)
