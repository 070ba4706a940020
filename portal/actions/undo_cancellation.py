"""Take back a cancellation whose day has not come."""

from datetime import datetime

from portal.core.actors import Actor
from portal.core.db import transaction
from portal.subscriptions import lifecycle
from portal.subscriptions import queries as subscriptions
from portal.subscriptions.states import SubscriptionEvent


def undo_cancellation(key: int | str, *, actor: Actor, at: datetime) -> None:
    """It goes on as if nothing had been said. Not scheduled to end: nothing. Refused once it has ended."""
    with transaction() as session:
        _, subscription = subscriptions.lock(session, key)
        lifecycle.require_live(subscription)
        if subscription.cancel_on is None:
            return
        was_on = subscription.cancel_on.isoformat()
        subscription.cancel_on, subscription.cancel_reason = None, ""
        event = SubscriptionEvent.CANCELLATION_UNDONE
        lifecycle.move(session, subscription, event, actor=actor, at=at, was_on=was_on)
