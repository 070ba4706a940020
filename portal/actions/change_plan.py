"""Accept an offered change."""

from datetime import datetime

from portal.actions import _accepting, _changing, _items
from portal.actions._change_price import price_change
from portal.core.actors import Actor
from portal.core.db import transaction
from portal.quotes import binding
from portal.subscriptions import lifecycle
from portal.subscriptions import queries as subscriptions
from portal.subscriptions.items import chosen_from


def change_plan(quote_key: int | str, *, actor: Actor, at: datetime) -> None:
    """Accept a quoted change at exactly the quoted price, or do nothing.

    What costs something waits for its invoice: the items switch when that is settled. What costs nothing switches
    here, and leaves what was paid too much on the balance. A downgrade waits for the end of the period.
    """
    with transaction() as session:
        customer, quote = _accepting.lock(session, quote_key, {"change"})
        if _accepting.is_accepted(quote):
            return  # a second click
        binding.require_unexpired(quote, at)
        subscription = subscriptions.by_id(session, quote.subscription_id)
        lifecycle.require_changeable(subscription)
        held = {row.item.price_id for row in subscriptions.items_of(session, subscription.id)}
        chosen = _items.as_sold_today(session, chosen_from(quote.inputs["items"]), held)

        _changing.make_way(session, subscription, replace=quote.inputs["replace"], actor=actor, at=at)
        priced = price_change(session, customer, subscription, chosen, at=at)
        binding.require_same(quote, priced.digest, priced.due)
        _accepting.accept(session, quote, actor=actor, at=at)
        _changing.carry_out(session, customer, subscription, chosen, priced, quote_id=quote.id, actor=actor, at=at)
