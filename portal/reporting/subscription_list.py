"""The staff's list of subscriptions: rows, how many there are behind each tab, narrowed and in pages."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, CompoundSelect, and_, func, literal_column, or_, select, union_all
from sqlalchemy.orm import Session

from portal.catalogue.models import Plan, Price
from portal.core.keyset import AnySelect, Order, Sheet, order_of, sheet
from portal.customers.models import Customer
from portal.subscriptions.models import ScheduledChange, Subscription, SubscriptionItem
from portal.subscriptions.states import SubscriptionStatus

MOST_COUNTED = 10_000
TABS = ("all", "trialing", "active", "past_due", "suspended", "paused", "pending", "draft", "ended")
ORDERS = {
    "bill": Order(func.coalesce(Subscription.next_bill_on, date.max), Subscription.id, date),
    "created": Order(Subscription.id, Subscription.id, int),
    "customer": Order(func.lower(Customer.name), Subscription.id, str),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """Days are of the next bill, both ends included. `special`: ending, changing or push."""

    tab: str = "all"
    words: str = ""
    plan_ref: str = ""
    currency: str = ""
    special: str = ""
    customer_ref: str = ""
    from_on: date | None = None
    until_on: date | None = None


def page(session: Session, filters: Filters, *, sort: str, places: Mapping[str, str], limit: int) -> Sheet:
    """Rows with what the list shows; what each consists of comes with `items.baskets`, for the whole page at once."""
    order = order_of(ORDERS, sort or "bill")
    return sheet(session, _page(filters), order, after=places["after"], before=places["before"], limit=limit)


@lru_cache(maxsize=64)
def _page(filters: Filters) -> AnySelect:
    wanted = (
        select(
            Subscription.id.label("subscription_id"), Subscription.ref, Subscription.status, Subscription.currency,
            Subscription.collection, Subscription.interval_unit, Subscription.interval_count,
            Subscription.next_bill_on, Subscription.period_end_on, Subscription.trial_ends_on, Subscription.cancel_on,
            Subscription.pause_on, Subscription.resume_on, Subscription.ended_on, Subscription.created_at,
            Customer.name.label("customer"), Customer.parked_at, ScheduledChange.id.label("change_id"),
            ScheduledChange.on_day.label("change_on"),
        )
        .join(Customer, Customer.id == Subscription.customer_id)
        .outerjoin(
            ScheduledChange,
            and_(
                ScheduledChange.subscription_id == Subscription.id,
                literal_column("scheduled_changes.status = 'pending'"),
            ),
        )
    )  # fmt: skip
    return _narrowed(wanted, filters)


def counts(session: Session, filters: Filters) -> dict[str, int]:
    """How many each tab would show with the other filters as they are; none beyond MOST_COUNTED."""
    return {row[0]: row[1] for row in session.execute(_counts(replace(filters, tab="all")))}


@lru_cache(maxsize=64)
def _counts(filters: Filters) -> CompoundSelect[*tuple[Any, ...]]:
    parts: list[AnySelect] = []
    for tab in TABS:
        rows: AnySelect = select(Subscription.id).select_from(Subscription)
        if filters.words or filters.customer_ref:  # with customers that no filter is about, all would be read
            rows = rows.join(Customer, Customer.id == Subscription.customer_id)
        capped = _narrowed(rows, filters, tab).limit(MOST_COUNTED + 1).subquery()
        parts.append(select(literal_column(f"'{tab}'"), func.count()).select_from(capped))
    return union_all(*parts)


def _narrowed(wanted: AnySelect, filters: Filters, tab: str = "") -> AnySelect:
    condition = _of_tab(tab or filters.tab)
    if condition is not None:
        wanted = wanted.where(condition)
    if filters.currency:
        wanted = wanted.where(Subscription.currency == filters.currency)
    if filters.customer_ref:
        wanted = wanted.where(Customer.ref == filters.customer_ref)
    if filters.from_on:
        wanted = wanted.where(Subscription.next_bill_on >= filters.from_on)
    if filters.until_on:
        wanted = wanted.where(Subscription.next_bill_on <= filters.until_on)
    if filters.plan_ref:
        wanted = wanted.where(_has_plan(filters.plan_ref))
    if filters.special:
        wanted = wanted.where(_SPECIAL[filters.special])
    if filters.words:
        wanted = wanted.where(_about(filters.words))
    return wanted


def _of_tab(tab: str) -> ColumnElement[bool] | None:
    """Statuses are written out, so that the planner sees the partial index of the rare ones."""
    if tab == "all":
        return None
    if tab == "ended":
        return literal_column("subscriptions.status IN ('canceled', 'expired')")
    return literal_column(f"subscriptions.status = '{SubscriptionStatus(tab)}'")


def _has_plan(plan_ref: str) -> ColumnElement[bool]:
    having = (
        select(SubscriptionItem.id)
        .join(Price, Price.id == SubscriptionItem.price_id)
        .join(Plan, Plan.id == Price.plan_id)
        .where(
            SubscriptionItem.subscription_id == Subscription.id,
            SubscriptionItem.until_on.is_(None),
            Plan.ref == plan_ref,
        )
    )
    return having.correlate(Subscription).exists()


def _changing() -> ColumnElement[bool]:
    pending = and_(
        ScheduledChange.subscription_id == Subscription.id, literal_column("scheduled_changes.status = 'pending'")
    )
    return select(ScheduledChange.id).where(pending).correlate(Subscription).exists()


SPECIALS = ("ending", "changing", "push")
_SPECIAL: dict[str, ColumnElement[bool]] = {
    "ending": and_(Subscription.cancel_on.is_not(None), Subscription.ended_on.is_(None)),
    "changing": _changing(),
    "push": Subscription.collection == "push",
}


def _about(words: str) -> ColumnElement[bool]:
    pattern = f"%{words.lower().replace('%', '').replace('_', ' ')}%"
    named = or_(func.lower(Customer.name).like(pattern), func.lower(Customer.email).like(pattern))
    return or_(named, Subscription.ref == words, Customer.external_id == words)
