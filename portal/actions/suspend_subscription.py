"""Stop serving a subscription whose invoices were not paid."""

from datetime import datetime

from portal.core.actors import Actor
from portal.core.db import transaction
from portal.subscriptions import lifecycle
from portal.subscriptions import queries as subscriptions
from portal.subscriptions.states import SubscriptionEvent


def suspend_subscription(key: int | str, *, reason: str, actor: Actor, at: datetime) -> None:
    """What is past due is not served any more and gets no new periods; payment releases it. Suspended: nothing."""
    with transaction() as session:
        _, subscription = subscriptions.lock(session, key)
        lifecycle.move(session, subscription, SubscriptionEvent.SUSPENDED, actor=actor, at=at, reason=reason)
