"""What a subscription is worth a month: the formula behind MRR, and items priced by the list. Pure.

MRR of an item is its list price before tax, for one period, times the share of a month that the period is:

    day    × 365/12 ÷ count          month  × 1 ÷ count
    week   × 365/84 ÷ count          year   × 1/12 ÷ count

Subscriptions that are active or past due count; trials, pauses and suspensions do not.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from portal.catalogue.pricing import PriceTerms, price_of
from portal.core.money import Money, round_half_away
from portal.core.periods import Interval, Unit

COUNTING = ("active", "past_due")

_MONTHLY = {
    Unit.DAY: Fraction(365, 12),
    Unit.WEEK: Fraction(365, 84),
    Unit.MONTH: Fraction(1),
    Unit.YEAR: Fraction(1, 12),
}


@dataclass(frozen=True, slots=True)
class Held:
    """So many units of a price; `times`: by so many subscriptions alike."""

    terms: PriceTerms
    interval: Interval
    quantity: int
    times: int = 1

    @property
    def minor(self) -> int:
        """What one of them costs for a period, before tax."""
        return price_of(self.terms, self.quantity).minor

    @property
    def monthly(self) -> Fraction:
        """What all of them are worth a month, in minor units and unrounded."""
        return self.minor * self.times * _MONTHLY[self.interval.unit] / self.interval.count


def mrr(held: Iterable[Held], currency: str) -> Money:
    """Rounded once, half away from zero, on the sum."""
    return Money(round_half_away(sum((one.monthly for one in held), Fraction(0))), currency)


def per_period(held: Iterable[Held], currency: str) -> Money:
    """What they cost for one period, before tax."""
    return Money(sum(one.minor * one.times for one in held), currency)
