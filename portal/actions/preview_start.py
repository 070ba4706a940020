"""What a subscription would cost, for staff who are about to give it. Nothing is written or offered."""

from collections.abc import Sequence
from datetime import datetime

from portal.actions import _items
from portal.actions._pricing import Priced
from portal.actions._start_price import price_start
from portal.core.db import transaction
from portal.customers import queries as customers
from portal.subscriptions.wishes import StartTerms


def preview_start(customer_ref: str, items: Sequence[tuple[str, int]], *, asked: StartTerms, at: datetime) -> Priced:
    """The first bill and the one after it at today's prices, as `create_subscription` would price them now."""
    with transaction() as session:
        customer = customers.by_ref(session, customer_ref)
        return price_start(session, customer, _items.choose(session, items), asked, at=at)
