"""Credit notes from draft to issued or void. The only writer of a note's status. Callers hold the customer's lock."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import case, func, or_, select, update
from sqlalchemy.orm import Session

from portal.balance import ledger
from portal.core.business import Business
from portal.core.days import day
from portal.core.errors import NotFound
from portal.core.money import Money
from portal.invoicing import lifecycle, numbering
from portal.invoicing.models import CreditNote, CreditNoteLine, Invoice, InvoiceLine
from portal.invoicing.overflow import Part
from portal.invoicing.states import CREDIT_NOTE, CreditNoteEvent, LineKind
from portal.journal import posting
from portal.journal.accounts import Account, Entry, JournalEvent, PostedLine, credited, uncredited
from portal.journal.models import JournalEntry


def move(note: CreditNote, event: CreditNoteEvent) -> bool:
    """Take the event; False when it changes nothing."""
    after = CREDIT_NOTE.after(note.status, event)
    if after is not None:
        note.status = after
    return after is not None


def issue(
    session: Session, invoice: Invoice, note: CreditNote, given: Sequence[Part], *, business: Business, at: datetime
) -> bool:
    """Number it, post it, and lower what the invoice has open; True when that settled the invoice."""
    on = day(at, business.zone)
    moved = postings(session, note, given)
    note.series = numbering.series_on("credit_note", on)
    note.number = numbering.take(session, note.series, 1)[0]
    note.label, note.issued_on = numbering.label(note.series, note.number), on
    move(note, CreditNoteEvent.ISSUED)
    session.add(note)
    session.flush()
    posting.post(session, moved, on=on, at=at, customer_id=note.customer_id, document=note.ref)
    invoice.noted_minor += note.total_minor
    invoice.credited_minor += note.to_invoice_minor
    session.flush()
    ledger.add(session, note.customer_id, Money(note.to_balance_minor, note.currency))
    return bool(note.to_invoice_minor) and lifecycle.mark_paid(invoice, Money.zero(invoice.currency), at=at)


def postings(session: Session, note: CreditNote, given: Sequence[Part]) -> list[Entry]:
    """What the note posts if it is issued now: the part that waits to be earned goes back first."""
    waiting = deferred(session, [part.line_id for part in given])
    lines = [
        PostedLine(
            part.line_id,
            Money(part.minor, note.currency),
            is_tax=part.is_tax,
            deferred=Money(abs(waiting.get(part.line_id, 0)), note.currency),
        )
        for part in given
    ]
    to_balance, to_refund = Money(note.to_balance_minor, note.currency), Money(note.to_refund_minor, note.currency)
    return credited(lines, to_balance=to_balance, to_refund=to_refund)


def void(session: Session, note: CreditNote, invoice: Invoice, *, business: Business, at: datetime) -> bool:
    """Take an issued note back, all that it posted swapped; True when that opened its invoice again.

    Its part on the balance is taken from there: BalanceOverspent where it was spent. A part that was refunded is the
    caller's to refuse. What would have been earned since of its lines is revenue at once.
    """
    if not move(note, CreditNoteEvent.VOIDED):
        return False
    on = day(at, business.zone)
    moved = void_postings(session, note)
    posting.post(session, moved, on=on, at=at, customer_id=note.customer_id, document=note.ref)
    ledger.add(session, note.customer_id, Money(-note.to_balance_minor, note.currency))
    invoice.noted_minor -= note.total_minor
    invoice.credited_minor -= note.to_invoice_minor
    is_open_again = lifecycle.mark_unpaid(invoice, Money.zero(invoice.currency), at=at)
    session.flush()
    _earn_again(session, [entry.line_id for entry in moved if entry.line_id is not None], today=on)
    return is_open_again


def void_postings(session: Session, note: CreditNote) -> list[Entry]:
    """What the issued note posted, turned round."""
    posted = session.scalars(
        select(JournalEntry)
        .where(JournalEntry.document == note.ref, JournalEntry.event == JournalEvent.CREDIT_NOTE_ISSUED)
        .order_by(JournalEntry.id)
    ).all()
    lines = [entry.line_id for entry in posted if entry.line_id is not None]
    is_earned = _earned_since(session, lines, posted[-1].id)
    return [uncredited(_entry(entry), as_revenue=is_earned) for entry in posted]


def parts(session: Session, note: CreditNote) -> list[Part]:
    """What the note gives back, line by line, in the order of the paper."""
    rows = session.execute(
        select(CreditNoteLine, InvoiceLine.kind)
        .join(InvoiceLine, InvoiceLine.id == CreditNoteLine.invoice_line_id)
        .where(CreditNoteLine.credit_note_id == note.id)
        .order_by(CreditNoteLine.position)
    )
    return [Part(line.invoice_line_id, kind == LineKind.TAX, line.amount_minor, line.derivation) for line, kind in rows]


def by_ref(session: Session, ref: str) -> CreditNote:
    found = select(CreditNote).where(CreditNote.ref == ref).execution_options(populate_existing=True)
    note = session.scalar(found)
    if note is None:
        raise NotFound("There is no such credit note.")
    return note


def deferred(session: Session, line_ids: Sequence[int]) -> dict[int, int]:
    """What of each line waits to become revenue, signed as the line is."""
    waiting = Account.DEFERRED_REVENUE
    signed = case((JournalEntry.credit == waiting, JournalEntry.amount_minor), else_=-JournalEntry.amount_minor)
    rows = session.execute(
        select(JournalEntry.line_id, func.sum(signed))
        .where(JournalEntry.line_id.in_(list(line_ids)))
        .where(or_(JournalEntry.credit == waiting, JournalEntry.debit == waiting))
        .group_by(JournalEntry.line_id)
    )
    return {line_id or 0: int(minor) for line_id, minor in rows}


def _entry(row: JournalEntry) -> Entry:
    return Entry(
        JournalEvent.CREDIT_NOTE_ISSUED,
        Account(row.debit),
        Account(row.credit),
        Money(row.amount_minor, row.currency),
        row.money_place,
        row.line_id,
    )


def _earned_since(session: Session, line_ids: Sequence[int], entry_id: int) -> bool:
    """Did a month of these lines become revenue after that entry?"""
    since = select(JournalEntry.id).where(
        JournalEntry.line_id.in_(list(line_ids)),
        JournalEntry.event == JournalEvent.REVENUE_RECOGNISED,
        JournalEntry.id > entry_id,
    )
    return session.scalar(since.limit(1)) is not None


def _earn_again(session: Session, line_ids: Sequence[int], *, today: date) -> None:
    """What waits of the lines again is looked at by the next run of the books, and is not late until then."""
    issued_on = select(Invoice.issued_on).where(Invoice.id == InvoiceLine.invoice_id).scalar_subquery()
    session.execute(
        update(InvoiceLine)
        .where(InvoiceLine.id.in_(list(line_ids)), InvoiceLine.kind != LineKind.TAX, InvoiceLine.recognise_on.is_(None))
        .values(recognise_on=func.greatest(func.coalesce(InvoiceLine.from_on, issued_on), today))
        .execution_options(synchronize_session=False)
    )
