"""The staff's list of customers: rows with what they have and owe, narrowed and in pages."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, or_, select, text, true
from sqlalchemy.orm import Session

from portal.core.keyset import AnySelect, Order, Sheet, order_of, sheet
from portal.customers.models import Customer
from portal.invoicing.models import Invoice
from portal.invoicing.states import InvoiceStatus
from portal.subscriptions.models import Subscription
from portal.subscriptions.states import LIVE, SubscriptionStatus

MOST_COUNTED = 10_000
TABS = ("all", "overdue", "parked", "none")
ORDERS = {
    "created": Order(Customer.id, Customer.id, int),
    "name": Order(func.lower(Customer.name), Customer.id, str),
}

# From one country to the next by its index; DISTINCT would read every customer.
_COUNTRIES = text(
    """
    WITH RECURSIVE found AS (
        SELECT min(country) AS country FROM customers
         UNION ALL
        SELECT (SELECT min(c.country) FROM customers c WHERE c.country > f.country) FROM found f
         WHERE f.country IS NOT NULL)
    SELECT country FROM found WHERE country IS NOT NULL ORDER BY country
    """
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """`tab` none: without a live subscription. `status`: has a subscription in it."""

    tab: str = "all"
    words: str = ""
    country: str = ""
    currency: str = ""
    status: str = ""


def page(session: Session, filters: Filters, *, today: date, sort: str, places: Mapping[str, str], limit: int) -> Sheet:
    """Rows with the number of live subscriptions, the most pressing of their states, next bill, and what is open."""
    order = order_of(ORDERS, sort or "-created")
    wanted = _page(filters, today)
    return sheet(session, wanted, order, after=places["after"], before=places["before"], limit=limit)


@lru_cache(maxsize=64)
def _page(filters: Filters, today: date) -> AnySelect:
    owned, owed = _owned().lateral("owned"), _owed(today).lateral("owed")
    wanted = (
        select(
            Customer.ref, Customer.name, Customer.email, Customer.external_id, Customer.country, Customer.currency,
            Customer.parked_at, Customer.created_at, owned.c.live, owned.c.worst, owned.c.next_bill_on,
            owned.c.owned_currency, owed.c.open_minor, owed.c.overdue_minor, owed.c.owed_currency,
        )
        .select_from(Customer)
        .join(owned, true())
        .join(owed, true())
    )  # fmt: skip
    return _narrowed(wanted, filters, today)


def counts(session: Session, filters: Filters, *, today: date) -> dict[str, int]:
    """How many customers each tab would show with the other filters as they are; none beyond MOST_COUNTED.

    Who has no subscription is found by looking at everybody: in a large book only while that tab is shown.
    """
    row = session.execute(_counts(replace(filters, tab="all"), today, filters.tab)).one()
    return {tab: number for tab, number in row._mapping.items() if number is not None}


@lru_cache(maxsize=64)
def _counts(filters: Filters, today: date, shown: str) -> AnySelect:
    parts: dict[str, ColumnElement[Any]] = {}
    for tab in TABS:
        rows = _narrowed(select(Customer.id), filters, today, tab).limit(MOST_COUNTED + 1).subquery()
        parts[tab] = select(func.count()).select_from(rows).scalar_subquery()
    if shown != "none":
        parts["none"] = case((parts["all"] <= MOST_COUNTED, parts["none"]))
    return select(*(part.label(tab) for tab, part in parts.items()))


def countries(session: Session) -> list[str]:
    """Where customers are: what the filter offers."""
    return list(session.scalars(_COUNTRIES))


_PRESSING = (
    SubscriptionStatus.SUSPENDED,
    SubscriptionStatus.PAST_DUE,
    SubscriptionStatus.PENDING,
    SubscriptionStatus.PAUSED,
    SubscriptionStatus.TRIALING,
    SubscriptionStatus.ACTIVE,
)


def _owned() -> AnySelect:
    """Of one customer's live subscriptions: how many, the most pressing state, the next bill."""
    worst = func.coalesce(
        *(func.max(Subscription.status).filter(Subscription.status == status) for status in _PRESSING)
    )
    return (
        select(
            func.count().label("live"),
            worst.label("worst"),
            func.min(Subscription.next_bill_on).label("next_bill_on"),
            func.min(Subscription.currency).label("owned_currency"),
        )
        .where(Subscription.customer_id == Customer.id, Subscription.status.in_(LIVE))
        .correlate(Customer)
    )


def _owed(today: date) -> AnySelect:
    return (
        select(
            func.coalesce(func.sum(Invoice.open_minor), 0).label("open_minor"),
            func.coalesce(func.sum(Invoice.open_minor).filter(Invoice.due_on < today), 0).label("overdue_minor"),
            func.min(Invoice.currency).label("owed_currency"),
        )
        .where(Invoice.customer_id == Customer.id, Invoice.status == InvoiceStatus.ISSUED)
        .correlate(Customer)
    )


def _narrowed(wanted: AnySelect, filters: Filters, today: date, tab: str = "") -> AnySelect:
    condition = _of_tab(tab or filters.tab, today)
    if condition is not None:
        wanted = wanted.where(condition)
    if filters.country:
        wanted = wanted.where(Customer.country == filters.country)
    if filters.currency:
        wanted = wanted.where(Customer.currency == filters.currency)
    if filters.status:
        wanted = wanted.where(_has(Subscription.status == SubscriptionStatus(filters.status)))
    if filters.words:
        pattern = f"%{filters.words.lower().replace('%', '').replace('_', ' ')}%"
        named = or_(func.lower(Customer.name).like(pattern), func.lower(Customer.email).like(pattern))
        wanted = wanted.where(or_(named, Customer.ref == filters.words, Customer.external_id == filters.words))
    return wanted


def _of_tab(tab: str, today: date) -> ColumnElement[bool] | None:
    if tab == "parked":
        return Customer.parked_at.is_not(None)
    if tab == "none":
        return ~_has(Subscription.status.in_(LIVE))
    if tab == "overdue":
        late = and_(Invoice.customer_id == Customer.id, Invoice.status == InvoiceStatus.ISSUED, Invoice.due_on < today)
        return select(Invoice.id).where(late).correlate(Customer).exists()
    return None


def _has(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    owned = select(Subscription.id).where(Subscription.customer_id == Customer.id, condition)
    return owned.correlate(Customer).exists()
