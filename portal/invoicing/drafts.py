"""The values an invoice is drafted from, and the draft itself. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from typing import Any

from portal.catalogue.pricing import PriceTerms
from portal.core.chain import digest_of
from portal.core.money import Money
from portal.core.periods import Period
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

    `taxes` are that line's own tax lines: their id, rate id, name, amount.
    """

    line_id: int
    price_id: int
    text: str
    quantity: int
    amount: Money
    service: Period
    taxes: tuple[tuple[int, int | None, str, Money], ...]


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
