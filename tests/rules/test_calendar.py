"""Every start day of a century, 120 periods of each unit, against a calendar counted by hand."""

from datetime import date
from itertools import accumulate

import pytest

from portal.core.periods import Interval, Unit, start_of

PERIODS = 120
FIRST_YEAR, LAST_START, LAST_YEAR = 2000, 2100, 2100 + PERIODS + 1
JAN_1_2000 = 730120  # days since the first of January of the year 1, counting it


def lengths_of(year):
    """Months by the rhyme: thirty days hath September, April, June and November."""
    february = 29 if (year % 4 == 0 and year % 100 != 0) or year % 400 == 0 else 28
    return [february if month == 2 else 30 if month in (4, 6, 9, 11) else 31 for month in range(1, 13)]


LENGTHS = [length for year in range(FIRST_YEAR, LAST_YEAR + 1) for length in lengths_of(year)]
FIRSTS = list(accumulate(LENGTHS, initial=JAN_1_2000))
CLAMPED = {
    day: [first + min(day, length) - 1 for first, length in zip(FIRSTS, LENGTHS, strict=False)] for day in range(1, 32)
}


def starts_in(decade):
    """Each day of the ten years as (ordinal, month counted from 2000, day of the month)."""
    for month in range((decade - FIRST_YEAR) * 12, min(decade + 10 - FIRST_YEAR, LAST_START - FIRST_YEAR + 1) * 12):
        for day in range(1, LENGTHS[month] + 1):
            yield FIRSTS[month] + day - 1, month, day


def expected(unit, ordinal, month, day):
    if unit is Unit.DAY:
        return list(range(ordinal, ordinal + PERIODS + 1))
    if unit is Unit.WEEK:
        return list(range(ordinal, ordinal + 7 * PERIODS + 1, 7))
    step = 1 if unit is Unit.MONTH else 12
    return CLAMPED[day][month : month + step * PERIODS + 1 : step]


def test_the_counted_calendar_begins_and_ends_where_it_should():
    assert FIRSTS[0] == date(2000, 1, 1).toordinal()
    assert FIRSTS[(LAST_START - FIRST_YEAR) * 12] == date(2100, 1, 1).toordinal()
    assert sum(1 for decade in range(2000, 2101, 10) for _ in starts_in(decade)) == 101 * 365 + 25


@pytest.mark.parametrize("unit", list(Unit))
@pytest.mark.parametrize("decade", range(2000, 2101, 10))
def test_each_period_begins_where_the_calendar_says(decade, unit):
    interval, numbers = Interval(unit), range(PERIODS + 1)
    for ordinal, month, day in starts_in(decade):
        anchor = date.fromordinal(ordinal)
        found = [start_of(anchor, interval, n).toordinal() for n in numbers]
        assert found == expected(unit, ordinal, month, day), f"{anchor} every {unit}"
