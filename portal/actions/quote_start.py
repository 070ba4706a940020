"""Show what a subscription costs, and keep the price for a while."""

from collections.abc import Sequence
from datetime import datetime

from portal.actions import _items
from portal.actions._start_price import price_start
from portal.core import business as businesses
from portal.core.actors import Actor
from portal.core.db import transaction
from portal.core.errors import Refused
from portal.customers import queries as customers
from portal.quotes import offering
from portal.quotes.offering import Offer
from portal.subscriptions import queries as subscriptions
from portal.subscriptions.states import ENDED
from portal.subscriptions.wishes import StartTerms


def quote_start(
    customer_id: int,
    items: Sequence[tuple[str, int]],
    *,
    asked: StartTerms | None = None,
    previous_ref: str = "",
    actor: Actor,
    at: datetime,
) -> str:
    """Offer a subscription of `items`, `(price reference, quantity)` each; returns the quote's reference.

    `previous_ref`: the ended subscription that is taken up again. The customer's earlier offers of the kind are
    replaced. Nothing else is written.
    """
    asked = asked or StartTerms()
    with transaction() as session:
        customer = customers.lock(session, customer_id)
        previous_id = None
        if previous_ref:
            previous = subscriptions.own(session, customer_id, previous_ref)
            if previous.status not in ENDED:
                raise Refused("This subscription has not ended, so it cannot be taken up again.")
            previous_id = previous.id
        chosen = _items.choose(session, items)
        priced = price_start(session, customer, chosen, asked, at=at)
        terms = Offer(
            kind="resubscribe" if previous_id else "start",
            customer_id=customer.id,
            subscription_id=None,
            inputs={**priced.inputs, "asked": asked.as_json, "previous_id": previous_id},
            lines=priced.lines,
            digest=priced.digest,
            total=priced.draft.total,
            due=priced.due,
            on=priced.on,
        )
        minutes = businesses.read(session).policy("quote_minutes")
        return offering.offer(session, terms, minutes=minutes, actor=actor, at=at).ref
