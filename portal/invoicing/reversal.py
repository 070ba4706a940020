"""Taking an invoice back: void it, write it off, or credit what was not used. Callers hold the customer's lock."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.balance import ledger
from portal.core.business import Business
from portal.core.days import day
from portal.core.errors import Refused
from portal.core.money import Money
from portal.invoicing import lifecycle, note_drafts, notes, overflow, queries
from portal.invoicing.drafts import Draft
from portal.invoicing.models import CreditNote, Invoice, InvoiceLine
from portal.invoicing.note_drafts import Drawn, Places
from portal.invoicing.overflow import Part
from portal.invoicing.states import InvoiceEvent, LineKind, NoteCause
from portal.journal import posting
from portal.journal.accounts import Entry, JournalEvent, PostedLine, entries, voided
from portal.journal.models import JournalEntry


class SomethingPaid(Refused):
    """Money was collected on the invoice, so it cannot be voided; credit it instead. Nothing was changed."""

    code = "invoice_partly_paid"


def void(session: Session, invoice: Invoice, *, business: Business, at: datetime) -> bool:
    """Take the whole invoice back. What the balance paid of it goes back to the balance; False if it was void.

    Raises SomethingPaid where money was collected on it, MoveRefused where it is paid or written off.
    """
    if not is_voidable(session, invoice):
        raise SomethingPaid("Something was paid on this invoice, so it cannot be voided. Nothing was changed.")
    from_balance = applied_from_balance(session, invoice)
    posted = void_postings(session, invoice, from_balance)
    invoice.paid_minor -= from_balance.minor
    if not lifecycle.move(invoice, InvoiceEvent.VOIDED, at=at):
        return False
    _post(session, posted, invoice.customer_id, invoice.ref, business, at)
    ledger.add(session, invoice.customer_id, from_balance)
    return True


def is_voidable(session: Session, invoice: Invoice) -> bool:
    """Was nothing collected on it, and nothing of it credited? What the balance paid goes back there."""
    return invoice.paid_minor <= applied_from_balance(session, invoice).minor and not invoice.noted_minor


def void_postings(session: Session, invoice: Invoice, from_balance: Money) -> list[Entry]:
    """What voiding it posts, `from_balance` of it going back there."""
    lines = queries.lines_of(session, [invoice.id])
    return [*voided(_posted(session, invoice, lines)), *entries(JournalEvent.BALANCE_UNAPPLIED, from_balance)]


def applied_from_balance(session: Session, invoice: Invoice) -> Money:
    """What the customer's balance pays of the invoice."""
    rows = session.execute(
        select(JournalEntry.event, func.sum(JournalEntry.amount_minor))
        .where(
            JournalEntry.document == invoice.ref,
            JournalEntry.event.in_([JournalEvent.BALANCE_APPLIED, JournalEvent.BALANCE_UNAPPLIED]),
        )
        .group_by(JournalEntry.event)
    )
    sums = {event: int(minor) for event, minor in rows}
    applied = sums.get(JournalEvent.BALANCE_APPLIED, 0) - sums.get(JournalEvent.BALANCE_UNAPPLIED, 0)
    return Money(applied, invoice.currency)


def write_off(session: Session, invoice: Invoice, *, business: Business, at: datetime) -> Money:
    """Give up what is open; returns it. Late money takes the write-off back."""
    given_up = Money(invoice.open_minor, invoice.currency)
    if lifecycle.move(invoice, InvoiceEvent.WRITTEN_OFF, at=at):
        invoice.written_off_minor += given_up.minor
        posted = entries(JournalEvent.INVOICE_WRITTEN_OFF, given_up)
        _post(session, posted, invoice.customer_id, invoice.ref, business, at)
    return given_up


def credit_to_balance(
    session: Session, draft: Draft, *, reason: str, business: Business, at: datetime
) -> list[CreditNote]:
    """Issue what a rule gives back (the returning lines of `draft`) as credit notes to the balance, one per invoice.

    What is still open on the invoice is lowered first: nobody gets money back that was never paid.
    """
    returned = [(place, line) for place, line in enumerate(draft.lines) if line.returns_line_id is not None]
    line_ids = [line.returns_line_id for _, line in returned if line.returns_line_id is not None]
    issued_lines = {line.id: line for line in session.scalars(select(InvoiceLine).where(InvoiceLine.id.in_(line_ids)))}
    parts: dict[int, list[Part]] = {}
    for _, line in returned:
        if line.returns_line_id is not None:
            part = Part(line.returns_line_id, line.kind is LineKind.TAX, -line.amount.minor, dict(line.derivation))
            parts.setdefault(issued_lines[line.returns_line_id].invoice_id, []).append(part)
    made = []
    for invoice_id, own in sorted(overflow.fitted(session, parts).items()):
        if sum(part.minor for part in own) > 0:
            invoice = session.get_one(Invoice, invoice_id)
            made.append(_note(session, invoice, own, reason=reason, business=business, at=at))
    return made


def _note(
    session: Session, invoice: Invoice, parts: Sequence[Part], *, reason: str, business: Business, at: datetime
) -> CreditNote:
    total = Money(sum(part.minor for part in parts), invoice.currency)
    to_invoice = min(total, invoice.open)
    places = Places(to_invoice, total - to_invoice, Money.zero(invoice.currency))
    note = note_drafts.blank(invoice, at=at)
    note_drafts.fill(note, Drawn(parts, places, NoteCause.RULE, reason))
    notes.issue(session, invoice, note, parts, business=business, at=at)
    note_drafts.write_lines(session, note, parts)
    return note


def _posted(session: Session, invoice: Invoice, lines: Sequence[InvoiceLine]) -> list[PostedLine]:
    waiting = notes.deferred(session, [line.id for line in lines])
    return [
        PostedLine(
            line.id,
            Money(line.amount_minor, invoice.currency),
            is_tax=line.kind == LineKind.TAX,
            deferred=Money(abs(waiting.get(line.id, 0)), invoice.currency),
        )
        for line in lines
    ]


def _post(
    session: Session, moved: Iterable[Entry], customer_id: int, document: str, business: Business, at: datetime
) -> None:
    on = day(at, business.zone)
    posting.post(session, moved, on=on, at=at, customer_id=customer_id, document=document)
