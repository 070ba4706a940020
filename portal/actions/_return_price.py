"""What it costs to take up again after a pause: the rest of the running period, by days."""

from collections.abc import Iterable
from datetime import date, datetime

from sqlalchemy.orm import Session

from portal.actions import _items, _pricing
from portal.actions._pricing import Priced
from portal.catalogue import queries as catalogue
from portal.catalogue.queries import PlanPrice
from portal.core.days import day
from portal.core.periods import Interval
from portal.customers.models import Customer
from portal.invoicing import drafting
from portal.invoicing.states import InvoiceKind
from portal.subscriptions import changes
from portal.subscriptions import queries as subscriptions
from portal.subscriptions.items import Chosen, chosen_from
from portal.subscriptions.models import ScheduledChange, Subscription
from portal.subscriptions.schedule import turn_after, turn_on


def price_return(session: Session, customer: Customer, subscription: Subscription, *, at: datetime) -> Priced:
    """Nothing in the period that was paid for, else the rest of the one that runs by the anchor. Reads only.

    What was never billed begins with a whole period of its own. A change whose day came meanwhile counts.
    """
    today = day(at, customer.zone)
    change = due_change(session, subscription, today)
    chosen = _items_of(session, subscription, change)
    pairs = catalogue.by_price_ids(session, [item.price_id for item in chosen])
    items, buyer = _items.proposed(pairs, chosen), _pricing.buyer(session, customer)
    interval = items_interval(pairs.values())
    anchor = _anchor(subscription, change, interval, today)
    running = turn_on(anchor, interval, today)
    is_paid_for = anchor == subscription.anchor_on and running.number <= subscription.period_number
    draft = _pricing.nothing(customer, subscription.currency, InvoiceKind.PERIOD)
    if not is_paid_for:
        draft = drafting.for_period(
            buyer, items, running.period, subscription_id=subscription.id, number=running.number, from_on=today
        )
    following = _pricing.forecast(buyer, items, turn_after(anchor, interval, running.number))
    return _pricing.price(session, draft, today, terms={"items": _items.listed(chosen)}, following=following)


def due_change(session: Session, subscription: Subscription, today: date) -> ScheduledChange | None:
    """The scheduled change whose day has come; what waits for a payment has no day."""
    change = subscriptions.pending_change(session, subscription.id)
    if change is None or change.on_day is None or changes.waits_for_payment(change) or change.on_day > today:
        return None
    return change


def items_interval(pairs: Iterable[PlanPrice]) -> Interval:
    """All items share it."""
    return next(iter(pairs)).price.interval


def _items_of(session: Session, subscription: Subscription, change: ScheduledChange | None) -> list[Chosen]:
    """What it will consist of: its items, or those of the change that fell due while it was away."""
    if change is not None:
        return list(chosen_from(change.items))
    return [row.chosen for row in subscriptions.items_of(session, subscription.id)]


def _anchor(subscription: Subscription, change: ScheduledChange | None, interval: Interval, today: date) -> date:
    """Its anchor; today where nothing was billed yet; the day of the change where that begins another interval."""
    if subscription.anchor_on is None:
        return today
    if change is not None and change.on_day is not None and interval != subscription.interval:
        return change.on_day
    return subscription.anchor_on
