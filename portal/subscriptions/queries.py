"""Finding subscriptions: one, a customer's, a page of all, with items, prices and plans in one query."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from sqlalchemy import ColumnElement, Select, exists, func, or_, select, tuple_
from sqlalchemy.orm import Session

from portal.catalogue import queries as catalogue
from portal.catalogue.models import Plan, Price
from portal.catalogue.queries import PlanPrice
from portal.core.bulk import among
from portal.core.errors import NotFound
from portal.customers import queries as customers
from portal.customers.models import Customer
from portal.subscriptions.items import Chosen, Offered
from portal.subscriptions.models import ScheduledChange, Subscription, SubscriptionChange, SubscriptionItem
from portal.subscriptions.states import LIVE, ScheduledChangeStatus, SubscriptionStatus


class Item(NamedTuple):
    """A live item with its price and plan."""

    item: SubscriptionItem
    price: Price
    plan: Plan

    @property
    def chosen(self) -> Chosen:
        return Chosen(self.item.price_id, self.item.quantity)


class Locked(NamedTuple):
    customer: Customer
    subscription: Subscription


class Listed(NamedTuple):
    """A row of the staff's list; `items` of it come with `live_items`, for the whole page at once."""

    subscription: Subscription
    customer: Customer


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What a page of subscriptions is narrowed to. Days are of `next_bill_on`, both ends included."""

    statuses: frozenset[SubscriptionStatus] = frozenset()
    plan_ref: str = ""
    bill_from_on: date | None = None
    bill_until_on: date | None = None
    trial_ends_until_on: date | None = None
    has_change: bool = False
    words: str = ""


def lock(session: Session, key: int | str) -> Locked:
    """The subscription's customer, locked, and the subscription as it is after that. `key`: its id or reference."""
    customer_id = session.scalar(select(Subscription.customer_id).where(_is(key)))
    if customer_id is None:
        raise NotFound("There is no such subscription.")
    customer = customers.lock(session, customer_id)
    subscription = session.scalars(select(Subscription).where(_is(key)).execution_options(populate_existing=True)).one()
    return Locked(customer, subscription)


def by_id(session: Session, subscription_id: int | None) -> Subscription:
    """As it is now. Where something is to change the caller holds its customer's lock."""
    wanted = select(Subscription).where(Subscription.id == subscription_id)
    return _found(session.scalar(wanted.execution_options(populate_existing=True)))


def by_ref(session: Session, ref: str) -> Subscription:
    return _found(session.scalar(select(Subscription).where(Subscription.ref == ref)))


def own(session: Session, customer_id: int, ref: str) -> Subscription:
    """One of the customer's own; another's is not found."""
    wanted = select(Subscription).where(Subscription.ref == ref, Subscription.customer_id == customer_id)
    return _found(session.scalar(wanted))


def of_customer(session: Session, customer_id: int, *, live_only: bool = False) -> list[Subscription]:
    """The customer's subscriptions, those that live first, then the latest."""
    wanted = select(Subscription).where(Subscription.customer_id == customer_id)
    if live_only:
        wanted = wanted.where(Subscription.status.in_(LIVE))
    return list(session.scalars(wanted.order_by(Subscription.status.in_(LIVE).desc(), Subscription.id.desc())))


def live_items(session: Session, subscription_ids: Collection[int]) -> dict[int, list[Item]]:
    """The items that last, by subscription, the plan before its add-ons; every id asked for is a key."""
    found: dict[int, list[Item]] = {subscription_id: [] for subscription_id in subscription_ids}
    wanted = (
        select(SubscriptionItem, Price, Plan)
        .join(Price, Price.id == SubscriptionItem.price_id)
        .join(Plan, Plan.id == Price.plan_id)
        .where(among(SubscriptionItem.subscription_id, found), SubscriptionItem.until_on.is_(None))
        .order_by(Plan.kind.desc(), SubscriptionItem.id)
    )
    for row in session.execute(wanted):
        found[row[0].subscription_id].append(Item(*row))
    return found


def items_of(session: Session, subscription_id: int) -> list[Item]:
    return live_items(session, [subscription_id])[subscription_id]


def offered(session: Session, price_ids: Collection[int]) -> dict[int, Offered]:
    """The prices as the rules of choosing take them. Raises NotFound if one is unknown."""
    pairs = catalogue.by_price_ids(session, price_ids)
    if len(pairs) != len(set(price_ids)):
        raise NotFound("There is no such price.")
    return {price_id: as_offered(pair) for price_id, pair in pairs.items()}


def as_offered(pair: PlanPrice) -> Offered:
    plan, price = pair
    return Offered(
        price_id=price.id,
        kind=plan.kind,
        family=plan.family,
        tier=plan.tier,
        currency=price.currency,
        interval=price.interval,
        trial_days=plan.trial_days,
        is_on_sale=pair.is_on_sale,
    )


def pending_change(session: Session, subscription_id: int) -> ScheduledChange | None:
    """The one change that waits for a day or for its invoice."""
    return pending_changes(session, [subscription_id]).get(subscription_id)


