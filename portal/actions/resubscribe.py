"""Take an ended subscription up again: another one begins, and the history stays on both."""

from datetime import datetime

from portal.actions import _accepting
from portal.core.actors import Actor
from portal.core.db import transaction
from portal.subscriptions import lifecycle
from portal.subscriptions import queries as subscriptions
from portal.subscriptions.states import SubscriptionEvent, SubscriptionStatus


def resubscribe(quote_key: int | str, *, actor: Actor, at: datetime) -> str:
    """Begin the successor at exactly the quoted price, or do nothing; returns its reference. Again: the same."""
    with transaction() as session:
        customer, quote = _accepting.lock(session, quote_key, {"resubscribe"})
        if _accepting.is_accepted(quote):
            return subscriptions.by_id(session, quote.subscription_id).ref
        successor = _accepting.begin_as_offered(session, customer, quote, actor=actor, at=at)
        previous = subscriptions.by_id(session, successor.previous_id)
        if previous.status is SubscriptionStatus.CANCELED:
            event = SubscriptionEvent.RESUBSCRIBED
            lifecycle.move(session, previous, event, actor=actor, at=at, successor=successor.ref)
        return successor.ref
