"""What comes next, for mails to say: the next charge of a subscription, the next step of a debt."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import select

from portal.catalogue.models import Plan, Price
from portal.catalogue.queries import terms_of
from portal.core.money import Money
from portal.core.periods import Period
from portal.dunning.cases import climb, debt_of, ladder_of
from portal.dunning.models import DunningCase, DunningPolicy
from portal.invoicing import drafting
from portal.invoicing import queries as invoicing
from portal.invoicing.drafts import PricedItem
from portal.invoicing.models import Invoice
from portal.invoicing.taxes import TaxMissing
from portal.notifications.letters import Occasion
from portal.subscriptions import queries as subscriptions
from portal.subscriptions.models import Subscription, SubscriptionItem
from portal.subscriptions.queries import Item
from portal.subscriptions.schedule import first_turn, turn_after
from portal.subscriptions.states import SubscriptionStatus

RENEWING = (SubscriptionStatus.ACTIVE, SubscriptionStatus.PAST_DUE, SubscriptionStatus.TRIALING)


@dataclass(frozen=True, slots=True)
class Upcoming:
    """The next charge: how much and when, as the reader writes it, and for which days."""

    sum: str
    day: str
    on: date
    period: Period
    total: Money


def next_charge(occasion: Occasion, subscription_id: int | None) -> Upcoming | None:
    """What the subscription will be charged next as things stand; None when it ends, pauses or cannot be priced."""
    subscription = occasion.session.get(Subscription, subscription_id) if subscription_id is not None else None
    if subscription is None or subscription.status not in RENEWING or subscription.next_bill_on is None:
        return None
    on = subscription.next_bill_on
    if any(end is not None and end <= on for end in (subscription.cancel_on, subscription.pause_on)):
        return None
    if subscription.anchor_on is None:
        turn = first_turn(on, subscription.interval)
    else:
        turn = turn_after(subscription.anchor_on, subscription.interval, subscription.period_number)
    total = _total(occasion, subscription, turn.period, turn.number)
    if total is None:
        return None
    return Upcoming(occasion.money(total), occasion.on(on), on, turn.period, total)


def plan_name(occasion: Occasion, subscription: Subscription) -> str:
    """The name of its plan, or of what it was last."""
    had = (
        select(Plan.name)
        .join(Price, Price.plan_id == Plan.id)
        .join(SubscriptionItem, SubscriptionItem.price_id == Price.id)
        .where(SubscriptionItem.subscription_id == subscription.id)
        .order_by(SubscriptionItem.until_on.desc().nulls_first(), Plan.kind.desc(), SubscriptionItem.id.desc())
        .limit(1)
    )
    return occasion.session.scalar(had) or occasion.words.gettext("Your subscription")


def next_try(occasion: Occasion, invoice: Invoice) -> date | None:
    """The day on which the invoice is tried again by itself; None when it is not."""
    debt = debt_of(occasion.session, invoice.id)
    if debt is None or debt.is_hard:
        return None
    case = occasion.session.get_one(DunningCase, debt.case_id)
    ladder = ladder_of(occasion.session.get_one(DunningPolicy, case.policy_id))
    return climb(occasion.session, debt, ladder).next_on


def _total(occasion: Occasion, subscription: Subscription, period: Period, number: int) -> Money | None:
    session = occasion.session
    change = subscriptions.pending_change(session, subscription.id)
    if change is not None and change.on_day is not None and change.on_day <= period.start:
        return None  # what follows the change is told when it has happened
    items = [_priced(row) for row in subscriptions.items_of(session, subscription.id)]
    if not items:
        return None
    buyer = invoicing.buyer(occasion.addressee, occasion.tax_book())
    try:
        return drafting.for_period(buyer, items, period, subscription_id=subscription.id, number=number).total
    except TaxMissing:
        return None


def _priced(row: Item) -> PricedItem:
    return PricedItem(
        item_id=row.item.id,
        price_id=row.price.id,
        plan_id=row.plan.id,
        plan_name=row.plan.name,
        kind=row.plan.kind,
        product_class=row.plan.product_class,
        terms=terms_of(row.price),
        tax_inclusive=row.price.tax_inclusive,
        quantity=row.item.quantity,
    )
