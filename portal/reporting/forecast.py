"""The next bill of a subscription as things stand: a forecast, promised to nobody."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from portal.catalogue.models import Plan, Price
from portal.catalogue.queries import terms_of
from portal.core.money import Money
from portal.core.periods import Period
from portal.invoicing import drafting
from portal.invoicing.drafts import Buyer, PricedItem
from portal.invoicing.states import LineKind
from portal.invoicing.taxes import TaxMissing
from portal.subscriptions.models import ScheduledChange, Subscription
from portal.subscriptions.schedule import Turn, first_turn, turn_after
from portal.subscriptions.states import SubscriptionStatus

BILLED = frozenset(
    {
        SubscriptionStatus.PENDING,
        SubscriptionStatus.TRIALING,
        SubscriptionStatus.ACTIVE,
        SubscriptionStatus.PAST_DUE,
        SubscriptionStatus.PAUSED,
    }
)


class Part(NamedTuple):
    """So many of one price of a plan or add-on."""

    plan: Plan
    price: Price
    quantity: int


@dataclass(frozen=True, slots=True)
class Bill:
    """What will be billed on the day `on` for `period`. `tax_names` as the lines will say: VAT 7.5%."""

    on: date
    period: Period
    net: Money
    tax: Money
    total: Money
    tax_names: tuple[str, ...]


def next_bill(
    subscription: Subscription, parts: Sequence[Part], change: ScheduledChange | None, buyer: Buyer
) -> Bill | None:
    """None where nothing more is billed by itself, or no tax rule fits. `parts`: those of that day.

    `change`: the one that takes over on that day, if there is one.
    """
    on = subscription.next_bill_on
    if on is None or not parts or subscription.status not in BILLED:
        return None
    turn = _turn(subscription, parts, change, on)
    try:
        draft = drafting.for_period(
            buyer, [_priced(part) for part in parts], turn.period, subscription_id=subscription.id, number=turn.number
        )
    except TaxMissing:
        return None
    names = dict.fromkeys(line.text for line in draft.lines if line.kind is LineKind.TAX)
    return Bill(on, turn.period, draft.net, draft.tax, draft.total, tuple(names))


def _turn(subscription: Subscription, parts: Sequence[Part], change: ScheduledChange | None, on: date) -> Turn:
    interval = parts[0].price.interval
    is_fresh = change is not None and interval != subscription.interval
    if subscription.anchor_on is None or is_fresh:
        return first_turn(on, interval)
    return turn_after(subscription.anchor_on, interval, subscription.period_number)


def _priced(part: Part) -> PricedItem:
    plan, price, quantity = part
    return PricedItem(
        item_id=None,
        price_id=price.id,
        plan_id=plan.id,
        plan_name=plan.name,
        kind=plan.kind,
        product_class=plan.product_class,
        terms=terms_of(price),
        tax_inclusive=price.tax_inclusive,
        quantity=quantity,
    )
