"""Show what it costs to resume, and keep the price for a while."""

from datetime import datetime

from portal.actions._return_price import price_return
from portal.core import business as businesses
from portal.core.actors import Actor
from portal.core.db import transaction
from portal.quotes import offering
from portal.quotes.offering import Offer
from portal.subscriptions import queries as subscriptions
from portal.subscriptions.states import SUBSCRIPTION, SubscriptionEvent


def quote_resume(key: int | str, *, actor: Actor, at: datetime) -> str:
    """Offer a paused subscription to go on today; returns the quote's reference. Nothing else is written."""
    with transaction() as session:
        customer, subscription = subscriptions.lock(session, key)
        SUBSCRIPTION.after(subscription.status, SubscriptionEvent.RESUMED)  # refuses what is not paused
        priced = price_return(session, customer, subscription, at=at)
        terms = Offer(
            kind="resume",
            customer_id=customer.id,
            subscription_id=subscription.id,
            inputs=priced.inputs,
            lines=priced.lines,
            digest=priced.digest,
            total=priced.draft.total,
            due=priced.due,
            on=priced.on,
        )
        minutes = businesses.read(session).policy("quote_minutes")
        return offering.offer(session, terms, minutes=minutes, actor=actor, at=at).ref
