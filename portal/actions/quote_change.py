"""Show what other items cost, and keep the price for a while."""

from collections.abc import Sequence
from datetime import datetime

from portal.actions import _changing, _items
from portal.actions._change_price import price_change
from portal.core import business as businesses
from portal.core.actors import Actor
from portal.core.db import transaction
from portal.quotes import offering
from portal.quotes.offering import Offer
from portal.subscriptions import queries as subscriptions


def quote_change(
    key: int | str,
    items: Sequence[tuple[str, int]],
    *,
    replace: bool = False,
    actor: Actor,
    at: datetime,
) -> str:
    """Offer the subscription to consist of `items`, `(price reference, quantity)` each; returns the quote's reference.

    `replace`: instead of the change that waits already; without it such a change refuses the offer. Earlier offers
    for the subscription are replaced. Nothing else is written.
    """
    with transaction() as session:
        customer, subscription = subscriptions.lock(session, key)
        chosen = _items.choose(session, items)
        with session.begin_nested() as meanwhile:
            # Priced as if the waiting change were gone, for its invoice may hold a part of the balance.
            _changing.make_way(session, subscription, replace=replace, actor=actor, at=at)
            priced = price_change(session, customer, subscription, chosen, at=at)
            meanwhile.rollback()
        terms = Offer(
            kind="change",
            customer_id=customer.id,
            subscription_id=subscription.id,
            inputs={**priced.inputs, "replace": replace},
            lines=priced.lines,
            digest=priced.digest,
            total=priced.draft.total,
            due=priced.due,
            on=priced.on,
        )
        minutes = businesses.read(session).policy("quote_minutes")
        return offering.offer(session, terms, minutes=minutes, actor=actor, at=at).ref
