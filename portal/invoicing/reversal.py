"""Taking an invoice back: void it, write it off, or credit what was not used. Callers hold the customer's lock."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.balance import ledger
from portal.core.bulk import insert_rows
from portal.core.business import Business
from portal.core.days import day
from portal.core.errors import Refused
from portal.core.ids import public_ref
from portal.core.money import Money
from portal.invoicing import lifecycle, numbering, overflow, queries
from portal.invoicing.drafts import Draft
from portal.invoicing.models import CreditNote, CreditNoteLine, Invoice, InvoiceLine
from portal.invoicing.overflow import Part
from portal.invoicing.states import InvoiceEvent, LineKind
from portal.journal import posting
from portal.journal.accounts import Account, Entry, JournalEvent, PostedLine, credited, entries, voided
from portal.journal.models import JournalEntry


class SomethingPaid(Refused):
    """Money was collected on the invoice, so it cannot be voided; credit it instead. Nothing was changed."""

    code = "invoice_partly_paid"


def void(session: Session, invoice: Invoice, *, business: Business, at: datetime) -> bool:
    """Take the whole invoice back. What the balance paid of it goes back to the balance; False if it was void.

    Raises SomethingPaid where money was collected on it, MoveRefused where it is paid or written off.
    """
    from_balance = _applied_from_balance(session, invoice)
    if invoice.paid_minor > from_balance.minor or invoice.noted_minor:
        raise SomethingPaid("Something was paid on this invoice, so it cannot be voided. Nothing was changed.")
    invoice.paid_minor -= from_balance.minor
    if not lifecycle.move(invoice, InvoiceEvent.VOIDED, at=at):
        return False
    lines = queries.lines_of(session, [invoice.id])
    posted = voided(_posted(session, invoice, lines, [line.amount_minor for line in lines]))
    posted += entries(JournalEvent.BALANCE_UNAPPLIED, from_balance)
    _post(session, posted, invoice.customer_id, invoice.ref, business, at)
    ledger.add(session, invoice.customer_id, from_balance)
    return True


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
    notes = []
    for invoice_id, own in sorted(overflow.fitted(session, parts).items()):
        if sum(part.minor for part in own) > 0:
            invoice = session.get_one(Invoice, invoice_id)
            notes.append(_note(session, invoice, own, reason=reason, business=business, at=at))
    return notes


def _note(
    session: Session,
    invoice: Invoice,
    parts: Sequence[Part],
    *,
    reason: str,
    business: Business,
    at: datetime,
) -> CreditNote:
    on = day(at, business.zone)
    total = sum(part.minor for part in parts)
    tax = sum(part.minor for part in parts if part.is_tax)
    to_invoice = min(total, invoice.open_minor)
    series = numbering.series_on("credit_note", on)
    number = numbering.take(session, series, 1)[0]
    note = CreditNote(
        ref=public_ref("cn"), customer_id=invoice.customer_id, invoice_id=invoice.id, status="issued",
        series=series, number=number, label=numbering.label(series, number), reason=reason,
        currency=invoice.currency, issued_on=on, net_minor=total - tax, tax_minor=tax, total_minor=total,
        to_invoice_minor=to_invoice, to_balance_minor=total - to_invoice, to_refund_minor=0,
        parties=invoice.parties, created_at=at,
    )  # fmt: skip
    session.add(note)
    session.flush()
    insert_rows(
        session,
        CreditNoteLine,
        [
            {
                "credit_note_id": note.id,
                "position": place,
                "invoice_line_id": part.line_id,
                "amount_minor": part.minor,
                "derivation": part.derivation,
            }
            for place, part in enumerate(parts, 1)
        ],
    )
    _settle_note(session, invoice, note, parts, business, at)
    return note


def _settle_note(
    session: Session,
    invoice: Invoice,
    note: CreditNote,
    parts: Sequence[Part],
    business: Business,
    at: datetime,
) -> None:
    to_balance = Money(note.to_balance_minor, note.currency)
    recognised = _recognised(session, [part.line_id for part in parts])
    sold = {line.id: line.amount_minor for line in queries.lines_of(session, [invoice.id])}
    posted = [
        PostedLine(
            part.line_id,
            Money(part.minor, note.currency),
            is_tax=part.is_tax,
            deferred=Money(max(abs(sold[part.line_id]) - abs(recognised.get(part.line_id, 0)), 0), note.currency),
        )
        for part in parts
    ]
    moved = credited(posted, to_balance=to_balance, to_refund=Money.zero(note.currency))
    _post(session, moved, invoice.customer_id, note.ref, business, at)
    invoice.noted_minor += note.total_minor
    invoice.credited_minor += note.to_invoice_minor
    session.flush()
    if note.to_invoice_minor:
        lifecycle.mark_paid(invoice, Money.zero(invoice.currency), at=at)
    ledger.add(session, invoice.customer_id, to_balance)


def _posted(
    session: Session, invoice: Invoice, lines: Sequence[InvoiceLine], amounts: Sequence[int]
) -> list[PostedLine]:
    recognised = _recognised(session, [line.id for line in lines])
    return [
        PostedLine(
            line.id,
            Money(minor, invoice.currency),
            is_tax=line.kind == LineKind.TAX,
            deferred=Money(abs(line.amount_minor) - abs(recognised.get(line.id, 0)), invoice.currency),
        )
        for line, minor in zip(lines, amounts, strict=True)
    ]


def _recognised(session: Session, line_ids: Sequence[int]) -> dict[int, int]:
    """How much of each line has become revenue, in minor units; swapped entries of negative lines count against it."""
    rows = session.execute(
        select(JournalEntry.line_id, JournalEntry.credit, func.sum(JournalEntry.amount_minor))
        .where(JournalEntry.line_id.in_(list(line_ids)), JournalEntry.event == JournalEvent.REVENUE_RECOGNISED)
        .group_by(JournalEntry.line_id, JournalEntry.credit)
    )
    sums: dict[int, int] = {}
    for line_id, credit, minor in rows:
        amount = int(minor) if credit == Account.REVENUE else -int(minor)
        sums[line_id or 0] = sums.get(line_id or 0, 0) + amount
    return sums


def _applied_from_balance(session: Session, invoice: Invoice) -> Money:
    applied = session.scalar(
        select(func.coalesce(func.sum(JournalEntry.amount_minor), 0)).where(
            JournalEntry.document == invoice.ref, JournalEntry.event == JournalEvent.BALANCE_APPLIED
        )
    )
    return Money(int(applied or 0), invoice.currency)


def _post(
    session: Session, moved: Iterable[Entry], customer_id: int, document: str, business: Business, at: datetime
) -> None:
    on = day(at, business.zone)
    posting.post(session, moved, on=on, at=at, customer_id=customer_id, document=document)
