"""Drawing up a credit note: its lines, the three places it goes to, and what has to be true of them.

Callers hold the customer's lock.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete
from sqlalchemy.orm import Session

from portal.core.bulk import insert_rows
from portal.core.errors import Invalid, Refused
from portal.core.ids import public_ref
from portal.core.money import Money
from portal.invoicing import crediting, notes
from portal.invoicing.models import CreditNote, CreditNoteLine, Invoice
from portal.invoicing.overflow import Part
from portal.invoicing.states import CreditNoteEvent, CreditNoteStatus, InvoiceStatus, NoteCause

CREDITED = frozenset({InvoiceStatus.ISSUED, InvoiceStatus.PAID})


@dataclass(frozen=True, slots=True)
class Places:
    """Where a credit note goes: off this invoice, to the customer's balance, back to where the money came from."""

    to_invoice: Money
    to_balance: Money
    to_refund: Money

    @property
    def total(self) -> Money:
        return self.to_invoice + self.to_balance + self.to_refund


@dataclass(frozen=True, slots=True)
class Drawn:
    """A credit note as drawn up: what it gives back, where that goes, and why."""

    parts: Sequence[Part]
    places: Places
    cause: NoteCause
    reason: str
    remark: str = ""


class PlacesDiffer(Invalid):
    """The three places do not add up to the note, or take more than there is to take."""

    code = "places_differ"


class CannotCredit(Refused):
    """The invoice is in no state to be credited, or has changed since the note was drawn up."""

    code = "cannot_credit"


def require_places(invoice: Invoice, total: Money, places: Places) -> None:
    """They sum up, no more comes off the invoice than is open, and nobody gets back what was never paid."""
    if any(part.is_negative for part in (places.to_invoice, places.to_balance, places.to_refund)):
        raise PlacesDiffer("An amount is not below zero.", field="to_invoice")
    if places.total != total:
        raise PlacesDiffer("The three amounts have to add up to the credit note.", field="to_invoice")
    if places.to_invoice > invoice.open:
        raise PlacesDiffer("That is more than is open on this invoice.", field="to_invoice")
    if places.to_balance + places.to_refund > given_up(invoice):
        raise PlacesDiffer("That is more than was paid on this invoice and is still there.", field="to_balance")


def given_up(invoice: Invoice) -> Money:
    """What was paid on the invoice and no credit note gave back yet."""
    return Money(max(0, invoice.paid_minor - (invoice.noted_minor - invoice.credited_minor)), invoice.currency)


def draft(session: Session, invoice: Invoice, drawn: Drawn, *, drafted_by: int, at: datetime) -> CreditNote:
    """A note without a number. Raises CannotCredit, PlacesDiffer."""
    note = blank(invoice, at=at)
    note.drafted_by = drafted_by
    _write(note, invoice, drawn)
    session.add(note)
    session.flush()
    write_lines(session, note, drawn.parts)
    return note


def blank(invoice: Invoice, *, at: datetime) -> CreditNote:
    return CreditNote(
        ref=public_ref("cn"), customer_id=invoice.customer_id, invoice_id=invoice.id, status=CreditNoteStatus.DRAFT,
        series="", currency=invoice.currency, parties=invoice.parties, created_at=at,
    )  # fmt: skip


def redraw(session: Session, note: CreditNote, invoice: Invoice, drawn: Drawn) -> None:
    """Change what is not issued; it is a draft again."""
    notes.move(note, CreditNoteEvent.EDITED)
    _write(note, invoice, drawn)
    session.execute(delete(CreditNoteLine).where(CreditNoteLine.credit_note_id == note.id))
    session.flush()
    write_lines(session, note, drawn.parts)


def require_issuable(session: Session, note: CreditNote, invoice: Invoice) -> list[Part]:
    """The parts of a drawn note, if it can be issued as it stands. Raises Invalid or CannotCredit."""
    if invoice.status not in CREDITED:
        raise CannotCredit("Only an issued or paid invoice can be credited. Nothing was changed.")
    drawn = notes.parts(session, note)
    charged = {part.line_id: part.minor for part in drawn}
    for one in crediting.creditable(session, invoice):
        lefts = {one.line.id: one.left} | {tax.line_id: tax.charged - tax.returned for tax in one.taxes}
        if any(charged.get(line_id, 0) > left.minor for line_id, left in lefts.items()):
            raise CannotCredit("Less is left to credit of this invoice by now. Nothing was changed.")
    if note.total > crediting.most(invoice):
        raise CannotCredit("Less is left to credit of this invoice by now. Nothing was changed.")
    require_places(invoice, note.total, places(note))
    return drawn


def places(note: CreditNote) -> Places:
    minors = (note.to_invoice_minor, note.to_balance_minor, note.to_refund_minor)
    return Places(*(Money(minor, note.currency) for minor in minors))


def fill(note: CreditNote, drawn: Drawn) -> None:
    total, tax = drawn.places.total, sum(part.minor for part in drawn.parts if part.is_tax)
    note.cause, note.reason, note.remark = drawn.cause, drawn.reason, drawn.remark
    note.net_minor, note.tax_minor, note.total_minor = total.minor - tax, tax, total.minor
    note.to_invoice_minor = drawn.places.to_invoice.minor
    note.to_balance_minor = drawn.places.to_balance.minor
    note.to_refund_minor = drawn.places.to_refund.minor


def write_lines(session: Session, note: CreditNote, parts: Sequence[Part]) -> None:
    rows: list[dict[str, Any]] = [
        {
            "credit_note_id": note.id,
            "position": place,
            "invoice_line_id": part.line_id,
            "amount_minor": part.minor,
            "derivation": part.derivation,
        }
        for place, part in enumerate(parts, 1)
    ]
    insert_rows(session, CreditNoteLine, rows)


def _write(note: CreditNote, invoice: Invoice, drawn: Drawn) -> None:
    """The figures and words of the note, checked against the invoice as it is."""
    if invoice.status not in CREDITED:
        raise CannotCredit("Only an issued or paid invoice can be credited. Nothing was changed.")
    require_places(invoice, crediting.total_of(drawn.parts, invoice.currency), drawn.places)
    fill(note, drawn)
