"""What stands on a paper: an invoice as issued, an invoice with what paid it, a credit note. Values, then HTML.

A paper is made from what never changes any more, so that it can be made again and be the same to the byte.
Nothing here knows PDF; `documents.py` does.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from hashlib import sha256
from importlib.metadata import version

from portal.core.formats import Formats
from portal.core.money import Money
from portal.core.qr import QrCode, qr_code
from portal.core.sentences import CATALOGUES, Sentences, sentences
from portal.core.templating import TEMPLATES, render
from portal.invoicing.itemised import Line
from portal.invoicing.presentation import Party, Settled, ShownInvoice
from portal.invoicing.scale import Scale, scale_of

STYLES = TEMPLATES.parent / "static" / "css" / "print.css"
DEFAULT_ACCENT = "#2438e6"
_BREAKS = re.compile(r">\s*\n\s*<")


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the totals; `weight` is empty, `tot` for the total, `due` for the one sum that binds."""

    text: str
    amount: str
    weight: str = ""


@dataclass(frozen=True, slots=True)
class PaperLine:
    title: str
    why: str
    quantity: str
    unit: str
    rate: str
    amount: str


@dataclass(frozen=True, slots=True)
class Transfer:
    """How to pay by bank: names and values as printed, and a code for a banking app where there is one."""

    rows: tuple[tuple[str, str], ...]
    qr: QrCode | None


@dataclass(frozen=True, slots=True)
class Paper:
    """One paper, every word of it written. `hero` is the amount in pieces: before, digits, after."""

    heading: str
    number: str
    seller: Party
    buyer: Party
    facts: tuple[tuple[str, str], ...]
    hero_text: str
    hero: tuple[str, str, str]
    scale: Scale | None
    tax_name: str
    lines: tuple[PaperLine, ...]
    totals: tuple[Row, ...]
    remarks: tuple[str, ...]
    pay: tuple[str, ...]
    footer: str
    accent: str
    transfer: Transfer | None = None
    code: QrCode | None = None  # the address for paying online


@lru_cache(maxsize=8)
def renderer(accent: str, site: str) -> str:
    """The version of everything that decides about the bytes; another renderer makes another document."""
    digest = sha256(f"{accent} {site}".encode())
    sources = [*sorted(TEMPLATES.glob("documents/*.html")), STYLES, *sorted(CATALOGUES.glob("*/LC_MESSAGES/*.mo"))]
    for source in sources:
        digest.update(source.read_bytes())
    digest.update(f"{version('segno')} {_BREAKS.pattern}".encode())
    return f"weasyprint-{version('weasyprint')}-{digest.hexdigest()[:10]}"


def html_of(paper: Paper, language: str) -> str:
    """Without the line breaks between the template's tags: on paper each would be a mark that says nothing."""
    return _BREAKS.sub("><", render("documents/paper.html", language, paper=paper))


def bill(
    invoice: ShownInvoice, *, reader: Formats, accent: str, pay_url: str, transfer: Transfer | None = None
) -> Paper:
    """The invoice as it was issued. `invoice.settled` is what the balance gave on that day, and nothing later.

    `pay_url` is printed for good, so it is an address that never ends (`pay_links.printed_address`).
    """
    words = sentences(reader.language)
    left = _left(invoice)
    hero_text = words.gettext("Total")
    pay: tuple[str, ...] = ()
    if left.is_positive and invoice.due_on is not None:
        hero_text = words.gettext("To pay by %(day)s", day=reader.day_long(invoice.due_on))
        scan = words.gettext("Scan the code or open")
        pay = (words.gettext("Pay online"), scan, pay_url.removeprefix("https://"))
        if transfer is None:
            pay += (words.gettext("Reference %(reference)s", reference=invoice.printed_reference),)
    paper = _invoice_paper(invoice, reader, accent, words.gettext("Invoice"), hero_text, left, pay)
    return replace(paper, transfer=transfer, code=qr_code(pay_url)) if pay else paper


def receipt(invoice: ShownInvoice, *, reader: Formats, accent: str) -> Paper:
    """The invoice with what paid it, all of it. `invoice.settled` ends with what closed it."""
    words = sentences(reader.language)
    last = invoice.settled[-1] if invoice.settled else None
    text = words.gettext("Paid in full")
    if last is not None and last.on is not None:
        text = words.gettext("Paid in full on %(day)s", day=reader.day_long(last.on))
    return _invoice_paper(invoice, reader, accent, words.gettext("Receipt"), text, invoice.total, ())


