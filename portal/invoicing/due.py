"""The clock's way to invoices: claim one whose time has come, with its customer."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from portal.invoicing.models import Invoice

_CLAIM = text(
    """
    SELECT i.id, i.customer_id FROM invoices i JOIN customers c ON c.id = i.customer_id
     WHERE i.next_action_at <= :at AND c.parked_at IS NULL
     ORDER BY i.next_action_at, i.id LIMIT 1 FOR NO KEY UPDATE OF c SKIP LOCKED
    """
)


@dataclass(frozen=True, slots=True)
class Claimed:
    invoice_id: int
    customer_id: int


def claim(session: Session, at: datetime) -> Claimed | None:
    """Lock the customer of the invoice that has waited longest, if nobody else has it. Parked ones are passed over."""
    row = session.execute(_CLAIM, {"at": at}).first()
    return Claimed(row[0], row[1]) if row is not None else None


def still_due(session: Session, claimed: Claimed, at: datetime) -> Invoice | None:
    """The invoice as it is under the lock. None: another worker was faster."""
    invoice = session.get_one(Invoice, claimed.invoice_id, populate_existing=True)
    return invoice if invoice.next_action_at is not None and invoice.next_action_at <= at else None
