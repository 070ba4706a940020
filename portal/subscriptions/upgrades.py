"""Does a change take over now, against a charge for the rest of the period, or at its end?"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from portal.core.money import Money
from portal.core.periods import Interval, Unit


class Takeover(StrEnum):
    NOW = "now"
    PERIOD_END = "period_end"


@dataclass(frozen=True, slots=True)
class Basket:
    """A set of items as it counts in a comparison: its plan's place in the family, and the price of a full period."""

    family: str
    tier: int
    interval: Interval
    price: Money


_DAYS = {Unit.DAY: 1, Unit.WEEK: 7, Unit.MONTH: 30, Unit.YEAR: 365}


def takeover(before: Basket, after: Basket) -> Takeover:
    """Upgrades now, downgrades at the end of the period that was paid for.

    A longer interval is an upgrade, then a higher tier of the same family, then a price that is not lower.
    """
    if before.interval != after.interval:
        return _now_if(_length(after.interval) > _length(before.interval))
    if before.family == after.family and before.tier != after.tier:
        return _now_if(after.tier > before.tier)
    return _now_if(after.price >= before.price)


def _length(interval: Interval) -> int:
    """About how many days, enough to tell which is longer."""
    return _DAYS[interval.unit] * interval.count


def _now_if(is_upgrade: bool) -> Takeover:
    return Takeover.NOW if is_upgrade else Takeover.PERIOD_END
