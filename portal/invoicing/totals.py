"""From lines to totals that add up exactly as printed: lines and taxes are summed, never computed again."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from portal.core.money import Money
from portal.invoicing.states import LineKind


@dataclass(frozen=True, slots=True)
class Totals:
    """`net` is the subtotal with its discounts, `total` is net and tax."""

    subtotal: Money
    discount: Money  # never positive
    tax: Money

    @property
    def net(self) -> Money:
        return self.subtotal + self.discount

    @property
    def total(self) -> Money:
        return self.net + self.tax


def totals(lines: Iterable[tuple[LineKind, Money]], currency: str) -> Totals:
    """The sums of an invoice over its lines; all zero without lines."""
    zero = Money.zero(currency)
    subtotal, discount, tax = zero, zero, zero
    for kind, amount in lines:
        if kind is LineKind.TAX:
            tax += amount
        elif kind is LineKind.DISCOUNT:
            discount += amount
        else:
            subtotal += amount
    return Totals(subtotal, discount, tax)


def by_rate(taxes: Iterable[tuple[str, Money]], currency: str) -> dict[str, Money]:
    """The tax lines summed per rate, in the order in which the rates first appear."""
    sums: dict[str, Money] = {}
    for rate, amount in taxes:
        sums[rate] = sums.get(rate, Money.zero(currency)) + amount
    return sums
