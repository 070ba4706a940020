"""Accept an offer to resume."""

from datetime import datetime

from portal.actions import _accepting, _returning
from portal.actions._return_price import price_return
from portal.core.actors import Actor
from portal.core.db import transaction
from portal.quotes import binding
from portal.subscriptions import queries as subscriptions


def resume_subscription(quote_key: int | str, *, actor: Actor, at: datetime) -> None:
    """Take a paused subscription up again at exactly the quoted price, or do nothing. A second click: nothing.

    The rest of a period that was not paid for is billed by days. Served at once, and collected like any renewal.
    """
    with transaction() as session:
        customer, quote = _accepting.lock(session, quote_key, {"resume"})
        if _accepting.is_accepted(quote):
            return
        binding.require_unexpired(quote, at)
        subscription = subscriptions.by_id(session, quote.subscription_id)
        priced = price_return(session, customer, subscription, at=at)
        binding.require_same(quote, priced.digest, priced.due)
        _accepting.accept(session, quote, actor=actor, at=at)
        trigger = _accepting.trigger_of(actor)
        _returning.take_up(
            session,
            customer,
            subscription,
            on=priced.on,
            quote_id=quote.id,
            trigger=trigger,
            actor=actor,
            at=at,
        )
