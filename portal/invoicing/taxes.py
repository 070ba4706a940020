"""Which taxes for whom, where and when; and the tax of one line, rate by rate."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from fractions import Fraction

from portal.core.errors import Refused
from portal.core.money import Money

ANY = "*"
WHOLE = 1_000_000


class TaxMissing(Refused):
    """No rule, or no rate, says how to tax this. Nothing is billed until one does."""

    code = "tax_missing"

    def __init__(self, sentence: str, country: str, **values: object) -> None:
        super().__init__(sentence, country=country, **values)
        self.country = country


class Treatment(StrEnum):
    """Why a rule levies what it levies; the words on the invoice follow from it."""

    STANDARD = "standard"
    REVERSE_CHARGE = "reverse_charge"
    EXEMPT = "exempt"
    OUTSIDE_SCOPE = "outside_scope"


@dataclass(frozen=True, slots=True)
class TaxRate:
    """`ppm` parts per million from the day `from_on` until the next rate of the same code."""

    code: str
    ppm: int
    from_on: date
    id: int | None = None
    name: str = ""


@dataclass(frozen=True, slots=True)
class TaxRule:
    """Sales to `customer_class` in `country` of `product_class` bear the rates `rate_codes`, from `from_on`.

    `ANY` matches everything. No codes means: no tax, and somebody has decided so.
    """

    country: str
    rate_codes: tuple[str, ...]
    from_on: date
    customer_class: str = ANY
    product_class: str = ANY
    treatment: Treatment = Treatment.STANDARD


@dataclass(frozen=True, slots=True)
class Taxation:
    """The rates that apply to one line, and why."""

    rates: tuple[TaxRate, ...]
    treatment: Treatment


@dataclass(frozen=True, slots=True)
class Sale:
    """What decides the tax of a line: where and who the buyer is, what is sold, and the day that counts."""

    country: str
    customer_class: str
    product_class: str
    on: date


@dataclass(frozen=True, slots=True)
class TaxPart:
    rate: TaxRate
    amount: Money


@dataclass(frozen=True, slots=True)
class Taxed:
    """`net` and the taxes on it; what the buyer pays is their sum."""

    net: Money
    taxes: tuple[TaxPart, ...]

    @property
    def gross(self) -> Money:
        return Money.total((part.amount for part in self.taxes), self.net.currency) + self.net


def taxation(sale: Sale, rules: Iterable[TaxRule], rates: Sequence[TaxRate]) -> Taxation:
    """The rates in force for `sale`, in the order of the rule.

    The most particular rule wins: its country first, then its customer class, then its product class, then
    the latest. Silence is never "no tax": without a rule, or without a rate in force, `TaxMissing`. A seller
    who levies none says so with one rule for any country without codes.
    """
    matching = [rule for rule in rules if _matches(rule, sale)]
    if not matching:
        raise TaxMissing(
            "No tax rule covers %(kind)s customers in %(country)s.", sale.country, kind=sale.customer_class
        )
    rule = max(matching, key=_particularity)
    return Taxation(tuple(_rate(code, rates, sale) for code in rule.rate_codes), rule.treatment)


def taxed(amount: Money, rates: Sequence[TaxRate], *, inclusive: bool) -> Taxed:
    """`amount` with each tax rounded once. Inclusive: the taxes are taken out of it and net is what is left."""
    parts = tuple(TaxPart(rate, tax_of(amount, rate.ppm, _out_of(rates, inclusive))) for rate in rates)
    if not inclusive:
        return Taxed(amount, parts)
    return Taxed(amount - Money.total((part.amount for part in parts), amount.currency), parts)


def tax_of(base: Money, ppm: int, out_of: int = WHOLE) -> Money:
    """`ppm` per `out_of` of `base`: per million when exclusive, per million plus all rates when inclusive."""
    return base.times(Fraction(ppm, out_of))


def _out_of(rates: Sequence[TaxRate], inclusive: bool) -> int:
    return WHOLE + sum(rate.ppm for rate in rates) if inclusive else WHOLE


def _matches(rule: TaxRule, sale: Sale) -> bool:
    return (
        rule.from_on <= sale.on
        and rule.country in (ANY, sale.country)
        and rule.customer_class in (ANY, sale.customer_class)
        and rule.product_class in (ANY, sale.product_class)
    )


def _particularity(rule: TaxRule) -> tuple[bool, bool, bool, date]:
    return rule.country != ANY, rule.customer_class != ANY, rule.product_class != ANY, rule.from_on


def _rate(code: str, rates: Sequence[TaxRate], sale: Sale) -> TaxRate:
    in_force = [rate for rate in rates if rate.code == code and rate.from_on <= sale.on]
    if not in_force:
        raise TaxMissing("The tax rate %(code)s has no value for %(day)s.", sale.country, code=code, day=sale.on)
    return max(in_force, key=lambda rate: rate.from_on)
