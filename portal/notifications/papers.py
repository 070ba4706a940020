"""Reading what a paper is made of. A paper's subject names it for ever:

`inv_…` the invoice as issued; `inv_…/pay_…` the invoice with what paid it, closed by that payment;
`inv_…/balance` the same where the balance closed it; `cn_…` a credit note.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.banking.instructions import as_issued
from portal.core import business
from portal.core.errors import NotFound
from portal.core.formats import Formats, formats
from portal.core.money import Money
from portal.core.settings import current
from portal.invoicing import papers, pay_links
from portal.invoicing import queries as invoicing
from portal.invoicing.credit_papers import credit_note
from portal.invoicing.models import CreditNote, CreditNoteLine, Invoice, InvoiceLine
from portal.invoicing.papers import Paper, Transfer
from portal.invoicing.presentation import ShownInvoice, present
from portal.payments import receipts
from portal.payments.models import Payment, PaymentAllocation

BY_BALANCE = "balance"


def receipt_subject(invoice_ref: str, payment_ref: str | None) -> str:
    return f"{invoice_ref}/{payment_ref or BY_BALANCE}"


def renderer(session: Session) -> str:
    """The version of what makes papers here and now: the company's colour and address stand on them."""
    return papers.renderer(business.read(session).accent, current().app_url)


def html_for(session: Session, subject: str, language: str) -> str:
    """The paper as HTML; the same for ever, whatever became of the invoice since. Raises NotFound."""
    return papers.html_of(paper_for(session, subject, language), language)


def paper_for(session: Session, subject: str, language: str) -> Paper:
    house = business.read(session)
    reader = formats(language, house.zone)
    if subject.startswith("cn_"):
        return _credit_note(session, subject, reader, house.accent)
    ref, _, closed_by = subject.partition("/")
    invoice = invoicing.by_ref(session, ref)
    if invoice.number is None or invoice.issued_at is None:
        raise NotFound("A draft has no paper yet.")
    if closed_by:
        shown = _as_of(session, invoice, reader, _closed_at(session, invoice, closed_by))
        return papers.receipt(shown, reader=reader, accent=house.accent)
    shown = _as_of(session, invoice, reader, invoice.issued_at, with_payments=False)
    pay_url = pay_links.printed_address(invoice, current())
    transfer = _transfer(invoice, shown, language)
    return papers.bill(shown, reader=reader, accent=house.accent, pay_url=pay_url, transfer=transfer)


def _transfer(invoice: Invoice, shown: ShownInvoice, language: str) -> Transfer | None:
    """How to pay what was left on the day of issue, to the account that the invoice was issued with."""
    left = shown.total - Money.total((part.amount for part in shown.settled), shown.currency)
    found = as_issued(invoice, left)
    if found is None:
        return None
    return Transfer(tuple((name, printed) for name, printed, _ in found.rows(language)), found.qr)


def filename_for(session: Session, subject: str) -> str:
    """What the reader's folder calls it: INV-2026-000123.pdf."""
    ref, _, closed_by = subject.partition("/")
    model = CreditNote if ref.startswith("cn_") else Invoice
    label = session.scalar(select(model.label).where(model.ref == ref)) or ref
    return f"{label}-receipt.pdf" if closed_by else f"{label}.pdf"


def _as_of(
    session: Session, invoice: Invoice, reader: Formats, until: datetime, *, with_payments: bool = True
) -> ShownInvoice:
    """The invoice with what had settled it at the instant `until`, and nothing that came later."""
    settled = receipts.settlements(session, invoice, reader, until)
    if not with_payments:
        settled = [part for part in settled if part.kind == "balance"]
    noted = invoicing.credit_notes_of(session, invoice.id) if invoice.noted_minor else ()
    notes = [note for note in noted if note.created_at <= until]
    assert invoice.issued_on is not None  # it has a number  # noqa: S101
    return present(
        invoice,
        invoicing.lines_of(session, [invoice.id]),
        reader=reader,
        today=invoice.issued_on,
        settled=settled,
        notes=notes if with_payments else (),
    )


def _closed_at(session: Session, invoice: Invoice, closed_by: str) -> datetime:
    """When the payment that closed the invoice was allocated to it."""
    if closed_by == BY_BALANCE:
        if invoice.closed_at is None:
            raise NotFound("The invoice is not paid.")
        return invoice.closed_at
    allocated = (
        select(func.max(PaymentAllocation.created_at))
        .join(Payment, Payment.id == PaymentAllocation.payment_id)
        .where(Payment.ref == closed_by, PaymentAllocation.invoice_id == invoice.id)
        .where(PaymentAllocation.amount_minor > 0)
    )
    found = session.scalar(allocated)
    if found is None:
        raise NotFound("There is no such payment of the invoice.")
    return found


def _credit_note(session: Session, ref: str, reader: Formats, accent: str) -> Paper:
    found = session.execute(
        select(CreditNote, Invoice).join(Invoice, Invoice.id == CreditNote.invoice_id).where(CreditNote.ref == ref)
    ).first()
    if found is None:
        raise NotFound("There is no such credit note.")
    note, invoice = found
    wanted = select(CreditNoteLine).where(CreditNoteLine.credit_note_id == note.id).order_by(CreditNoteLine.position)
    lines = session.scalars(wanted).all()
    credited = select(InvoiceLine).where(InvoiceLine.id.in_([line.invoice_line_id for line in lines]))
    by_id = {line.id: line for line in session.scalars(credited)}
    return credit_note(note, lines, by_id, invoice, reader=reader, accent=accent)
