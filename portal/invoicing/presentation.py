"""An invoice as its reader sees it: one set of frozen values for the pages, the mail and the paper alike."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from babel import Locale

from portal.core.formats import Formats
from portal.core.money import Money
from portal.core.periods import Period
from portal.core.sentences import sentences
from portal.invoicing import references
from portal.invoicing.explaining import span
from portal.invoicing.itemised import Line, LineRow, TaxSum, lines_shown
from portal.invoicing.models import CreditNote, Invoice
from portal.invoicing.states import InvoiceStatus
from portal.invoicing.taxes import Treatment


@dataclass(frozen=True, slots=True)
class Party:
    """Seller or buyer as they were when the invoice was issued. `address` in its lines, the country's name last."""

    name: str
    legal_name: str
    address: tuple[str, ...]
    country: str
    tax_number: str
    email: str


@dataclass(frozen=True, slots=True)
class Settled:
    """A part of the invoice that is no longer owed. `kind`: payment, balance, credit_note or written_off.

    `method`: what a payment was made with, in words.
    """

    kind: str
    text: str
    amount: Money
    on: date | None = None
    ref: str = ""
    method: str = ""


@dataclass(frozen=True, slots=True)
class ShownInvoice:
    """Everything a page or a paper says about one invoice. `state` is a key of the looks of invoices."""

    ref: str
    label: str
    kind: str
    status: InvoiceStatus
    state: str
    seller: Party
    buyer: Party
    issued_on: date | None
    due_on: date | None
    period: Period | None
    period_text: str
    memo: str
    remarks: tuple[str, ...]
    payment_reference: str
    lines: tuple[Line, ...]
    taxes: tuple[TaxSum, ...]
    net: Money
    tax: Money
    total: Money
    paid: Money
    credited: Money
    written_off: Money
    open: Money
    settled: tuple[Settled, ...]

    @property
    def currency(self) -> str:
        return self.total.currency

    @property
    def printed_reference(self) -> str:
        return references.printed(self.payment_reference)

    @property
    def is_payable(self) -> bool:
        return self.status is InvoiceStatus.ISSUED and self.open.is_positive


def present(
    invoice: Invoice,
    lines: Iterable[LineRow],
    *,
    reader: Formats,
    today: date,
    settled: Sequence[Settled] = (),
    notes: Sequence[CreditNote] = (),
) -> ShownInvoice:
    """`invoice` with its `lines` in position order on the reader's day `today`, `settled` by payments and balance."""
    currency = invoice.currency
    shown, taxes = lines_shown(lines, currency, reader)
    return ShownInvoice(
        ref=invoice.ref,
        label=invoice.label or sentences(reader.language).gettext("Draft"),
        kind=invoice.kind,
        status=invoice.status,
        state=state_of(invoice, today),
        seller=party(invoice.parties.get("seller", {}), reader),
        buyer=party(invoice.parties.get("buyer", {}), reader),
        issued_on=invoice.issued_on,
        due_on=invoice.due_on,
        period=invoice.period,
        period_text=span(invoice.period.start, invoice.period.end, reader) if invoice.period else "",
        memo=invoice.memo,
        remarks=_remarks(invoice.parties.get("treatments", ()), reader),
        payment_reference=invoice.payment_reference,
        lines=shown,
        taxes=taxes,
        net=Money(invoice.net_minor, currency),
        tax=Money(invoice.tax_minor, currency),
        total=Money(invoice.total_minor, currency),
        paid=Money(invoice.paid_minor, currency),
        credited=Money(invoice.credited_minor, currency),
        written_off=Money(invoice.written_off_minor, currency),
        open=Money(invoice.open_minor, currency),
        settled=(*settled, *(note_settled(note, reader) for note in notes if note.to_invoice_minor)),
    )


def state_of(invoice: Invoice, today: date) -> str:
    """The state in one word, derived from what is stored: draft, open, overdue, partly_paid, paid, credited, ..."""
    if invoice.status is not InvoiceStatus.ISSUED:
        is_credited = invoice.status is InvoiceStatus.PAID and not invoice.paid_minor and invoice.credited_minor > 0
        return "credited" if is_credited else str(invoice.status)
    if invoice.due_on is not None and invoice.due_on < today:
        return "overdue"
    return "partly_paid" if invoice.paid_minor else "open"


def party(stored: Mapping[str, Any], reader: Formats) -> Party:
    """A party of the snapshot; what is missing (or was erased) is empty."""
    name, code = str(stored.get("name", "")), str(stored.get("country", ""))
    country = str(Locale.parse(reader.language).territories.get(code, code))
    lines = [part.strip() for part in str(stored.get("address", "")).splitlines() if part.strip()]
    return Party(
        name=name,
        legal_name=str(stored.get("legal_name") or name),
        address=tuple([*lines, country] if country else lines),
        country=country,
        tax_number=str(stored.get("tax_number", "")),
        email=str(stored.get("email", "")),
    )


def note_settled(note: CreditNote, reader: Formats) -> Settled:
    text = sentences(reader.language).gettext("Credit note %(number)s", number=note.label)
    return Settled("credit_note", text, Money(note.to_invoice_minor, note.currency), note.issued_on, note.ref)


def _remarks(treatments: Iterable[str], reader: Formats) -> tuple[str, ...]:
    """What the law wants said when no tax is charged."""
    _ = sentences(reader.language).gettext
    said = {
        Treatment.REVERSE_CHARGE: _("Reverse charge: the tax is owed by the recipient."),
        Treatment.EXEMPT: _("Exempt from tax."),
        Treatment.OUTSIDE_SCOPE: _("Outside the scope of tax in the seller's country."),
    }
    return tuple(said[Treatment(each)] for each in treatments if each in said)
