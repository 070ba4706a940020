"""The sheet on top of a print run: which letters follow, to whom, and how many pages each has."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from portal.core.business import Business
from portal.core.formats import Formats
from portal.core.money import Money
from portal.core.templating import render
from portal.invoicing.models import Invoice, PrintRun
from portal.invoicing.papers import safe_accent
from portal.invoicing.presentation import party


@dataclass(frozen=True, slots=True)
class Letter:
    """A line of the sheet, every word of it written."""

    position: int
    number: str
    name: str
    address: str
    total: str
    pages: int


def html_of(run: PrintRun, invoices: Sequence[Invoice], pages: Sequence[int], house: Business, reader: Formats) -> str:
    """`invoices` in the order in which they are printed, with the `pages` of each, in the house's language."""
    letters = [
        Letter(
            position,
            invoice.label or invoice.ref,
            party(invoice.parties.get("buyer", {}), reader).name,
            ", ".join(party(invoice.parties.get("buyer", {}), reader).address),
            reader.money(Money(invoice.total_minor, invoice.currency)),
            count,
        )
        for position, (invoice, count) in enumerate(zip(invoices, pages, strict=True), 1)
    ]
    return render(
        "documents/cover.html",
        house.language,
        house=house.name,
        ref=run.ref,
        made_at=reader.moment(run.created_at),
        made_by=run.made_by,
        letters=letters,
        sheets=sum(pages),
        accent=safe_accent(house.accent),
    )