def lines_on_paper(lines: Sequence[Line], reader: Formats) -> tuple[PaperLine, ...]:
    return tuple(_paper_line(line, reader) for line in lines)


def safe_accent(accent: str) -> str:
    """The company's colour if it is one, the house's otherwise."""
    return accent if re.fullmatch(r"#[0-9a-fA-F]{6}", accent) else DEFAULT_ACCENT


def footer_of(seller: Party, words: Sentences) -> str:
    place = seller.address[-2] if len(seller.address) > 1 else ""
    named = ", ".join(part for part in (seller.legal_name, seller.tax_number, place) if part)
    if not seller.email:
        return named
    return f"{named}. {words.gettext('Questions: %(mail)s', mail=seller.email)}"


def hero_of(amount: Money, reader: Formats) -> tuple[str, str, str]:
    parts = reader.parts(amount)
    digits = f"{parts.whole}{parts.fraction}"
    if parts.symbol_last:
        return parts.sign, digits, f"\u00a0{parts.symbol.strip()}"
    return parts.sign + parts.symbol, digits, ""


def _invoice_paper(
    invoice: ShownInvoice,
    reader: Formats,
    accent: str,
    heading: str,
    hero_text: str,
    hero: Money,
    pay: tuple[str, ...],
) -> Paper:
    words = sentences(reader.language)
    return Paper(
        heading=heading,
        number=invoice.label,
        seller=invoice.seller,
        buyer=invoice.buyer,
        facts=_facts(invoice, reader, words),
        hero_text=hero_text,
        hero=hero_of(hero, reader),
        scale=scale_of(invoice.period, reader) if invoice.period else None,
        tax_name=tax_heading(invoice.lines, words),
        lines=lines_on_paper(invoice.lines, reader),
        totals=_totals(invoice, reader, words),
        remarks=tuple(part for part in (invoice.memo, *invoice.remarks) if part),
        pay=pay,
        footer=footer_of(invoice.seller, words),
        accent=safe_accent(accent),
    )


def _facts(invoice: ShownInvoice, reader: Formats, words: Sentences) -> tuple[tuple[str, str], ...]:
    facts = []
    if invoice.issued_on is not None:
        facts.append((words.gettext("Issued"), reader.day_long(invoice.issued_on)))
    if invoice.due_on is not None:
        facts.append((words.gettext("Due"), reader.day_long(invoice.due_on)))
    if invoice.period is not None:
        facts.append((words.gettext("Period"), invoice.period_text))
    facts.append((words.gettext("Reference"), invoice.printed_reference))
    return tuple(facts)


def tax_heading(lines: Sequence[Line], words: Sentences) -> str:
    """The name of the only tax there is, or the word for all of them; empty without any."""
    names = {tax.name.removesuffix(tax.rate).strip() for line in lines for tax in line.taxes}
    if not names:
        return ""
    return names.pop() if len(names) == 1 else words.gettext("Tax")


def _paper_line(line: Line, reader: Formats) -> PaperLine:
    why = ", ".join(part for part in (line.days, *(step.text for step in line.steps)) if part)
    return PaperLine(
        title=line.title,
        why=why,
        quantity="" if line.quantity is None else reader.count(line.quantity),
        unit="" if line.unit is None else reader.money(line.unit),
        rate=line.rates,
        amount=reader.money(line.amount),
    )


def _totals(invoice: ShownInvoice, reader: Formats, words: Sentences) -> tuple[Row, ...]:
    rows = [Row(words.gettext("Sum of lines"), reader.money(invoice.net))]
    for tax in invoice.taxes:
        text = words.gettext("%(tax)s on %(plan)s", tax=tax.title, plan=reader.money(tax.base))
        rows.append(Row(text, reader.money(tax.amount)))
    rows.append(Row(words.gettext("Total"), reader.money(invoice.total), "tot"))
    rows += [Row(_settled_text(part, reader), reader.money(-part.amount)) for part in invoice.settled]
    rows.append(Row(words.gettext("Left to pay"), reader.money(_left(invoice)), "due"))
    return tuple(rows)


def _settled_text(part: Settled, reader: Formats) -> str:
    return f"{part.text}, {reader.day_long(part.on)}" if part.on is not None else part.text


def _left(invoice: ShownInvoice) -> Money:
    return invoice.total - Money.total((part.amount for part in invoice.settled), invoice.currency)
