"""Accept an offered start."""

from datetime import datetime

from portal.actions import _accepting
from portal.core.actors import Actor
from portal.core.db import transaction
from portal.subscriptions import queries as subscriptions


def start_subscription(quote_key: int | str, *, actor: Actor, at: datetime) -> str:
    """Begin the subscription of a quote at exactly its price, or do nothing; returns the subscription's reference.

    It is in trial, waits for its start day, or has its first invoice, which is paid at once where nothing is due
    and lapses with it where it is not paid in time. A second click gets the same answer.
    """
    with transaction() as session:
        customer, quote = _accepting.lock(session, quote_key, {"start"})
        if _accepting.is_accepted(quote):
            return subscriptions.by_id(session, quote.subscription_id).ref
        return _accepting.begin_as_offered(session, customer, quote, actor=actor, at=at).ref
