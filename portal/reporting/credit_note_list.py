"""The staff's list of credit notes, and one of them with its invoice and the people who gave it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, and_, func, literal_column, or_, select, union_all
from sqlalchemy.orm import Session, aliased

from portal.core.errors import NotFound
from portal.core.keyset import AnySelect, Order, Sheet, order_of, sheet
from portal.core.money import Money
from portal.customers.models import Customer
from portal.identity.models import Approval, User
from portal.invoicing.models import CreditNote, CreditNoteLine, Invoice, InvoiceLine
from portal.payments.refund_models import Refund

TABS = ("all", "draft", "pending_approval", "issued", "rejected", "void")
MOST_COUNTED = 10_000
ORDERS = {
    "made": Order(CreditNote.id, CreditNote.id, int),
    "total": Order(CreditNote.total_minor, CreditNote.id, int),
}
_drafter, _approver = aliased(User), aliased(User)


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """`words`: a number of a note or an invoice, or a customer's name. Days are of issue, both ends included."""

    tab: str = "all"
    currency: str = ""
    words: str = ""
    customer_ref: str = ""
    cause: str = ""
    from_on: date | None = None
    until_on: date | None = None


@dataclass(frozen=True, slots=True)
class Sums:
    """Of the filtered notes, at most MOST_COUNTED of them."""

    count: int
    totals: list[Money]

    @property
    def is_capped(self) -> bool:
        return self.count > MOST_COUNTED


def page(session: Session, filters: Filters, *, sort: str, places: Mapping[str, str], limit: int) -> Sheet:
    wanted = (
        select(
            CreditNote.ref, CreditNote.label, CreditNote.status, CreditNote.cause, CreditNote.currency,
            CreditNote.issued_on, CreditNote.created_at, CreditNote.total_minor, CreditNote.to_invoice_minor,
            CreditNote.to_balance_minor, CreditNote.to_refund_minor, Invoice.label.label("invoice"),
            Invoice.ref.label("invoice_ref"), Customer.name.label("customer"), Customer.ref.label("customer_ref"),
            _drafter.name.label("drafter"), _approver.name.label("approver"),
        )
        .join(Invoice, Invoice.id == CreditNote.invoice_id)
        .join(Customer, Customer.id == CreditNote.customer_id)
        .outerjoin(_drafter, _drafter.id == CreditNote.drafted_by)
        .outerjoin(Approval, Approval.id == CreditNote.approval_id)
        .outerjoin(_approver, _approver.id == Approval.decided_by)
    )  # fmt: skip
    order = order_of(ORDERS, sort or "-made")
    narrowed = _narrowed(wanted, filters)
    return sheet(session, narrowed, order, after=places["after"], before=places["before"], limit=limit)


def sums(session: Session, filters: Filters) -> Sums:
    rows = _narrowed(_plain(CreditNote.currency, CreditNote.total_minor), filters).limit(MOST_COUNTED + 1).subquery()
    found = session.execute(
        select(rows.c.currency, func.count(), func.sum(rows.c.total_minor))
        .group_by(rows.c.currency)
        .order_by(rows.c.currency)
    ).all()
    return Sums(sum(row[1] for row in found), [Money(int(row[2]), row[0]) for row in found])


def counts(session: Session, filters: Filters) -> dict[str, int]:
    """How many each tab would show with the other filters as they are; none beyond MOST_COUNTED."""
    parts: list[AnySelect] = []
    for tab in TABS:
        capped = _narrowed(_plain(CreditNote.id), filters, tab).limit(MOST_COUNTED + 1).subquery()
        parts.append(select(literal_column(f"'{tab}'").label("tab"), func.count()).select_from(capped))
    return {row[0]: row[1] for row in session.execute(union_all(*parts))}


def with_surroundings(session: Session, ref: str) -> Any:
    """The note and its invoice as entities, with its customer, the people, what waits, and its refund."""
    waiting = aliased(Approval, name="waiting")
    row = session.execute(
        select(
            CreditNote, Invoice, Customer.name.label("customer"), Customer.ref.label("customer_ref"),
            Customer.language, _drafter.name.label("drafter"), _approver.name.label("approver"),
            Approval.decided_at, waiting, Refund.ref.label("refund_ref"),
            Refund.status.label("refund_status"),
        )
        .join(Invoice, Invoice.id == CreditNote.invoice_id)
        .join(Customer, Customer.id == CreditNote.customer_id)
        .outerjoin(_drafter, _drafter.id == CreditNote.drafted_by)
        .outerjoin(Approval, Approval.id == CreditNote.approval_id)
        .outerjoin(_approver, _approver.id == Approval.decided_by)
        .outerjoin(waiting, and_(waiting.subject == CreditNote.ref, waiting.decision.is_(None)))
        .outerjoin(Refund, Refund.credit_note_id == CreditNote.id)
        .where(CreditNote.ref == ref)
    ).first()  # fmt: skip
    if row is None:
        raise NotFound("There is no such credit note.")
    return row


def lines(session: Session, note_id: int) -> list[tuple[CreditNoteLine, InvoiceLine]]:
    """The lines of the note with the invoice lines they take back of, in the order of the paper."""
    rows = session.execute(
        select(CreditNoteLine, InvoiceLine)
        .join(InvoiceLine, InvoiceLine.id == CreditNoteLine.invoice_line_id)
        .where(CreditNoteLine.credit_note_id == note_id)
        .order_by(CreditNoteLine.position)
    )
    return [(row[0], row[1]) for row in rows]


def of_invoice(session: Session, invoice_id: int) -> list[CreditNote]:
    """Every note of the invoice, drafts among them, the latest first."""
    return list(
        session.scalars(select(CreditNote).where(CreditNote.invoice_id == invoice_id).order_by(CreditNote.id.desc()))
    )


def _plain(*columns: Any) -> AnySelect:
    return (
        select(*columns)
        .select_from(CreditNote)
        .join(Invoice, Invoice.id == CreditNote.invoice_id)
        .join(Customer, Customer.id == CreditNote.customer_id)
    )


def _narrowed(wanted: AnySelect, filters: Filters, tab: str = "") -> AnySelect:
    status = tab or filters.tab
    conditions: list[ColumnElement[bool]] = []
    if status != "all":
        conditions.append(literal_column(f"credit_notes.status = '{status}'"))
    if filters.currency:
        conditions.append(CreditNote.currency == filters.currency)
    if filters.customer_ref:
        conditions.append(Customer.ref == filters.customer_ref)
    if filters.cause:
        conditions.append(CreditNote.cause == filters.cause)
    if filters.from_on:
        conditions.append(CreditNote.issued_on >= filters.from_on)
    if filters.until_on:
        conditions.append(CreditNote.issued_on <= filters.until_on)
    if filters.words:
        conditions.append(_about(filters.words))
    return wanted.where(*conditions)


def _about(words: str) -> ColumnElement[bool]:
    pattern = f"%{words.lower().replace('%', '').replace('_', ' ')}%"
    number = words.upper()
    return or_(CreditNote.label == number, Invoice.label == number, func.lower(Customer.name).like(pattern))
