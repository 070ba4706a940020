"""Take back a pause whose day has not come."""

from datetime import datetime

from portal.core.actors import Actor
from portal.core.db import transaction
from portal.subscriptions import lifecycle
from portal.subscriptions import queries as subscriptions
from portal.subscriptions.states import SubscriptionEvent


def undo_pause(key: int | str, *, actor: Actor, at: datetime) -> None:
    """It goes on. No pause ahead: nothing. What is paused already is resumed, for that may cost something."""
    with transaction() as session:
        _, subscription = subscriptions.lock(session, key)
        if subscription.pause_on is None:
            return
        was_on = subscription.pause_on.isoformat()
        subscription.pause_on = subscription.resume_on = None
        event = SubscriptionEvent.PAUSE_CANCELED
        lifecycle.move(session, subscription, event, actor=actor, at=at, was_on=was_on)
