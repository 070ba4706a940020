"""Reminders of invoices that the customer pays by themselves, up to the due day. Steps; none commits."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core import outbox
from portal.core.business import Business
from portal.core.days import day
from portal.customers.models import Customer
from portal.dunning import cases
from portal.dunning.models import DunningPolicy
from portal.dunning.policy import next_reminder_at
from portal.invoicing import lifecycle
from portal.invoicing.models import Invoice


def plan(session: Session, invoice_ids: Sequence[int], *, business: Business, at: datetime) -> None:
    """Let each of these wait for its first reminder, or for being overdue."""
    if not invoice_ids:
        return
    rows = session.execute(
        select(Invoice, Customer)
        .join(Customer, Customer.id == Invoice.customer_id)
        .where(Invoice.id.in_(list(invoice_ids)))
    )
    for invoice, customer in rows:
        invoice.next_action_at = _next_at(session, invoice, customer, business, at)


def remind(session: Session, invoice: Invoice, customer: Customer, *, business: Business, at: datetime) -> None:
    """Have the reminder of the day sent, and wait for the next."""
    on = day(at, customer.zone)
    outbox.post(session, "invoice.reminded", at=at, customer_id=customer.id, invoice=invoice.ref, on=on.isoformat())
    invoice.next_action_at = _next_at(session, invoice, customer, business, at)


def pass_over(session: Session, invoice: Invoice, customer: Customer, *, business: Business, at: datetime) -> None:
    """Send nothing today, and wait for the next."""
    invoice.next_action_at = _next_at(session, invoice, customer, business, at)


def _next_at(session: Session, invoice: Invoice, customer: Customer, business: Business, at: datetime) -> datetime:
    assert invoice.due_on is not None  # an issued invoice has a due day  # noqa: S101
    ladder = cases.ladder_of(session.scalars(select(DunningPolicy).where(DunningPolicy.is_default)).one())
    today = day(at, customer.zone)
    reminder_at = next_reminder_at(ladder, invoice.due_on, today, business.run_hour, customer.zone)
    return reminder_at or lifecycle.overdue_from(invoice, customer)
