"""Which part of a line is revenue of which month: deferred until the service is given, then by days."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from portal.core.money import Money, allocate
from portal.core.periods import Period


@dataclass(frozen=True, slots=True)
class Recognition:
    """`amount` is earned by the end of the day `posted_on`."""

    posted_on: date
    amount: Money


def recognitions(amount: Money, period: Period) -> list[Recognition]:
    """`amount` over the months that `period` touches, by days of service; the parts sum to it.

    Each is posted on the last day of its month, the last on the last day of the period.
    """
    months = list(_months(period))
    parts = allocate(amount, [part.days for part in months])
    return [Recognition(month.end - timedelta(days=1), part) for month, part in zip(months, parts, strict=True)]


def first_on(period: Period, issued_on: date) -> date:
    """The day by whose evening the first part of what was issued on `issued_on` is posted, never before that day."""
    month_ends_on = (period.start.replace(day=1) + timedelta(days=32)).replace(day=1) - timedelta(days=1)
    return max(min(month_ends_on, period.end - timedelta(days=1)), issued_on)


def recognised_by(amount: Money, period: Period, on: date) -> Money:
    """How much of `amount` has been posted as revenue by the evening of `on`."""
    return Money.total((part.amount for part in recognitions(amount, period) if part.posted_on <= on), amount.currency)


def _months(period: Period) -> Iterator[Period]:
    start = period.start
    while start < period.end:
        following = (start.replace(day=1) + timedelta(days=32)).replace(day=1)
        end = min(following, period.end)
        yield Period(start, end)
        start = end
