"""A line in the reader's language: what it is, for which days, and how it came to its amount."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol

from portal.core.formats import Formats
from portal.core.money import Money
from portal.core.sentences import Sentences, sentences
from portal.invoicing.derivation import steps
from portal.invoicing.states import LineKind

PERCENT = 10_000  # parts per million in one of a hundred


class Charged(Protocol):
    """What a line must have to be told: an `InvoiceLine`, or a line of a quote in the same shape."""

    @property
    def kind(self) -> str: ...
    @property
    def text(self) -> str: ...
    @property
    def from_on(self) -> date | None: ...
    @property
    def until_on(self) -> date | None: ...
    @property
    def derivation(self) -> dict[str, Any]: ...


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a calculation: "5 × ₦9,000.00" and what it comes to."""

    text: str
    result: Money


def title_of(line: Charged, reader: Formats) -> str:
    """What the line is, without its days: "Team", "Unused time on Starter"; a tax by its name alone."""
    _ = sentences(reader.language).gettext
    if line.kind == LineKind.UNUSED_TIME:
        return _("Unused time on %(plan)s", plan=line.text)
    if line.kind == LineKind.DISCOUNT:
        return line.text or _("Discount")
    return line.text


def days_of(line: Charged, reader: Formats) -> str:
    """The days the line is for: "3 Nov to 3 Dec 2026"; empty without any."""
    if line.from_on is None or line.until_on is None:
        return ""
    return span(line.from_on, line.until_on, reader)


def span(start: date, end: date, reader: Formats) -> str:
    """Half-open days as people say them; the year once where both share it."""
    first = reader.day_short(start) if start.year == end.year else reader.day(start)
    return sentences(reader.language).gettext("%(start)s to %(end)s", start=first, end=reader.day(end))


def explained(derivation: Mapping[str, Any], reader: Formats) -> tuple[Step, ...]:
    """How the amount came about, step by step; nothing for a line that was stored without a derivation."""
    if not derivation:
        return ()
    words = sentences(reader.language)
    return tuple(
        Step(_TOLD[step["label"]](step["values"], words, reader), step["result"]) for step in steps(derivation)
    )


def rate_of(derivation: Mapping[str, Any], reader: Formats) -> str:
    """The rate of a tax line, like 7.5%."""
    ppm = derivation["ops"][0].get("ppm") if derivation else None
    return "" if ppm is None else percent(ppm, reader)


def percent(ppm: int, reader: Formats) -> str:
    """Parts per million as a percentage with as many decimals as it has: 7.5%, 11%."""
    whole, rest = divmod(ppm, PERCENT)
    decimals = f"{rest:04}".rstrip("0")
    number = f"{whole}{reader.decimal}{decimals}" if decimals else str(whole)
    return f"{number}\u00a0%" if reader.language == "fr" else f"{number}%"


Teller = Callable[[Mapping[str, Any], Sentences, Formats], str]


def _flat(values: Mapping[str, Any], words: Sentences, reader: Formats) -> str:
    return words.gettext("%(price)s for the whole period", price=reader.money(values["unit"]))


def _per_unit(values: Mapping[str, Any], words: Sentences, reader: Formats) -> str:
    quantity, unit = reader.count(values["quantity"]), reader.money(values["unit"])
    return words.gettext("%(quantity)s × %(price)s", quantity=quantity, price=unit)


def _package(values: Mapping[str, Any], words: Sentences, reader: Formats) -> str:
    return words.gettext(
        "%(quantity)s in packages of %(size)s at %(price)s each",
        quantity=reader.count(values["quantity"]),
        size=reader.count(values["package_units"]),
        price=reader.money(values["unit"]),
    )


def _tiered(values: Mapping[str, Any], words: Sentences, reader: Formats) -> str:
    parts, floor = [], 0
    for tier in values["tiers"]:
        ceiling = values["quantity"] if tier["up_to"] is None else min(values["quantity"], tier["up_to"])
        if ceiling > floor:
            parts.append(_tier(ceiling - floor, tier, words, reader))
        floor = max(floor, ceiling)
    return " + ".join(parts) or reader.count(0)


def _volume(values: Mapping[str, Any], words: Sentences, reader: Formats) -> str:
    quantity = values["quantity"]
    reached = [tier for tier in values["tiers"] if tier["up_to"] is None or quantity <= tier["up_to"]]
    return _tier(quantity, reached[0], words, reader) if quantity and reached else reader.count(0)


def _tier(units: int, tier: Mapping[str, Any], words: Sentences, reader: Formats) -> str:
    product = words.gettext("%(quantity)s × %(price)s", quantity=reader.count(units), price=reader.money(tier["unit"]))
    if tier["flat"].is_zero:
        return product
    return words.gettext("%(product)s and %(flat)s once", product=product, flat=reader.money(tier["flat"]))


def _remaining(values: Mapping[str, Any], words: Sentences, reader: Formats) -> str:
    return words.gettext("%(left)s of %(days)s days of the period", left=values["days_left"], days=values["days"])


def _unused(values: Mapping[str, Any], words: Sentences, reader: Formats) -> str:
    charged = reader.money(values["charged"])
    return words.gettext(
        "%(left)s of %(days)s days of the %(charged)s you were charged",
        left=values["days_left"],
        days=values["days"],
        charged=charged,
    )


def _net(values: Mapping[str, Any], words: Sentences, reader: Formats) -> str:
    return words.gettext("without the tax within the price")


def _tax_added(values: Mapping[str, Any], words: Sentences, reader: Formats) -> str:
    return words.gettext("%(rate)s of %(base)s", rate=percent(values["ppm"], reader), base=reader.money(values["base"]))


def _tax_within(values: Mapping[str, Any], words: Sentences, reader: Formats) -> str:
    return words.gettext(
        "%(rate)s, taken out of %(base)s", rate=percent(values["ppm"], reader), base=reader.money(values["base"])
    )


def _discount_amount(values: Mapping[str, Any], words: Sentences, reader: Formats) -> str:
    return words.gettext("%(off)s off %(base)s", off=reader.money(values["off"]), base=reader.money(values["base"]))


_TOLD: dict[str, Teller] = {
    "price.flat": _flat,
    "price.per_unit": _per_unit,
    "price.package": _package,
    "price.tiered": _tiered,
    "price.volume": _volume,
    "remaining_time": _remaining,
    "unused_time": _unused,
    "net_of_tax": _net,
    "tax.exclusive": _tax_added,
    "tax.inclusive": _tax_within,
    "discount.percent": _tax_added,
    "discount.amount": _discount_amount,
    "manual": _per_unit,
}
