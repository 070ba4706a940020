"""A customer's invoices a page at a time, with what they sum up to. Drafts are nobody's but ours."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple, TypeVarTuple

from sqlalchemy import ColumnElement, Select, extract, func, select
from sqlalchemy.orm import Session

from portal.core.money import Money
from portal.invoicing.models import Invoice
from portal.invoicing.states import InvoiceStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What the list is narrowed to. `state`: open, overdue, paid, void, written_off, or empty for all."""

    state: str = ""
    year: int | None = None
    number: str = ""


class Page(NamedTuple):
    """Invoices, the latest first; whether there are earlier and later ones than these."""

    invoices: Sequence[Invoice]
    has_newer: bool
    has_older: bool


class Totals(NamedTuple):
    """Of the filtered invoices in one currency: how many, invoiced (voided ones do not count), open, overdue."""

    number: int
    invoiced: Money
    open: Money
    overdue: Money


Columns = TypeVarTuple("Columns")

STATES = ("open", "overdue", "paid", "void", "written_off")


def page_of_customer(
    session: Session,
    customer_id: int,
    filters: Filters,
    *,
    today: date,
    older_than: int | None = None,
    newer_than: int | None = None,
    limit: int = 25,
) -> Page:
    """The page after or before the invoice with that id, the first one without either."""
    wanted = _narrowed(select(Invoice), customer_id, filters, today)
    if newer_than is not None:
        rows = list(session.scalars(wanted.where(Invoice.id > newer_than).order_by(Invoice.id).limit(limit + 1)))
        return Page(rows[:limit][::-1], has_newer=len(rows) > limit, has_older=True)
    if older_than is not None:
        wanted = wanted.where(Invoice.id < older_than)
    rows = list(session.scalars(wanted.order_by(Invoice.id.desc()).limit(limit + 1)))
    return Page(rows[:limit], has_newer=older_than is not None, has_older=len(rows) > limit)


def totals_of_customer(session: Session, customer_id: int, filters: Filters, *, today: date) -> list[Totals]:
    """By currency: a customer has one, but for what was before it was fixed."""
    is_overdue = (Invoice.status == InvoiceStatus.ISSUED) & (Invoice.due_on < today)
    sums = select(
        Invoice.currency,
        func.count(),
        func.sum(Invoice.total_minor).filter(Invoice.status != InvoiceStatus.VOID),
        func.sum(Invoice.open_minor),
        func.sum(Invoice.open_minor).filter(is_overdue),
    )
    rows = session.execute(
        _narrowed(sums, customer_id, filters, today).group_by(Invoice.currency).order_by(Invoice.currency)
    )
    return [
        Totals(number, *(Money(int(minor or 0), currency) for minor in (invoiced, left, overdue)))
        for currency, number, invoiced, left, overdue in rows
    ]


def years_of_customer(session: Session, customer_id: int) -> list[int]:
    """The years in which the customer was billed, the latest first."""
    year = extract("year", Invoice.issued_on)
    issued = select(year).where(Invoice.customer_id == customer_id, Invoice.status != InvoiceStatus.DRAFT)
    return [int(found) for found in session.scalars(issued.distinct().order_by(year.desc()))]


def _narrowed(wanted: Select[*Columns], customer_id: int, filters: Filters, today: date) -> Select[*Columns]:
    wanted = wanted.where(Invoice.customer_id == customer_id, Invoice.status != InvoiceStatus.DRAFT)
    if filters.state:
        wanted = wanted.where(_is(filters.state, today))
    if filters.year is not None:
        wanted = wanted.where(Invoice.issued_on >= date(filters.year, 1, 1))
        wanted = wanted.where(Invoice.issued_on < date(filters.year + 1, 1, 1))
    if filters.number:
        wanted = wanted.where(func.upper(Invoice.label).contains(filters.number.upper(), autoescape=True))
    return wanted


def _is(state: str, today: date) -> ColumnElement[bool]:
    if state == "open":
        return Invoice.status == InvoiceStatus.ISSUED
    if state == "overdue":
        return (Invoice.status == InvoiceStatus.ISSUED) & (Invoice.due_on < today)
    return Invoice.status == InvoiceStatus(state)
