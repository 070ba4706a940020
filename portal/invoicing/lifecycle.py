"""From draft to issued, paid, void or written off. The only writer of an invoice's status.

Callers hold the customer's lock. Issuing takes any number of drafts, so that a renewal run writes lists.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from portal.balance import ledger
from portal.core.bulk import insert_rows, take_ids
from portal.core.business import Business
from portal.core.days import day, midnight
from portal.core.ids import public_ref
from portal.core.money import Money
from portal.customers.models import Customer
from portal.invoicing import numbering, references
from portal.invoicing.drafts import Draft, DraftLine
from portal.invoicing.models import Invoice, InvoiceLine
from portal.invoicing.states import INVOICE, InvoiceEvent, InvoiceKind, InvoiceStatus, LineKind
from portal.journal import posting
from portal.journal.accounts import JournalEvent, PostedLine, entries, issued
from portal.journal.recognition import first_on

WRITTEN = ("status", "paid_minor", "written_off_minor", "closed_at", "next_action_at")
"""The columns that money changes."""

LAPSING = frozenset({InvoiceKind.FIRST, InvoiceKind.CHANGE})


@dataclass(frozen=True, slots=True)
class Order:
    """One draft to be issued, and how: due `due_days` after the day of issue, by transfer to the account `pay_to`."""

    draft: Draft
    customer: Customer
    due_days: int = 0
    quote_id: int | None = None
    change_id: int | None = None
    run_id: int | None = None
    next_action_at: datetime | None = None
    pay_to: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Issued:
    """What was issued; `open` is what the balance did not cover."""

    invoice_id: int
    ref: str
    customer_id: int
    subscription_id: int | None
    kind: InvoiceKind
    period_start_on: date | None
    total: Money
    open: Money


Spending = Callable[[Money, Money], Money]
"""How much of a balance to spend on what is owed: `(balance, owed) -> part of the balance`."""


def issue(session: Session, order: Order, *, business: Business, spending: Spending, at: datetime) -> Issued:
    return issue_all(session, [order], business=business, spending=spending, at=at)[0]


def issue_all(
    session: Session, orders: Sequence[Order], *, business: Business, spending: Spending, at: datetime
) -> list[Issued]:
    """Number, freeze and post each draft; spend balances on them. Everything was priced and checked before.

    The numbers are taken when only inserts follow. An invoice that the balance covers is paid at once.
    """
    if not orders:
        return []
    on = day(at, business.zone)
    spent, changes = _spend(session, orders, spending)
    ids = take_ids(session, Invoice, len(orders))
    line_ids = take_ids(session, InvoiceLine, sum(len(order.draft.lines) for order in orders))
    series = numbering.series_on("invoice", on)
    numbers = numbering.take(session, series, len(orders))
    seller = _seller(business)
    rows, lines, posted, made = [], [], [], []
    taken = iter(line_ids)
    for invoice_id, number, order, part in zip(ids, numbers, orders, spent, strict=True):
        own_lines = [next(taken) for _ in order.draft.lines]
        row = _invoice_row(order, invoice_id, series, number, seller, on, part, at)
        rows.append(row)
        lines += _line_rows(order.draft, invoice_id, own_lines, on)
        moved = issued(_posted_lines(order.draft.lines, own_lines)) + entries(JournalEvent.BALANCE_APPLIED, part)
        posted += posting.rows(moved, on=on, at=at, customer_id=order.customer.id, document=row["ref"])
        made.append(_issued(order, row, part))
    insert_rows(session, Invoice, rows)
    insert_rows(session, InvoiceLine, lines)
    posting.post_rows(session, posted)
    ledger.add_all(session, changes)
    return made


def mark_paid(invoice: Invoice, paid: Money, *, at: datetime) -> bool:
    """Add what was paid; True when that settled the whole."""
    invoice.paid_minor += paid.minor
    if _left(invoice) or (invoice.status is InvoiceStatus.WRITTEN_OFF and invoice.written_off_minor):
        return False
    return move(invoice, InvoiceEvent.PAID, at=at)


def mark_unpaid(invoice: Invoice, taken_back: Money, *, at: datetime) -> bool:
    """Take off what had been paid; True when that opened a closed invoice again."""
    invoice.paid_minor -= taken_back.minor
    return bool(_left(invoice)) and move(invoice, InvoiceEvent.REOPENED, at=at)


def move(invoice: Invoice, event: InvoiceEvent, *, at: datetime) -> bool:
    """Take the event; False when it changes nothing. Closed invoices wait for nothing."""
    after = INVOICE.after(invoice.status, event)
    if after is None:
        return False
    invoice.status = after
    closes = after in (InvoiceStatus.PAID, InvoiceStatus.VOID, InvoiceStatus.WRITTEN_OFF)
    invoice.closed_at = at if closes else None
    if closes:
        invoice.next_action_at = None
    return True


def overdue_from(invoice: Invoice, customer: Customer) -> datetime:
    """The first instant at which the invoice is overdue: the day after its due day, where the customer is."""
    assert invoice.due_on is not None  # noqa: S101  (an issued invoice has a due day)
    return midnight(invoice.due_on + timedelta(days=1), customer.zone)


def _left(invoice: Invoice) -> int:
    """What is open, before the database has computed it."""
    return invoice.total_minor - invoice.paid_minor - invoice.credited_minor - invoice.written_off_minor


def _spend(
    session: Session, orders: Sequence[Order], spending: Spending
) -> tuple[list[Money], dict[tuple[int, str], int]]:
    """What each order takes of its customer's balance, and the sum of that per balance."""
    balances = ledger.of_customers(session, {order.customer.id for order in orders})
    changes: dict[tuple[int, str], int] = {}
    spent = []
    for order in orders:
        key = (order.customer.id, order.draft.currency)
        left = balances.get(key, Money.zero(order.draft.currency))
        part = spending(left, order.draft.total) if left.is_positive else Money.zero(order.draft.currency)
        if part.is_positive:
            balances[key] = left - part
            changes[key] = changes.get(key, 0) - part.minor
        spent.append(part)
    return spent, changes