def pending_changes(session: Session, subscription_ids: Collection[int]) -> dict[int, ScheduledChange]:
    wanted = select(ScheduledChange).where(
        ScheduledChange.subscription_id.in_(list(subscription_ids)),
        ScheduledChange.status == ScheduledChangeStatus.PENDING,
    )
    return {change.subscription_id: change for change in session.scalars(wanted)}


def change(session: Session, change_id: int) -> ScheduledChange:
    """A scheduled change as it is now. The caller holds the customer's lock."""
    return session.get_one(ScheduledChange, change_id, populate_existing=True)


def history(session: Session, subscription_id: int, *, limit: int = 200) -> list[SubscriptionChange]:
    """What happened to it, the latest first."""
    wanted = select(SubscriptionChange).where(SubscriptionChange.subscription_id == subscription_id)
    return list(session.scalars(wanted.order_by(SubscriptionChange.id.desc()).limit(limit)))


def has_tried(session: Session, customer_id: int, family: str) -> bool:
    """Did the customer ever have a trial of a plan of this family? One is given once."""
    of_family = (
        select(Subscription.id)
        .join(SubscriptionItem, SubscriptionItem.subscription_id == Subscription.id)
        .join(Price, Price.id == SubscriptionItem.price_id)
        .join(Plan, Plan.id == Price.plan_id)
        .where(
            Subscription.customer_id == customer_id,
            Subscription.trial_ends_on.is_not(None),
            Plan.family == family,
            Plan.kind == "plan",
        )
    )
    return bool(session.scalar(select(of_family.exists())))


def page(session: Session, filters: Filters, *, after: tuple[date, int] | None = None, limit: int = 50) -> list[Listed]:
    """A page of all subscriptions, the next to be billed first and those that will not be last.

    `after` is `key_of` the last row of the page before. One row more than `limit` comes back if there is more.
    """
    wanted = select(Subscription, Customer).join(Customer, Customer.id == Subscription.customer_id)
    wanted = _narrowed(wanted, filters)
    by_day = func.coalesce(Subscription.next_bill_on, date.max)
    if after is not None:
        wanted = wanted.where(tuple_(by_day, Subscription.id) > after)
    rows = session.execute(wanted.order_by(by_day, Subscription.id).limit(limit + 1))
    return [Listed(*row) for row in rows]


def key_of(subscription: Subscription) -> tuple[date, int]:
    """Where a subscription stands in the order of `page`."""
    return subscription.next_bill_on or date.max, subscription.id


def counts(session: Session) -> dict[SubscriptionStatus, int]:
    """How many there are in each status."""
    rows = session.execute(select(Subscription.status, func.count()).group_by(Subscription.status))
    return dict(rows.all())


def subscribers(session: Session, plan_id: int) -> int:
    """How many live subscriptions have the plan now."""
    having = (
        select(func.count(func.distinct(Subscription.id)))
        .join(SubscriptionItem, SubscriptionItem.subscription_id == Subscription.id)
        .join(Price, Price.id == SubscriptionItem.price_id)
        .where(Price.plan_id == plan_id, SubscriptionItem.until_on.is_(None), Subscription.status.in_(LIVE))
    )
    return session.scalar(having) or 0


def _narrowed(wanted: Select[Subscription, Customer], filters: Filters) -> Select[Subscription, Customer]:
    if filters.statuses:
        wanted = wanted.where(Subscription.status.in_(filters.statuses))
    if filters.bill_from_on is not None:
        wanted = wanted.where(Subscription.next_bill_on >= filters.bill_from_on)
    if filters.bill_until_on is not None:
        wanted = wanted.where(Subscription.next_bill_on <= filters.bill_until_on)
    if filters.trial_ends_until_on is not None:
        wanted = wanted.where(
            Subscription.status == SubscriptionStatus.TRIALING,
            Subscription.trial_ends_on <= filters.trial_ends_until_on,
        )
    if filters.plan_ref:
        wanted = wanted.where(_has_plan(filters.plan_ref))
    if filters.has_change:
        pending = ScheduledChange.status == ScheduledChangeStatus.PENDING
        wanted = wanted.where(exists().where(ScheduledChange.subscription_id == Subscription.id, pending))
    if filters.words:
        pattern = f"%{filters.words.lower().replace('%', '').replace('_', ' ').strip()}%"
        named = or_(func.lower(Customer.name).like(pattern), func.lower(Customer.email).like(pattern))
        wanted = wanted.where(or_(named, Subscription.ref == filters.words, Customer.external_id == filters.words))
    return wanted


def _has_plan(plan_ref: str) -> ColumnElement[bool]:
    return exists().where(
        SubscriptionItem.subscription_id == Subscription.id,
        SubscriptionItem.until_on.is_(None),
        Price.id == SubscriptionItem.price_id,
        Plan.id == Price.plan_id,
        Plan.ref == plan_ref,
    )


def _is(key: int | str) -> ColumnElement[bool]:
    return Subscription.id == key if isinstance(key, int) else Subscription.ref == key


def _found(subscription: Subscription | None) -> Subscription:
    if subscription is None:
        raise NotFound("There is no such subscription.")
    return subscription
