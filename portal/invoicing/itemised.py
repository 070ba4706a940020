"""The lines of an invoice or a quote as their reader sees them, each with its taxes beside it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol

from portal.core.formats import Formats
from portal.core.money import Money
from portal.core.sentences import sentences
from portal.invoicing.explaining import Charged, Step, days_of, explained, rate_of, title_of
from portal.invoicing.states import LineKind


class LineRow(Charged, Protocol):
    """A line that taxes and discounts can point at."""

    @property
    def id(self) -> int: ...
    @property
    def parent_id(self) -> int | None: ...
    @property
    def tax_rate_id(self) -> int | None: ...
    @property
    def quantity(self) -> int: ...
    @property
    def unit_minor(self) -> int: ...
    @property
    def amount_minor(self) -> int: ...


@dataclass(frozen=True, slots=True)
class QuotedLine:
    """A line as a quote stores it, in the shape of an invoice line; its place serves as id."""

    id: int
    parent_id: int | None
    tax_rate_id: int | None
    kind: str
    text: str
    quantity: int
    unit_minor: int
    amount_minor: int
    from_on: date | None
    until_on: date | None
    derivation: dict[str, Any]


@dataclass(frozen=True, slots=True)
class TaxPart:
    """One tax of one line: `title` "VAT 7.5% on Team", `name` "VAT 7.5%", what it is on, how it was computed."""

    title: str
    name: str
    rate: str
    base: Money
    amount: Money
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """One line that is not a tax. `quantity` and `unit` are None where they say nothing (discounts, unused time)."""

    kind: str
    title: str
    days: str
    quantity: int | None
    unit: Money | None
    amount: Money
    steps: tuple[Step, ...]
    taxes: tuple[TaxPart, ...]

    @property
    def text(self) -> str:
        """Title and days in one: "Team, 3 Nov to 3 Dec 2026"."""
        return f"{self.title}, {self.days}" if self.days else self.title

    @property
    def rates(self) -> str:
        """The tax rates of the line, "7.5%" or "7.5%, 2.5%"; empty without tax."""
        return ", ".join(tax.rate for tax in self.taxes if tax.rate)


@dataclass(frozen=True, slots=True)
class TaxSum:
    """All of one tax at one rate: "VAT 7.5%" on `base`."""

    title: str
    base: Money
    amount: Money


def lines_shown(
    lines: Iterable[LineRow], currency: str, reader: Formats
) -> tuple[tuple[Line, ...], tuple[TaxSum, ...]]:
    """The lines with their taxes beside them, and the taxes summed by name and rate. Serves quotes as well."""
    listed = list(lines)
    charged = {line.id: line for line in listed if line.kind != LineKind.TAX}
    levied = [line for line in listed if line.kind == LineKind.TAX]
    rates = {line.tax_rate_id: rate_of(line.derivation, reader) for line in levied if rate_of(line.derivation, reader)}
    taxes: dict[int | None, list[TaxPart]] = {}
    for line in levied:
        parent = charged.get(line.parent_id) if line.parent_id is not None else None
        taxes.setdefault(line.parent_id, []).append(
            _tax(line, parent, rates.get(line.tax_rate_id, ""), currency, reader)
        )
    shown = tuple(_line(line, currency, tuple(taxes.get(line.id, ())), reader) for line in charged.values())
    return shown, _sums([tax for parts in taxes.values() for tax in parts])


def quoted_lines(stored: Sequence[Mapping[str, Any]]) -> list[QuotedLine]:
    """The lines of a quote for `lines_shown`."""
    return [
        QuotedLine(
            id=place,
            parent_id=line.get("parent"),
            tax_rate_id=line.get("tax_rate_id"),
            kind=line["kind"],
            text=line["text"],
            quantity=line["quantity"],
            unit_minor=line["unit_minor"],
            amount_minor=line["amount_minor"],
            from_on=_day(line.get("from_on")),
            until_on=_day(line.get("until_on")),
            derivation=line["derivation"],
        )
        for place, line in enumerate(stored)
    ]


def _line(line: LineRow, currency: str, taxes: tuple[TaxPart, ...], reader: Formats) -> Line:
    is_counted = line.kind not in (LineKind.DISCOUNT, LineKind.UNUSED_TIME) and line.quantity > 0
    return Line(
        kind=line.kind,
        title=title_of(line, reader),
        days=days_of(line, reader),
        quantity=line.quantity if is_counted else None,
        unit=Money(line.unit_minor, currency) if is_counted else None,
        amount=Money(line.amount_minor, currency),
        steps=explained(line.derivation, reader),
        taxes=taxes,
    )


def _tax(line: LineRow, parent: LineRow | None, rate: str, currency: str, reader: Formats) -> TaxPart:
    """`rate` as another line of the invoice names it: unused time gives a tax back without saying its rate."""
    name = f"{line.text} {rate}".strip()
    title = (
        sentences(reader.language).gettext("%(tax)s on %(plan)s", tax=name, plan=title_of(parent, reader))
        if parent
        else name
    )
    amount = Money(line.amount_minor, currency)
    return TaxPart(title, name, rate, _base(line, parent, amount), amount, explained(line.derivation, reader))


def _sums(taxes: Sequence[TaxPart]) -> tuple[TaxSum, ...]:
    """By name and rate, in the order in which they first appear."""
    sums: dict[str, TaxSum] = {}
    for tax in taxes:
        before = sums.get(tax.name)
        base, amount = (before.base + tax.base, before.amount + tax.amount) if before else (tax.base, tax.amount)
        sums[tax.name] = TaxSum(tax.name, base, amount)
    return tuple(sums.values())


def _base(line: LineRow, parent: LineRow | None, amount: Money) -> Money:
    """What the tax was reckoned on, without the tax itself."""
    ops = line.derivation.get("ops") or [{}]
    if "base_minor" in ops[0]:
        levied = Money(int(ops[0]["base_minor"]), amount.currency)
        return levied - amount if ops[0].get("inclusive") else levied
    return Money(parent.amount_minor if parent else 0, amount.currency)


def _day(stored: str | None) -> date | None:
    return date.fromisoformat(stored) if stored else None
