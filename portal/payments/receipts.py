"""What an invoice was settled with, and the invoice with it, ready to be shown."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core.days import day
from portal.core.formats import Formats
from portal.core.money import Money
from portal.core.sentences import sentences
from portal.invoicing import queries as invoicing
from portal.invoicing.models import CreditNote, Invoice, InvoiceLine
from portal.invoicing.presentation import Settled, ShownInvoice, present
from portal.journal.accounts import JournalEvent
from portal.journal.models import JournalEntry
from portal.payments.models import Attempt, Payment, PaymentAllocation, PaymentMethod


def _(sentence: str) -> str:
    """Marks a sentence for the catalogues."""
    return sentence


# What a payer chose on our own page; what was chosen on the gateway's is not known by name.
_PAID = {
    "page": _("Paid online"),
    "virtual_account": _("Paid by virtual account"),
    "qris": _("Paid by QRIS"),
    "ewallet": _("Paid by e-wallet"),
    "convenience_store": _("Paid at a convenience store"),
}


def shown(
    session: Session,
    invoice: Invoice,
    *,
    reader: Formats,
    at: datetime,
    lines: Sequence[InvoiceLine] | None = None,
    notes: Sequence[CreditNote] | None = None,
    settled: Sequence[Settled] | None = None,
) -> ShownInvoice:
    """`invoice` with all that became of it until now, as its reader sees it.

    `lines`, `notes` and `settled`: its lines, its credit notes and what settled it, where the caller knows them.
    """
    return present(
        invoice,
        invoicing.lines_of(session, [invoice.id]) if lines is None else lines,
        reader=reader,
        today=day(at, str(reader.zone)),
        settled=settlements(session, invoice, reader) if settled is None else settled,
        notes=_notes(session, invoice) if notes is None else notes,
    )


def _notes(session: Session, invoice: Invoice) -> Sequence[CreditNote]:
    return invoicing.credit_notes_of(session, invoice.id) if invoice.noted_minor else ()


def settlements(session: Session, invoice: Invoice, reader: Formats, until: datetime | None = None) -> list[Settled]:
    """What payments and balance took off the invoice, oldest first; up to and including the instant `until`."""
    found = [*_payments(session, invoice, reader, until), *_balance(session, invoice, reader, until)]
    return [settled for _, settled in sorted(found, key=lambda each: each[0])]


def method_words(kind: str, brand: str, last4: str, language: str) -> str:
    """A method in a sentence: "Visa ending 4081"."""
    words = sentences(language)
    name = brand.title() if brand else (words.gettext("card") if kind == "card" else kind)
    return words.gettext("%(brand)s ending %(last4)s", brand=name, last4=last4) if last4 else name


def _payments(
    session: Session, invoice: Invoice, reader: Formats, until: datetime | None
) -> list[tuple[datetime, Settled]]:
    wanted = (
        select(
            PaymentAllocation.created_at,
            PaymentAllocation.amount_minor,
            Payment.ref,
            Payment.received_on,
            Payment.gateway_account_id,
            Attempt.payable,
            PaymentMethod.kind,
            PaymentMethod.brand,
            PaymentMethod.last4,
        )
        .join(Payment, Payment.id == PaymentAllocation.payment_id)
        .outerjoin(Attempt, Attempt.id == Payment.attempt_id)
        .outerjoin(PaymentMethod, PaymentMethod.id == Attempt.method_id)
        .where(PaymentAllocation.invoice_id == invoice.id)
        .order_by(PaymentAllocation.id)
    )
    if until is not None:
        wanted = wanted.where(PaymentAllocation.created_at <= until)
    return [(row.created_at, _payment(row, _method(row, reader), invoice, reader)) for row in session.execute(wanted)]


def _payment(row: Any, method: str, invoice: Invoice, reader: Formats) -> Settled:
    _ = sentences(reader.language).gettext
    if row.amount_minor < 0:
        text = _("Payment taken back")
    elif method:
        text = _("Paid by %(method)s", method=method)
    elif row.gateway_account_id is None:
        text = _("Paid by bank transfer")
    else:
        text = _(_PAID.get((row.payable or {}).get("channel", ""), "Paid online"))
    return Settled("payment", text, Money(row.amount_minor, invoice.currency), row.received_on, row.ref, method)


def _method(row: object, reader: Formats) -> str:
    kind = getattr(row, "kind", None)
    if kind is None:
        return ""
    return method_words(kind, getattr(row, "brand", "") or "", getattr(row, "last4", "") or "", reader.language)


def _balance(
    session: Session, invoice: Invoice, reader: Formats, until: datetime | None
) -> list[tuple[datetime, Settled]]:
    events = (JournalEvent.BALANCE_APPLIED, JournalEvent.BALANCE_UNAPPLIED)
    wanted = (
        select(JournalEntry)
        .where(JournalEntry.document == invoice.ref, JournalEntry.event.in_(events))
        .order_by(JournalEntry.id)
    )
    if until is not None:
        wanted = wanted.where(JournalEntry.created_at <= until)
    _ = sentences(reader.language).gettext
    found = []
    for entry in session.scalars(wanted):
        taken = Settled("balance", _("From your balance"), Money(entry.amount_minor, entry.currency), entry.posted_on)
        if entry.event == JournalEvent.BALANCE_UNAPPLIED:
            taken = replace(taken, text=_("Back to your balance"), amount=-taken.amount)
        found.append((entry.created_at, taken))
    return found
