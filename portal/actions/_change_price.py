"""What it costs today to have other items, and when they take over."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from portal.actions import _items, _pricing
from portal.actions._pricing import Priced
from portal.catalogue import queries as catalogue
from portal.catalogue.queries import PlanPrice
from portal.core.days import day
from portal.core.errors import Refused
from portal.customers.models import Customer
from portal.invoicing import drafting
from portal.invoicing import queries as invoicing
from portal.invoicing.drafts import Draft
from portal.subscriptions import lifecycle
from portal.subscriptions import queries as subscriptions
from portal.subscriptions.items import Chosen, CurrencyFixed, Offered, joining, leaving, plan_of, require_fitting
from portal.subscriptions.models import Subscription
from portal.subscriptions.schedule import Turn, first_turn, turn_after
from portal.subscriptions.states import SubscriptionStatus
from portal.subscriptions.upgrades import Basket, Takeover, takeover


class NothingChanges(Refused):
    """What is asked for is what there is."""

    code = "nothing_changes"

    def __init__(self) -> None:
        super().__init__("This is what the subscription has already. Nothing was changed.")


class RenewalDue(Refused):
    """What was used since the last bill is not billed yet, so nothing can be priced on top of it."""

    code = "renewal_due"

    def __init__(self) -> None:
        super().__init__(
            "The renewal of this subscription is not billed yet. Nothing was changed, please try again tomorrow."
        )


def price_change(
    session: Session, customer: Customer, subscription: Subscription, chosen: Sequence[Chosen], *, at: datetime
) -> Priced:
    """Upgrades are charged for the rest of the period, downgrades wait for its end, in trial all is free. Reads only.

    A longer interval begins a full period of its own today. The day of the change belongs to what is joined. On the
    day it renews, before it was billed, everything takes over with the renewal. Raises RenewalDue after that day.
    """
    lifecycle.require_changeable(subscription)
    today = day(at, customer.zone)
    if subscription.period is not None and subscription.period.end < today:
        raise RenewalDue
    before = [row.chosen for row in subscriptions.items_of(session, subscription.id)]
    pairs = catalogue.by_price_ids(session, {item.price_id for item in (*before, *chosen)})
    offered = {price_id: subscriptions.as_offered(pair) for price_id, pair in pairs.items()}
    require_fitting(chosen, offered, held=[item.price_id for item in before])
    if plan_of(chosen, offered).currency != subscription.currency:
        raise CurrencyFixed(subscription.currency)
    if set(before) == set(chosen):
        raise NothingChanges
    when = _takeover(subscription, pairs, offered, before, chosen, today)
    turn = turn_of_switch(subscription, plan_of(chosen, offered), when, today)
    draft = _pricing.nothing(customer, subscription.currency)
    if when is Takeover.NOW and turn is not None:
        draft = _switch(session, customer, subscription, pairs, (before, chosen), turn, today)
    terms: dict[str, Any] = {
        "takeover": str(when),
        "before": _items.listed(before),
        "items": _items.listed(chosen),
        "takes_over_on": subscription.period_end_on.isoformat()
        if when is Takeover.PERIOD_END and subscription.period_end_on
        else None,
    }
    bill = _next_turn(subscription, plan_of(chosen, offered), when, turn)
    following = _pricing.forecast(_pricing.buyer(session, customer), _items.proposed(pairs, chosen), bill)
    return _pricing.price(session, draft, today, terms=terms, following=following, turn=turn)


def turn_of_switch(subscription: Subscription, plan: Offered, when: Takeover, today: date) -> Turn | None:
    """The period that a switch today is priced in: the running one, or one that begins with a new interval.

    None in trial, where nothing is charged yet, and for what waits for the end of the period.
    """
    period = subscription.period
    if period is None or when is Takeover.PERIOD_END:
        return None
    if plan.interval != subscription.interval:
        return first_turn(today, plan.interval)
    return Turn(subscription.period_number, period)


def _takeover(
    subscription: Subscription,
    pairs: Mapping[int, PlanPrice],
    offered: Mapping[int, Offered],
    before: Sequence[Chosen],
    chosen: Sequence[Chosen],
    today: date,
) -> Takeover:
    if subscription.status is SubscriptionStatus.TRIALING:
        return Takeover.NOW
    if subscription.period is not None and subscription.period.end <= today:
        return Takeover.PERIOD_END
    return takeover(_basket(pairs, offered, before), _basket(pairs, offered, chosen))


def _basket(pairs: Mapping[int, PlanPrice], offered: Mapping[int, Offered], chosen: Sequence[Chosen]) -> Basket:
    plan = plan_of(chosen, offered)
    return Basket(plan.family, plan.tier, plan.interval, _items.list_price(_items.proposed(pairs, chosen)))


def _switch(
    session: Session,
    customer: Customer,
    subscription: Subscription,
    pairs: Mapping[int, PlanPrice],
    items: tuple[Sequence[Chosen], Sequence[Chosen]],
    turn: Turn,
    today: date,
) -> Draft:
    before, chosen = items
    left = [item.price_id for item in leaving(before, chosen)]
    return drafting.for_switch(
        _pricing.buyer(session, customer),
        invoicing.charged_lines(session, subscription.id, today, price_ids=left),
        _items.proposed(pairs, joining(before, chosen)),
        turn.period,
        today,
        subscription_id=subscription.id,
        currency=subscription.currency,
        number=turn.number,
    )


def _next_turn(subscription: Subscription, plan: Offered, when: Takeover, turn: Turn | None) -> Turn:
    """The next period that will be billed as a whole after the change."""
    if subscription.period is None:
        assert subscription.trial_ends_on is not None  # without a period it is in trial  # noqa: S101
        return first_turn(subscription.trial_ends_on, plan.interval)
    if plan.interval == subscription.interval:
        assert subscription.anchor_on is not None  # what has a period has an anchor  # noqa: S101
        return turn_after(subscription.anchor_on, subscription.interval, subscription.period_number)
    if when is Takeover.PERIOD_END or turn is None:
        return first_turn(subscription.period.end, plan.interval)
    return turn_after(turn.period.start, plan.interval, 0)
