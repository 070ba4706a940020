"""Billing periods: the n-th one is always computed from the anchor, never from the one before."""

from __future__ import annotations

from calendar import isleap
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from fractions import Fraction

from portal.core.errors import PortalError


class PeriodError(PortalError):
    """Days or intervals that do not make a period."""

    code = "period"


class Unit(StrEnum):
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    YEAR = "year"


_DAYS = {Unit.DAY: 1, Unit.WEEK: 7}
_MONTHS = {Unit.MONTH: 1, Unit.YEAR: 12}
_LENGTHS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


@dataclass(frozen=True, slots=True)
class Interval:
    """Every `count` units: every day, every 2 weeks, every 3 months."""

    unit: Unit
    count: int = 1

    def __post_init__(self) -> None:
        if not 1 <= self.count <= 1000:
            raise PeriodError("An interval is between 1 and 1000 units long.")


@dataclass(frozen=True, slots=True)
class Period:
    """The days from `start` up to but not including `end`."""

    start: date
    end: date

    def __post_init__(self) -> None:
        if self.start >= self.end:
            raise PeriodError("A period ends after it starts.")

    @property
    def days(self) -> int:
        return (self.end - self.start).days

    def contains(self, on: date) -> bool:
        return self.start <= on < self.end

    def days_left(self, on: date) -> int:
        """Days from `on`, itself included, to the end; none on the day the period ends."""
        if not self.start <= on <= self.end:
            raise PeriodError(f"{on} is not in the period from {self.start} to {self.end}.")
        return (self.end - on).days

    def share_left(self, on: date) -> Fraction:
        """The exact part of the period that is left on the morning of `on`: 1 on its first day."""
        return Fraction(self.days_left(on), self.days)


def start_of(anchor: date, interval: Interval, n: int) -> date:
    """The first day of period `n`: anchor + n intervals, clamped to the end of a short month.

    From 31 January: 28 or 29 February, 31 March. Issued invoices rest on these days, so the answer
    for given arguments must never change.
    """
    try:
        if interval.unit in _DAYS:
            return anchor + timedelta(days=n * interval.count * _DAYS[interval.unit])
        months = anchor.year * 12 + anchor.month - 1 + n * interval.count * _MONTHS[interval.unit]
        year, month = divmod(months, 12)
        length = 29 if month == 1 and isleap(year) else _LENGTHS[month]
        return date(year, month + 1, min(anchor.day, length))
    except (OverflowError, ValueError):
        raise PeriodError(f"Period {n} from {anchor} lies outside the calendar.") from None


def period_at(anchor: date, interval: Interval, n: int) -> Period:
    """Period `n`; it ends where period n + 1 starts, so periods tile."""
    return Period(start_of(anchor, interval, n), start_of(anchor, interval, n + 1))


def number_on(anchor: date, interval: Interval, on: date) -> int:
    """The number of the period that contains `on`; negative before the anchor."""
    if interval.unit in _DAYS:
        return (on - anchor).days // (interval.count * _DAYS[interval.unit])
    months = (on.year - anchor.year) * 12 + on.month - anchor.month
    n = months // (interval.count * _MONTHS[interval.unit])
    return n if start_of(anchor, interval, n) <= on else n - 1
