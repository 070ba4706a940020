"""What a switch within a period costs, by whole days."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from portal.core.money import Money
from portal.core.periods import Period


@dataclass(frozen=True, slots=True)
class PriceSwitch:
    credit: Money  # unused time on the price being left; never positive
    charge: Money  # remaining time on the price being joined

    @property
    def due(self) -> Money:
        return self.charge + self.credit


def prorate(left: Money, joined: Money, period: Period, on: date) -> PriceSwitch:
    """What leaving `left` for `joined` on the day `on` costs, both for the whole `period`.

    The day itself is billed at the price joined. `left` is what was charged, discount included, not the
    list price. Each side is rounded once, because each becomes a line and lines add up as printed.
    """
    return PriceSwitch(credit=unused(left, period, on), charge=remaining(joined, period, on))


def unused(charged: Money, period: Period, on: date) -> Money:
    """What goes back of `charged`, which was for `period`, when its use ends on the morning of `on`: a negative."""
    return -charged.times(period.share_left(on))


def remaining(price: Money, period: Period, on: date) -> Money:
    """What `price`, which is for `period`, costs from `on` to its end."""
    return price.times(period.share_left(on))
