"""What an invoice will say, before it is one: lines from a period, a switch, or by hand. Pure values.

Quote, renewal and forecast all draft here, so that a price that is shown is the price that is charged.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property, lru_cache
from typing import Any

from portal.catalogue.pricing import PriceTerms
from portal.core.chain import digest_of
from portal.core.money import Money
from portal.core.periods import Period
from portal.invoicing import derivation
from portal.invoicing.derivation import Figure, TaxedFigure
from portal.invoicing.states import InvoiceKind, LineKind
from portal.invoicing.taxes import Sale, Taxation, TaxRate, TaxRule, Treatment, taxation


@dataclass(frozen=True, slots=True)
class PricedItem:
    """A plan or add-on with its price and quantity. `item_id` is None while it is only proposed."""

    item_id: int | None
    price_id: int
    plan_id: int
    plan_name: str
    kind: str
    product_class: str
    terms: PriceTerms
    tax_inclusive: bool
    quantity: int


@dataclass(frozen=True, slots=True)
class ChargedLine:
    """A line that was charged for service days to come: what a switch gives back of it.

    `taxes` are that line's own tax lines: rate id, name, amount.
    """

    line_id: int
    price_id: int
    text: str
    quantity: int
    amount: Money
    service: Period
    taxes: tuple[tuple[int | None, str, Money], ...]


@dataclass(frozen=True, slots=True)
class ManualLine:
    """A line a person wrote; `amount` is per unit."""

    text: str
    quantity: int
    unit: Money
    product_class: str = "service"
    service: Period | None = None


class TaxBook:
    """All rules and rates, read once and asked many times."""

    def __init__(self, rules: Iterable[TaxRule], rates: Iterable[TaxRate]) -> None:
        self._rules, self._rates = tuple(rules), tuple(rates)
        self._known: dict[Sale, Taxation] = {}

    def taxation(self, sale: Sale) -> Taxation:
        """Raises TaxMissing where no rule or rate says how to tax the sale."""
        if sale not in self._known:
            self._known[sale] = taxation(sale, self._rules, self._rates)
        return self._known[sale]


@dataclass(frozen=True, slots=True)
class Buyer:
    """What decides the taxes of a customer's lines, with the book to look them up in."""

    customer_id: int
    country: str
    customer_class: str
    is_exempt: bool
    book: TaxBook

    def taxation(self, product_class: str, on: date) -> Taxation:
        if self.is_exempt:
            return Taxation((), Treatment.EXEMPT)
        return self.book.taxation(Sale(self.country, self.customer_class, product_class, on))


@dataclass(frozen=True, slots=True)
class DraftLine:
    """One line. `parent` is the place in the draft of the line that a tax belongs to; `returns_line_id` the
    issued line that unused time is given back of."""

    kind: LineKind
    text: str
    quantity: int
    unit_minor: int
    amount: Money
    derivation: dict[str, Any]
    service: Period | None = None
    item_id: int | None = None
    price_id: int | None = None
    parent: int | None = None
    returns_line_id: int | None = None
    tax_rate_id: int | None = None


@dataclass(frozen=True)
class Draft:
    """An invoice in the making. `digest` covers every line with its derivation and the total."""

    customer_id: int
    kind: InvoiceKind
    currency: str
    lines: tuple[DraftLine, ...]
    subscription_id: int | None = None
    period_number: int | None = None
    period: Period | None = None
    memo: str = ""
    treatments: frozenset[Treatment] = field(default_factory=frozenset)

    @cached_property
    def tax(self) -> Money:
        return self._sum(line.amount for line in self.lines if line.kind is LineKind.TAX)

    @cached_property
    def net(self) -> Money:
        return self._sum(line.amount for line in self.lines if line.kind is not LineKind.TAX)

    @property
    def total(self) -> Money:
        return self.net + self.tax

    @cached_property
    def digest(self) -> bytes:
        return digest_of([self.as_json(), self.total.minor])

    def as_json(self) -> list[dict[str, Any]]:
        """The lines as a quote stores them."""
        return [
            {
                "kind": str(line.kind),
                "text": line.text,
                "quantity": line.quantity,
                "unit_minor": line.unit_minor,
                "amount_minor": line.amount.minor,
                "currency": self.currency,
                "derivation": line.derivation,
                "from_on": line.service.start.isoformat() if line.service else None,
                "until_on": line.service.end.isoformat() if line.service else None,
                "price_id": line.price_id,
                "parent": line.parent,
                "returns_line_id": line.returns_line_id,
                "tax_rate_id": line.tax_rate_id,
            }
            for line in self.lines
        ]

    def only(self, *, returned: bool) -> Draft:
        """The part that gives back unused time, or the part that charges, each with its taxes."""
        kept: list[DraftLine] = []
        places: dict[int, int] = {}
        for place, line in enumerate(self.lines):
            gives_back = line.returns_line_id is not None
            if gives_back is not returned:
                continue
            places[place] = len(kept)
            kept.append(replace(line, parent=None if line.parent is None else places[line.parent]))
        return Draft(
            self.customer_id, self.kind, self.currency, tuple(kept), self.subscription_id,
            self.period_number, self.period, self.memo, self.treatments,
        )  # fmt: skip

    def _sum(self, amounts: Iterable[Money]) -> Money:
        return Money(sum(amount.minor for amount in amounts), self.currency)


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
        )  # fmt: skip
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
        )  # fmt: skip
    )
    for rate_id, name, amount in charged.taxes:
        tax = derivation.unused_time(amount, charged.service, on)
        lines.append(_tax(name, tax, place, rate_id, service, returns_line_id=charged.line_id))


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
