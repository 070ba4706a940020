"""Giving back more of an invoice than its total: what it had given back of older invoices is given back of those.

An upgrade's invoice charges the new plan and takes off what was unused of the old one. Should the new plan be given
back in full, the credit note would exceed that invoice. So the old plan's unused time moves: it is taken off the
note to the upgrade's invoice, and put on a note to the invoice that charged it. The sum stays the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core.money import Money, allocate
from portal.invoicing import derivation, queries
from portal.invoicing.models import Invoice, InvoiceLine
from portal.invoicing.states import LineKind


@dataclass(frozen=True, slots=True)
class Part:
    """What a credit note gives back of one line; negative where it takes back what the line had given."""

    line_id: int
    is_tax: bool
    minor: int
    derivation: dict[str, Any]


def fitted(session: Session, parts: dict[int, list[Part]]) -> dict[int, list[Part]]:
    """`parts` by invoice id, moved to older invoices as far as they exceed what is left to credit of theirs."""
    result: dict[int, list[Part]] = {}
    waiting = {invoice_id: list(own) for invoice_id, own in parts.items()}
    while waiting:
        invoice_id = max(waiting)
        own = waiting.pop(invoice_id)
        invoice = session.get_one(Invoice, invoice_id)
        excess = sum(part.minor for part in own) - (invoice.total_minor - invoice.noted_minor)
        if excess > 0:
            for returned, origin, minor in _moves(session, invoice, excess):
                own.append(_part(returned, -minor, invoice.currency))
                waiting.setdefault(origin.invoice_id, []).append(_part(origin, minor, invoice.currency))
        result[invoice_id] = own
    return result


def _moves(session: Session, invoice: Invoice, excess: int) -> list[tuple[InvoiceLine, InvoiceLine, int]]:
    """Line that gave back, line it gave back of, and how much: `excess` over all of them by what they still hold."""
    pairs = _returned(session, invoice.id)
    moved_before = queries.noted(session, [line.id for line, _ in pairs])
    held = [-line.amount_minor + moved_before.get(line.id, 0) for line, _ in pairs]
    if sum(held) < excess:
        raise ValueError(f"{invoice.ref}: {excess} more is given back than was ever charged")
    shares = allocate(Money(excess, invoice.currency), held)
    return [
        (line, origin, share.minor)
        for (line, origin), share in zip(pairs, shares, strict=True)
        if share.minor and origin.id != line.id
    ]


def _returned(session: Session, invoice_id: int) -> list[tuple[InvoiceLine, InvoiceLine]]:
    """The lines of the invoice that give back, taxes among them, each with the line that it gives back of."""
    lines = {line.id: line for line in session.scalars(select(InvoiceLine).where(InvoiceLine.invoice_id == invoice_id))}
    unused = [line for line in lines.values() if line.kind == LineKind.UNUSED_TIME and line.parent_id is not None]
    origins = {line.id: session.get_one(InvoiceLine, line.parent_id) for line in unused}
    pairs = [(line, origins[line.id]) for line in unused]
    pairs += [
        (tax, _same_tax(session, origins[tax.parent_id], tax))
        for tax in lines.values()
        if tax.kind == LineKind.TAX and tax.parent_id in origins
    ]
    return sorted(pairs, key=lambda pair: pair[0].id)


def _same_tax(session: Session, origin: InvoiceLine, tax: InvoiceLine) -> InvoiceLine:
    return session.scalars(
        select(InvoiceLine)
        .where(
            InvoiceLine.parent_id == origin.id,
            InvoiceLine.kind == LineKind.TAX,
            InvoiceLine.tax_rate_id == tax.tax_rate_id,
        )
        .order_by(InvoiceLine.id)
        .limit(1)
    ).one()


def _part(line: InvoiceLine, minor: int, currency: str) -> Part:
    """Its derivation is what is given back: the amount with its sign turned."""
    figure = derivation.by_hand(Money(-minor, currency), 1)
    return Part(line.id, line.kind == LineKind.TAX, minor, figure.derivation)