def _invoice_row(
    order: Order,
    invoice_id: int,
    series: str,
    number: int,
    seller: dict[str, Any],
    on: date,
    spent: Money,
    at: datetime,
) -> dict[str, Any]:
    draft = order.draft
    due_on = day(at, order.customer.zone) + timedelta(days=order.due_days)
    waits_until = order.next_action_at or midnight(due_on + timedelta(days=1), order.customer.zone)
    label = numbering.label(series, number)
    row = {
        "id": invoice_id,
        "ref": public_ref("inv"),
        "customer_id": order.customer.id,
        "subscription_id": draft.subscription_id,
        "quote_id": order.quote_id,
        "scheduled_change_id": order.change_id,
        "run_id": order.run_id,
        "kind": draft.kind,
        "series": series,
        "number": number,
        "label": label,
        "currency": draft.currency,
        "period_number": draft.period_number,
        "period_start_on": draft.period.start if draft.period else None,
        "period_end_on": draft.period.end if draft.period else None,
        "issued_on": on,
        "due_on": due_on,
        "parties": _parties(order, seller),
        "payment_reference": references.payment_reference(series, number),
        "memo": draft.memo,
        "created_at": at,
        "issued_at": at,
    }
    return row | _standing(draft, spent, waits_until, at)


def _standing(draft: Draft, spent: Money, waits_until: datetime, at: datetime) -> dict[str, Any]:
    """Its sums, and whether the balance has paid it already."""
    is_paid = spent == draft.total
    return {
        "status": InvoiceStatus.PAID if is_paid else InvoiceStatus.ISSUED,
        "net_minor": draft.net.minor,
        "tax_minor": draft.tax.minor,
        "total_minor": draft.total.minor,
        "paid_minor": spent.minor,
        "credited_minor": 0,
        "noted_minor": 0,
        "written_off_minor": 0,
        "closed_at": at if is_paid else None,
        "next_action_at": None if is_paid else waits_until,
    }


def _line_rows(draft: Draft, invoice_id: int, line_ids: Sequence[int], on: date) -> list[dict[str, Any]]:
    return [
        {
            "id": line_ids[place],
            "invoice_id": invoice_id,
            "position": place + 1,
            "kind": line.kind,
            "parent_id": line_ids[line.parent] if line.parent is not None else line.returns_line_id,
            "item_id": line.item_id,
            "price_id": line.price_id,
            "tax_rate_id": line.tax_rate_id,
            "text": line.text,
            "quantity": line.quantity,
            "unit_minor": line.unit_minor,
            "amount_minor": line.amount.minor,
            "from_on": line.service.start if line.service else None,
            "until_on": line.service.end if line.service else None,
            "derivation": line.derivation,
            "recognise_on": _recognise_on(line, on),
        }
        for place, line in enumerate(draft.lines)
    ]


def _recognise_on(line: DraftLine, on: date) -> date | None:
    """When the first part of a line is earned; what has no days of service is earned on the day of issue."""
    if line.kind is LineKind.TAX or line.amount.is_zero:
        return None
    return first_on(line.service, on) if line.service else on


def _posted_lines(lines: Sequence[DraftLine], line_ids: Sequence[int]) -> list[PostedLine]:
    return [
        PostedLine(line_id, line.amount, is_tax=line.kind is LineKind.TAX)
        for line, line_id in zip(lines, line_ids, strict=True)
    ]


def _issued(order: Order, row: dict[str, Any], spent: Money) -> Issued:
    draft = order.draft
    return Issued(
        row["id"], row["ref"], order.customer.id, draft.subscription_id, draft.kind,
        row["period_start_on"], draft.total, draft.total - spent,
    )  # fmt: skip


def _seller(business: Business) -> dict[str, Any]:
    return {
        "name": business.name,
        "legal_name": business.legal_name,
        "address": business.address,
        "country": business.country,
        "tax_number": business.tax_number,
        "email": business.email,
    }


def _parties(order: Order, seller: dict[str, Any]) -> dict[str, Any]:
    parties = {"seller": seller, "buyer": _buyer(order), "treatments": sorted(order.draft.treatments)}
    return parties | ({"bank": dict(order.pay_to)} if order.pay_to else {})


def _buyer(order: Order) -> dict[str, Any]:
    customer = order.customer
    return {
        "name": customer.name,
        "address": customer.address,
        "country": customer.country,
        "tax_number": customer.tax_number,
        "email": customer.email,
        "language": customer.language,
    }
