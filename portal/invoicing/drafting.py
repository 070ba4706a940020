"""Lines from a period, a switch, or by hand: what an invoice will say, before it is one. Pure.

Quote, renewal and forecast all draft here, so that a price that is shown is the price that is charged.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import lru_cache

from portal.catalogue.pricing import PriceTerms
from portal.core.periods import Period
from portal.invoicing import derivation
from portal.invoicing.derivation import Figure, TaxedFigure
from portal.invoicing.drafts import Buyer, ChargedLine, Draft, DraftLine, ManualLine, PricedItem
from portal.invoicing.states import InvoiceKind, LineKind
from portal.invoicing.taxes import TaxRate, Treatment


def for_period(
    buyer: Buyer,
    items: Sequence[PricedItem],
    period: Period,
    *,
    subscription_id: int,
    number: int,
    kind: InvoiceKind = InvoiceKind.PERIOD,
    from_on: date | None = None,
) -> Draft:
    """The invoice of one period. `from_on` within it: only the days from there on are billed (resume, restore)."""
    lines: list[DraftLine] = []
    treatments: set[Treatment] = set()
    for item in items:
        treatments.add(_charge(lines, buyer, item, period, from_on))
    return Draft(
        buyer.customer_id, kind, items[0].terms.currency, tuple(lines), subscription_id, number, period,
        treatments=frozenset(treatments),
    )  # fmt: skip


def for_switch(
    buyer: Buyer,
    leaving: Sequence[ChargedLine],
    joining: Sequence[PricedItem],
    period: Period,
    on: date,
    *,
    subscription_id: int,
    currency: str,
    number: int | None = None,
) -> Draft:
    """Unused time of what is left comes back, as it was charged and taxed; what is joined is charged from `on`.

    `period` is what the joined items are priced for: the running period, or one that begins on `on` when the
    interval changes. The day `on` belongs to what is joined. The total may be negative.
    """
    lines: list[DraftLine] = []
    treatments: set[Treatment] = set()
    for charged in leaving:
        _give_back(lines, charged, on)
    for item in joining:
        treatments.add(_charge(lines, buyer, item, period, on))
    return Draft(
        buyer.customer_id, InvoiceKind.CHANGE, currency, tuple(lines), subscription_id, number, period,
        treatments=frozenset(treatments),
    )  # fmt: skip


def by_hand(buyer: Buyer, written: Sequence[ManualLine], currency: str, on: date, *, memo: str = "") -> Draft:
    """An invoice a person wrote, with the taxes the rules say."""
    lines: list[DraftLine] = []
    treatments: set[Treatment] = set()
    for line in written:
        rules = buyer.taxation(line.product_class, on)
        treatments.add(rules.treatment)
        figure = derivation.by_hand(line.unit, line.quantity)
        taxed = derivation.with_taxes(figure, rules.rates, inclusive=False)
        _add(lines, LineKind.MANUAL, line.text, line.quantity, line.unit.minor, taxed, service=line.service)
    return Draft(
        buyer.customer_id, InvoiceKind.MANUAL, currency, tuple(lines), memo=memo, treatments=frozenset(treatments)
    )


@lru_cache(maxsize=8192)
def _priced(terms: PriceTerms, quantity: int, rates: tuple[TaxRate, ...], inclusive: bool) -> TaxedFigure:
    """Most customers of a run share a few prices: each is worked out once."""
    return derivation.with_taxes(derivation.priced(terms, quantity), rates, inclusive=inclusive)


def _charge(lines: list[DraftLine], buyer: Buyer, item: PricedItem, period: Period, from_on: date | None) -> Treatment:
    rules = buyer.taxation(item.product_class, from_on or period.start)
    service = period
    if from_on is None or from_on == period.start:
        taxed = _priced(item.terms, item.quantity, rules.rates, item.tax_inclusive)
    else:
        part = derivation.remaining_time(derivation.priced(item.terms, item.quantity), period, from_on)
        taxed = derivation.with_taxes(part, rules.rates, inclusive=item.tax_inclusive)
        service = Period(from_on, period.end)
    kind = LineKind.PLAN if item.kind == "plan" else LineKind.ADDON
    unit = item.terms.amount_minor
    _add(lines, kind, item.plan_name, item.quantity, unit, taxed, service=service, item=item)
    return rules.treatment


def _add(
    lines: list[DraftLine],
    kind: LineKind,
    text: str,
    quantity: int,
    unit_minor: int,
    taxed: TaxedFigure,
    *,
    service: Period | None,
    item: PricedItem | None = None,
) -> None:
    place = len(lines)
    lines.append(
        DraftLine(
            kind,
            text,
            quantity,
            unit_minor,
            taxed.net.amount,
            taxed.net.derivation,
            service,
            item_id=item.item_id if item else None,
            price_id=item.price_id if item else None,
        )
    )
    for rate, figure in taxed.taxes:
        lines.append(_tax(rate.name or rate.code, figure, place, rate.id, service))


def _give_back(lines: list[DraftLine], charged: ChargedLine, on: date) -> None:
    on = max(on, charged.service.start)
    figure = derivation.unused_time(charged.amount, charged.service, on)
    service = Period(on, charged.service.end)
    place = len(lines)
    lines.append(
        DraftLine(
            LineKind.UNUSED_TIME,
            charged.text,
            charged.quantity,
            figure.amount.minor,
            figure.amount,
            figure.derivation,
            service,
            price_id=charged.price_id,
            returns_line_id=charged.line_id,
        )
    )
    for tax_line_id, rate_id, name, amount in charged.taxes:
        tax = derivation.unused_time(amount, charged.service, on)
        lines.append(_tax(name, tax, place, rate_id, service, returns_line_id=tax_line_id))


def _tax(
    name: str,
    figure: Figure,
    parent: int,
    rate_id: int | None,
    service: Period | None,
    returns_line_id: int | None = None,
) -> DraftLine:
    return DraftLine(
        LineKind.TAX, name, 1, figure.amount.minor, figure.amount, figure.derivation, service,
        parent=parent, tax_rate_id=rate_id, returns_line_id=returns_line_id,
    )  # fmt: skip
