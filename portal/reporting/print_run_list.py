"""Print runs, and what waits for the next one."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.core.errors import NotFound
from portal.core.keyset import Order, Sheet, sheet
from portal.customers.models import Customer
from portal.invoicing.models import Invoice, PostLetter, PrintRun
from portal.invoicing.states import InvoiceStatus

MOST_SHOWN = 10
_ORDER = Order(PrintRun.id, PrintRun.id, int, is_falling=True)


def page(session: Session, *, places: Mapping[str, str], limit: int) -> Sheet:
    """The latest first."""
    columns = (
        PrintRun.id, PrintRun.ref, PrintRun.status, PrintRun.made_by, PrintRun.letters, PrintRun.pages,
        PrintRun.created_at, PrintRun.printed_at,
    )  # fmt: skip
    return sheet(session, select(*columns), _ORDER, after=places["after"], before=places["before"], limit=limit)


def waiting(session: Session) -> tuple[int, list[Any]]:
    """How many letters wait, and the oldest of them."""
    of_letters = (
        select(Invoice.ref, Invoice.label, Invoice.issued_on, Invoice.total_minor, Invoice.currency, Customer.name)
        .join(PostLetter, PostLetter.invoice_id == Invoice.id)
        .join(Customer, Customer.id == Invoice.customer_id)
        .where(PostLetter.print_run_id.is_(None), Invoice.status != InvoiceStatus.VOID)
    )
    count = session.scalar(select(func.count()).select_from(of_letters.subquery())) or 0
    return count, list(session.execute(of_letters.order_by(Invoice.id).limit(MOST_SHOWN)))


def by_ref(session: Session, ref: str) -> PrintRun:
    found = session.scalar(select(PrintRun).where(PrintRun.ref == ref))
    if found is None:
        raise NotFound("There is no such print run.")
    return found
