"""What of an invoice can still be credited, line by line, and the tax that goes back with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from portal.core.errors import Invalid
from portal.core.money import Money, round_half_away
from portal.invoicing import derivation, queries
from portal.invoicing.models import Invoice, InvoiceLine
from portal.invoicing.overflow import Part
from portal.invoicing.states import InvoiceStatus, LineKind


@dataclass(frozen=True, slots=True)
class TaxOnLine:
    """One tax of a line: what was charged and what of it went back already."""

    line_id: int
    name: str
    charged: Money
    returned: Money


@dataclass(frozen=True, slots=True)
class Creditable:
    """A line that charged something, without its tax: what it came to and what of it went back already."""

    line: InvoiceLine
    charged: Money
    returned: Money
    taxes: tuple[TaxOnLine, ...]

    @property
    def left(self) -> Money:
        return self.charged - self.returned


class TooMuch(Invalid):
    """More of a line, or of the whole invoice, than is left to credit."""

    code = "credited_too_much"


def mirrored_tax(charged: Money, returned: Money, tax: TaxOnLine, amount: Money) -> Money:
    """The tax that goes back with `amount` of a line: whatever is left of it with the last of the line.

    Reckoned on all that went back of the line so far and rounded once, so that many small notes give back what one
    large note would, and never more than was charged.
    """
    due = Fraction((returned + amount).minor * tax.charged.minor, charged.minor)
    minor = round_half_away(due) - tax.returned.minor
    left = tax.charged.minor - tax.returned.minor
    return Money(max(0, min(minor, left)), amount.currency)


def creditable(session: Session, invoice: Invoice) -> list[Creditable]:
    """The lines that charged something, in their order, with what notes and switches gave back of each."""
    lines = queries.lines_of(session, [invoice.id])
    returned = _returned(session, [line.id for line in lines], lines)
    currency = invoice.currency

    def taxes_of(line: InvoiceLine) -> tuple[TaxOnLine, ...]:
        return tuple(
            TaxOnLine(tax.id, tax.text, Money(tax.amount_minor, currency), Money(returned.get(tax.id, 0), currency))
            for tax in lines
            if tax.kind == LineKind.TAX and tax.parent_id == line.id
        )

    return [
        Creditable(line, Money(line.amount_minor, currency), Money(returned.get(line.id, 0), currency), taxes_of(line))
        for line in lines
        if line.kind != LineKind.TAX and line.amount_minor > 0
    ]


def most(invoice: Invoice) -> Money:
    """What all credit notes to come may come to together, taxes included."""
    return Money(invoice.total_minor - invoice.noted_minor, invoice.currency)


def parts_of(session: Session, invoice: Invoice, amounts: Mapping[int, Money]) -> list[Part]:
    """The parts of a note that gives back `amounts` (by line position), each line followed by its taxes.

    Raises TooMuch with the field `amount_<position>`, Invalid where nothing is asked for.
    """
    lines = {one.line.position: one for one in creditable(session, invoice)}
    parts: list[Part] = []
    for position, amount in sorted(amounts.items()):
        one = lines.get(position)
        field = f"amount_{position}"
        if one is None or amount.currency != invoice.currency or not amount.is_positive:
            raise Invalid("There is nothing to credit on this line.", field=field)
        if amount > one.left:
            raise TooMuch("That is more than is left to credit of this line.", field=field)
        parts.append(_part(one.line.id, amount, is_tax=False))
        for tax in one.taxes:
            back = mirrored_tax(one.charged, one.returned, tax, amount)
            if back.is_positive:
                parts.append(_part(tax.line_id, back, is_tax=True))
    if not parts:
        raise Invalid("Write the amount to credit beside at least one line.")
    if total_of(parts, invoice.currency) > most(invoice):
        raise TooMuch("That is more than is left to credit of this invoice.")
    return parts


def mirrored(lines: Sequence[Creditable], amounts: Mapping[int, Money]) -> list[tuple[Creditable, Money, Money]]:
    """Each line that `amounts` (by position) credits, with its amount and the tax that goes back with it."""
    asked = [(one, amounts[one.line.position]) for one in lines if one.line.position in amounts]
    return [
        (
            one,
            amount,
            Money.total((mirrored_tax(one.charged, one.returned, tax, amount) for tax in one.taxes), amount.currency),
        )
        for one, amount in asked
    ]


def total_of(parts: Sequence[Part], currency: str) -> Money:
    return Money(sum(part.minor for part in parts), currency)


def _part(line_id: int, amount: Money, *, is_tax: bool) -> Part:
    return Part(line_id, is_tax, amount.minor, derivation.by_hand(-amount, 1).derivation)


def _returned(session: Session, line_ids: Sequence[int], lines: Sequence[InvoiceLine]) -> dict[int, int]:
    """What issued notes took of each line, and what switches gave back of it on later invoices, taxes among them."""
    found = queries.noted(session, line_ids)
    back, tax, later = aliased(InvoiceLine), aliased(InvoiceLine), aliased(Invoice)
    given = session.execute(
        select(back, tax)
        .join(later, later.id == back.invoice_id)
        .outerjoin(tax, (tax.parent_id == back.id) & (tax.kind == LineKind.TAX))
        .where(back.parent_id.in_(list(line_ids)), back.kind == LineKind.UNUSED_TIME)
        .where(later.status != InvoiceStatus.VOID)
    ).all()
    rows = {row.id: row for pair in given for row in pair if row is not None}
    taken_again = queries.noted(session, list(rows))
    own_tax = {(line.parent_id, line.tax_rate_id): line.id for line in lines if line.kind == LineKind.TAX}
    origin = {row.id: row.parent_id for row in rows.values() if row.kind == LineKind.UNUSED_TIME}
    for row in rows.values():
        target = origin.get(row.id) or own_tax.get((origin.get(row.parent_id), row.tax_rate_id))
        if target is not None:
            found[target] = found.get(target, 0) - row.amount_minor + taken_again.get(row.id, 0)
    return found
