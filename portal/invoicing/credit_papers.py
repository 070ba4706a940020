"""The paper of a credit note: what is taken back of which invoice, why, and where it goes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from portal.core.errors import NotFound
from portal.core.formats import Formats
from portal.core.money import Money
from portal.core.sentences import Sentences, sentences
from portal.invoicing.explaining import days_of, explained, title_of
from portal.invoicing.models import CreditNote, CreditNoteLine, Invoice, InvoiceLine
from portal.invoicing.papers import Paper, PaperLine, Row, footer_of, hero_of, safe_accent
from portal.invoicing.presentation import party


def credit_note(
    note: CreditNote,
    lines: Sequence[CreditNoteLine],
    credited: Mapping[int, InvoiceLine],
    invoice: Invoice,
    *,
    reader: Formats,
    accent: str,
) -> Paper:
    """`lines` in position order; `credited` are the invoice lines that they take back of, by id."""
    _ = sentences(reader.language).gettext
    words = sentences(reader.language)
    seller = party(note.parties.get("seller", {}), reader)
    total = Money(note.total_minor, note.currency)
    if note.issued_on is None or note.label is None:
        raise NotFound("A draft has no paper yet.")
    issued = reader.day_long(note.issued_on)
    return Paper(
        heading=_("Credit note"),
        number=note.label,
        seller=seller,
        buyer=party(note.parties.get("buyer", {}), reader),
        facts=((_("Issued"), issued), (_("Invoice"), invoice.label or invoice.ref)),
        hero_text=_("Credited on %(day)s", day=issued),
        hero=hero_of(total, reader),
        scale=None,
        tax_name="",
        lines=_lines(lines, credited, note.currency, reader),
        totals=_totals(note, reader, words),
        remarks=_remarks(note, invoice, reader, words),
        pay=(),
        footer=footer_of(seller, words),
        accent=safe_accent(accent),
    )


def _lines(
    lines: Sequence[CreditNoteLine], credited: Mapping[int, InvoiceLine], currency: str, reader: Formats
) -> tuple[PaperLine, ...]:
    """One per invoice line: what follows for the same line is its tax, which stands in the totals."""
    shown: dict[int, PaperLine] = {}
    for line in lines:
        of = credited[line.invoice_line_id]
        if of.kind == "tax" or of.id in shown:
            continue
        steps = [step.text for step in explained(line.derivation, reader)]
        why = ", ".join(part for part in (days_of(of, reader), *steps) if part)
        shown[of.id] = PaperLine(
            title_of(of, reader), why, "", "", "", reader.money(Money(line.amount_minor, currency))
        )
    return tuple(shown.values())


def _totals(note: CreditNote, reader: Formats, words: Sentences) -> tuple[Row, ...]:
    rows = [Row(words.gettext("Sum of lines"), reader.money(Money(note.net_minor, note.currency)))]
    if note.tax_minor:
        rows.append(Row(words.gettext("Tax"), reader.money(Money(note.tax_minor, note.currency))))
    return (*rows, Row(words.gettext("Total credited"), reader.money(Money(note.total_minor, note.currency)), "due"))


def _remarks(note: CreditNote, invoice: Invoice, reader: Formats, words: Sentences) -> tuple[str, ...]:
    """Where the money goes, in the order in which it is used."""
    _ = words.gettext
    said = [note.reason] if note.reason else []
    if note.to_invoice_minor:
        amount = reader.money(Money(note.to_invoice_minor, note.currency))
        said.append(_("%(sum)s less is to be paid on invoice %(number)s.", sum=amount, number=invoice.label))
    if note.to_balance_minor:
        amount = reader.money(Money(note.to_balance_minor, note.currency))
        said.append(_("%(sum)s goes to your balance and pays your next invoice.", sum=amount))
    if note.to_refund_minor:
        amount = reader.money(Money(note.to_refund_minor, note.currency))
        said.append(_("%(sum)s goes back to where it came from.", sum=amount))
    return tuple(said)
