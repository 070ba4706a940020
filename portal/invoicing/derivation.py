"""How a line came to its amount, as data stored with the line: it can be replayed, and told in sentences.

A derivation is `{"currency": "NGN", "ops": [...]}`. Each op names its `rule`, its inputs and the `result_minor` it
came to; the last result is the amount of the line. An op without a base of its own takes the result before it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from portal.catalogue.pricing import PriceModel, PriceTerms, price_of
from portal.core.errors import Invalid
from portal.core.money import Money
from portal.core.periods import Period
from portal.invoicing import proration
from portal.invoicing.taxes import WHOLE, TaxRate, tax_of

Op = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Figure:
    """An amount together with how it came about. Never made but by the functions of this file."""

    amount: Money
    ops: tuple[Op, ...]

    @property
    def derivation(self) -> dict[str, Any]:
        """The JSON that is stored with the line."""
        return {"currency": self.amount.currency, "ops": [dict(op) for op in self.ops]}

    def then(self, rule: str, result: Money, **inputs: Any) -> Figure:
        return Figure(result, (*self.ops, {"rule": rule, **inputs, "result_minor": result.minor}))


@dataclass(frozen=True, slots=True)
class TaxedFigure:
    """A line without its tax, and one figure for each rate that applies to it."""

    net: Figure
    taxes: tuple[tuple[TaxRate, Figure], ...]


def priced(terms: PriceTerms, quantity: int) -> Figure:
    """The price of `quantity` for one full period."""
    inputs: dict[str, Any] = {"model": str(terms.model), "quantity": quantity}
    if terms.model in (PriceModel.TIERED, PriceModel.VOLUME):
        inputs["tiers"] = [[tier.up_to, tier.unit_minor, tier.flat_minor] for tier in terms.tiers]
    else:
        inputs["unit_minor"] = terms.amount_minor
    if terms.model is PriceModel.PACKAGE:
        inputs["package_units"] = terms.package_units
    return _first("price", price_of(terms, quantity), **inputs)


def remaining_time(full: Figure, period: Period, on: date) -> Figure:
    """The part of a full price from `on` to the end of `period`."""
    amount = proration.remaining(full.amount, period, on)
    return full.then("remaining_time", amount, days_left=period.days_left(on), days=period.days)


def unused_time(charged: Money, period: Period, on: date) -> Figure:
    """What goes back of `charged`, discount included, which was for `period`, when it ends on the morning of `on`."""
    amount = proration.unused(charged, period, on)
    inputs = {"charged_minor": charged.minor, "days_left": period.days_left(on), "days": period.days}
    return _first("unused_time", amount, **inputs)


def percent_off(base: Money, ppm: int) -> Figure:
    """A discount of `ppm` parts per million of `base`, as a negative."""
    if not 0 <= ppm <= WHOLE:
        raise Invalid("A discount is between nothing and everything.", field="discount")
    return _first("discount", -tax_of(base, ppm), base_minor=base.minor, ppm=ppm)


def amount_off(base: Money, off: Money) -> Figure:
    """A discount of a fixed amount, never more than `base`, as a negative."""
    if off.is_negative or base.is_negative:
        raise Invalid("A discount is between nothing and everything.", field="discount")
    return _first("discount", -min(base, off), base_minor=base.minor, off_minor=off.minor)


def by_hand(unit: Money, quantity: int) -> Figure:
    """What a person put on the invoice: so many at so much."""
    return _first("manual", unit.times(quantity), unit_minor=unit.minor, quantity=quantity)


def with_taxes(line: Figure, rates: Sequence[TaxRate], *, inclusive: bool, base: Money | None = None) -> TaxedFigure:
    """The line and its taxes, each rounded once.

    Exclusive: taxes are added to the line, reckoned on `base` where that differs from it (after discounts).
    Inclusive: they are taken out of it, the line keeps what is left, and `base` must not be given.
    """
    if not inclusive:
        levied = line.amount if base is None else base
        return TaxedFigure(line, tuple((rate, _tax(levied, rate, WHOLE)) for rate in rates))
    if base is not None:
        raise Invalid("Taxes within a price are reckoned on the price itself.")
    out_of = WHOLE + sum(rate.ppm for rate in rates)
    taxes = tuple((rate, _tax(line.amount, rate, out_of)) for rate in rates)
    if not taxes:
        return TaxedFigure(line, ())
    net = line.amount - Money.total((tax.amount for _, tax in taxes), line.amount.currency)
    return TaxedFigure(line.then("net_of_tax", net, ppms=[rate.ppm for rate in rates]), taxes)


def steps(derivation: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The derivation as steps to be told: `rule`, a `label` to look the sentence up by, `values`, and the `result`.

    Amounts are `Money`; quantities, days and parts per million stay whole numbers. No language in here.
    """
    currency = derivation["currency"]
    return [_step(op, currency) for op in derivation["ops"]]


def _first(rule: str, result: Money, **inputs: Any) -> Figure:
    return Figure(result, ()).then(rule, result, **inputs)


def _tax(base: Money, rate: TaxRate, out_of: int) -> Figure:
    inputs = {"base_minor": base.minor, "ppm": rate.ppm, "code": rate.code, "inclusive": out_of != WHOLE}
    return _first("tax", tax_of(base, rate.ppm, out_of), **inputs, out_of_ppm=out_of)


def _step(op: Op, currency: str) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for key, value in op.items():
        if key == "tiers":
            values["tiers"] = [
                {"up_to": up_to, "unit": Money(unit, currency), "flat": Money(flat, currency)}
                for up_to, unit, flat in value
            ]
        elif key.endswith("_minor"):
            values[key.removesuffix("_minor")] = Money(value, currency)
        elif key != "rule":
            values[key] = value
    result = values.pop("result")
    return {"rule": op["rule"], "label": _label(op), "values": values, "result": result}


def _label(op: Op) -> str:
    rule = op["rule"]
    if rule == "price":
        return f"price.{op['model']}"
    if rule == "tax":
        return "tax.inclusive" if op["inclusive"] else "tax.exclusive"
    if rule == "discount":
        return "discount.percent" if "ppm" in op else "discount.amount"
    return str(rule)
