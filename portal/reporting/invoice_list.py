"""The staff's list of invoices: rows, how many there are behind each tab, and what the filtered ones come to."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, CompoundSelect, and_, func, literal_column, or_, select, union_all
from sqlalchemy.orm import Session

from portal.core.keyset import AnySelect, Order, Sheet, order_of, sheet
from portal.core.money import Money
from portal.customers.models import Customer
from portal.dunning.models import DunningCase, DunningDebt
from portal.invoicing.models import Invoice
from portal.payments.models import Attempt
from portal.payments.states import LIVE
from portal.subscriptions.models import Subscription

TABS = ("all", "draft", "open", "overdue", "paid", "void", "written_off")
MOST_COUNTED = 10_000
ORDERS = {
    "issued": Order(func.coalesce(Invoice.issued_on, date.max), Invoice.id, date),
    "due": Order(func.coalesce(Invoice.due_on, date.max), Invoice.id, date),
    "total": Order(Invoice.total_minor, Invoice.id, int),
}
FIRST_SORTS = {"overdue": "due", "open": "due"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """`words`: a number or a customer's name. Days are of issue, both ends included."""

    tab: str = "all"
    currency: str = ""
    words: str = ""
    customer_ref: str = ""
    subscription_ref: str = ""
    from_on: date | None = None
    until_on: date | None = None


@dataclass(frozen=True, slots=True)
class Sums:
    """Of the filtered invoices: how many (at most MOST_COUNTED are looked at), totals and what is open, by currency."""

    count: int
    totals: list[Money]
    opens: list[Money]

    @property
    def is_capped(self) -> bool:
        return self.count > MOST_COUNTED


def page(
    session: Session, filters: Filters, *, today: date, sort: str = "", places: Mapping[str, str], limit: int
) -> Sheet:
    """Rows with what the list shows: the invoice, its customer, its step on the ladder, its live attempt."""
    order = order_of(ORDERS, sort or FIRST_SORTS.get(filters.tab, "-issued"))
    wanted = _page(filters, today)
    return sheet(session, wanted, order, after=places["after"], before=places["before"], limit=limit)


@lru_cache(maxsize=64)
def _page(filters: Filters, today: date) -> AnySelect:
    wanted = (
        select(
            Invoice.ref, Invoice.label, Invoice.kind, Invoice.status, Invoice.currency, Invoice.issued_on,
            Invoice.due_on, Invoice.total_minor, Invoice.open_minor, Invoice.paid_minor, Invoice.credited_minor,
            Customer.name.label("customer"), Customer.ref.label("customer_ref"), Customer.parked_at,
            DunningDebt.step, DunningDebt.is_hard, DunningCase.ref.label("case_ref"),
            DunningCase.status.label("case_status"), DunningCase.next_action_at.label("case_acts_at"),
            DunningCase.paused_until, Attempt.status.label("attempt_status"),
        )
        .join(Customer, Customer.id == Invoice.customer_id)
        .outerjoin(DunningDebt, and_(DunningDebt.invoice_id == Invoice.id, DunningDebt.closed_at.is_(None)))
        .outerjoin(DunningCase, DunningCase.id == DunningDebt.case_id)
        .outerjoin(Attempt, and_(Attempt.invoice_id == Invoice.id, Attempt.status.in_(LIVE)))
    )  # fmt: skip
    return _narrowed(wanted, filters, today)


def sums(session: Session, filters: Filters, *, today: date, count: int) -> Sums:
    """`count` as `counts` found it: of more than are looked at there is no sum to tell."""
    if count > MOST_COUNTED:
        return Sums(count, [], [])
    found = session.execute(_sums(filters, today)).all()
    return Sums(
        sum(row[1] for row in found),
        [Money(int(row[2]), row[0]) for row in found],
        [Money(int(row[3]), row[0]) for row in found if row[3]],
    )


@lru_cache(maxsize=64)
def _sums(filters: Filters, today: date) -> AnySelect:
    rows = _customers_if_asked(select(Invoice.currency, Invoice.total_minor, Invoice.open_minor), filters)
    counted = _narrowed(rows, filters, today).limit(MOST_COUNTED + 1).subquery()
    return (
        select(counted.c.currency, func.count(), func.sum(counted.c.total_minor), func.sum(counted.c.open_minor))
        .group_by(counted.c.currency)
        .order_by(counted.c.currency)
    )


def counts(session: Session, filters: Filters, *, today: date) -> dict[str, int]:
    """How many invoices each tab would show with the other filters as they are; none beyond MOST_COUNTED."""
    return {row[0]: row[1] for row in session.execute(_counts(replace(filters, tab="all"), today))}


@lru_cache(maxsize=64)
def _counts(filters: Filters, today: date) -> CompoundSelect[*tuple[Any, ...]]:
    parts: list[AnySelect] = []
    for tab in TABS:
        rows = _narrowed(_customers_if_asked(select(Invoice.id).select_from(Invoice), filters), filters, today, tab)
        capped = rows.limit(MOST_COUNTED + 1).subquery()
        parts.append(select(literal_column(f"'{tab}'").label("tab"), func.count()).select_from(capped))
    return union_all(*parts)


def _customers_if_asked(rows: AnySelect, filters: Filters) -> AnySelect:
    """Counting reads no customer that no filter is about: with them it would read all of a large book."""
    is_asked = filters.words or filters.customer_ref
    return rows.join(Customer, Customer.id == Invoice.customer_id) if is_asked else rows


def _narrowed(wanted: AnySelect, filters: Filters, today: date, tab: str = "") -> AnySelect:
    condition = _of_tab(tab or filters.tab, today)
    if condition is not None:
        wanted = wanted.where(condition)
    if filters.currency:
        wanted = wanted.where(Invoice.currency == filters.currency)
    if filters.customer_ref:
        wanted = wanted.where(Customer.ref == filters.customer_ref)
    if filters.subscription_ref:
        owner = select(Subscription.id).where(Subscription.ref == filters.subscription_ref).scalar_subquery()
        wanted = wanted.where(Invoice.subscription_id == owner)
    if filters.from_on:
        wanted = wanted.where(Invoice.issued_on >= filters.from_on)
    if filters.until_on:
        wanted = wanted.where(Invoice.issued_on <= filters.until_on)
    if filters.words:
        wanted = wanted.where(_about(filters.words))
    return wanted


def _of_tab(tab: str, today: date) -> ColumnElement[bool] | None:
    """Statuses are written out, so that the planner sees the partial indexes behind them."""
    written = {
        "draft": literal_column("invoices.status = 'draft'"),
        "open": literal_column("invoices.status = 'issued'"),
        "overdue": and_(literal_column("invoices.status = 'issued'"), Invoice.due_on < today),
        "paid": literal_column("invoices.status = 'paid'"),
        "void": literal_column("invoices.status = 'void'"),
        "written_off": literal_column("invoices.status = 'written_off'"),
    }
    return written.get(tab)


def _about(words: str) -> ColumnElement[bool]:
    """A whole number of an invoice, or a part of its customer's name or mail."""
    pattern = f"%{words.lower().replace('%', '').replace('_', ' ')}%"
    named = or_(func.lower(Customer.name).like(pattern), func.lower(Customer.email).like(pattern))
    return or_(Invoice.label == words.upper(), Invoice.ref == words, named)
