"""Giving up what is open on an invoice. Steps; the caller holds the customer's lock and commits."""

from datetime import datetime

from sqlalchemy.orm import Session

from portal.actions import _changing, _clearing, _voiding
from portal.actions._changing import ChargeInDoubt
from portal.actions._deeds import Change, Content, Deed, nothing_waits
from portal.core import audit, outbox
from portal.core import business as businesses
from portal.core.actors import Actor
from portal.core.errors import Refused
from portal.core.money import Money
from portal.dunning import cases
from portal.dunning.states import CaseEvent
from portal.identity.models import Approval
from portal.invoicing import queries, reversal
from portal.invoicing.models import Invoice
from portal.invoicing.states import InvoiceStatus
from portal.journal.accounts import JournalEvent, entries

DEED = "invoice.write_off"


class NothingToWriteOff(Refused):
    """Only what is open on an issued invoice can be given up."""

    code = "nothing_to_write_off"


def require_open(session: Session, invoice: Invoice) -> None:
    """Raises NothingToWriteOff, ChargeInDoubt."""
    if invoice.status is not InvoiceStatus.ISSUED or not invoice.open_minor:
        raise NothingToWriteOff("Nothing is open on this invoice. Nothing was changed.")
    if _changing.is_in_doubt(session, invoice):
        raise ChargeInDoubt


def content_of(invoice: Invoice) -> Content:
    gone = Money(invoice.written_off_minor, invoice.currency)
    facts = {"invoice": invoice.ref, "number": invoice.label, "open": invoice.open_minor}
    changes = (
        Change("Open", invoice.open, Money.zero(invoice.currency)),
        Change("Written off", gone, gone + invoice.open),
    )
    return Content(invoice.open, facts, tuple(entries(JournalEvent.INVOICE_WRITTEN_OFF, invoice.open)), changes)


def content(session: Session, approval: Approval) -> Content | None:
    """None once it is not possible any more. While a charge is in doubt the decision has to wait: ChargeInDoubt."""
    invoice = queries.by_ref(session, approval.subject)
    session.refresh(invoice)
    try:
        require_open(session, invoice)
    except ChargeInDoubt:
        raise
    except Refused:
        return None
    return content_of(invoice)


def carry_out(session: Session, approval: Approval, actor: Actor, at: datetime) -> None:
    write_off(session, queries.by_ref(session, approval.subject), reason=approval.reason, actor=actor, at=at)


def foresee(session: Session, approval: Approval) -> Content:
    return content_of(queries.by_ref(session, approval.subject))


WRITE_OFF = Deed(content, carry_out, nothing_waits, foresee)


def write_off(session: Session, invoice: Invoice, *, reason: str, actor: Actor, at: datetime) -> Money:
    """It is collected and chased no more; money that comes all the same takes the write-off back for its amount."""
    _clearing.stop_collecting(session, [invoice.id], at=at)
    given_up = reversal.write_off(session, invoice, business=businesses.read(session), at=at)
    session.flush()
    cases.leave(session, [invoice.id], event=CaseEvent.STOPPED, at=at)
    outbox.post(session, "invoice.written_off", at=at, customer_id=invoice.customer_id, invoice=invoice.ref)
    audit.record(
        session, actor, "invoice.written_off", at=at, customer_id=invoice.customer_id, subject=invoice.ref,
        reason=reason, amount_minor=given_up.minor, currency=given_up.currency,
    )  # fmt: skip
    _voiding.let_go(session, invoice, reason="invoice written off", actor=actor, at=at)
    return given_up
