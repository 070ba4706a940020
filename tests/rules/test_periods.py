from datetime import date, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as some

from portal.core.periods import Interval, Period, PeriodError, Unit, number_on, period_at, start_of

anchors = some.dates(date(2000, 1, 1), date(2100, 12, 31))
intervals = some.builds(Interval, some.sampled_from(list(Unit)), some.integers(1, 24))
MONTHLY = Interval(Unit.MONTH)


@pytest.mark.parametrize(
    ("anchor", "interval", "starts"),
    [
        ("2026-01-31", MONTHLY, ["2026-01-31", "2026-02-28", "2026-03-31", "2026-04-30", "2026-05-31"]),
        ("2024-01-31", MONTHLY, ["2024-01-31", "2024-02-29", "2024-03-31"]),
        ("2025-12-30", MONTHLY, ["2025-12-30", "2026-01-30", "2026-02-28", "2026-03-30"]),
        ("2023-11-29", Interval(Unit.MONTH, 3), ["2023-11-29", "2024-02-29", "2024-05-29", "2024-08-29"]),
        ("2024-02-29", Interval(Unit.YEAR), ["2024-02-29", "2025-02-28", "2026-02-28", "2027-02-28", "2028-02-29"]),
        ("2096-02-29", Interval(Unit.YEAR, 4), ["2096-02-29", "2100-02-28", "2104-02-29"]),
        ("2026-02-27", Interval(Unit.WEEK), ["2026-02-27", "2026-03-06", "2026-03-13"]),
        ("2026-12-31", Interval(Unit.DAY, 30), ["2026-12-31", "2027-01-30", "2027-03-01"]),
    ],
)
def test_the_awkward_anchors(anchor, interval, starts):
    found = [start_of(date.fromisoformat(anchor), interval, n).isoformat() for n in range(len(starts))]
    assert found == starts


def test_a_period_is_half_open():
    march = Period(date(2026, 3, 1), date(2026, 4, 1))
    assert march.days == 31
    assert march.contains(date(2026, 3, 1))
    assert not march.contains(date(2026, 4, 1))


@pytest.mark.parametrize(
    ("on", "left"), [(1, Fraction(1)), (2, Fraction(30, 31)), (17, Fraction(15, 31)), (31, Fraction(1, 31))]
)
def test_the_day_itself_is_left_in_the_morning(on, left):
    assert Period(date(2026, 3, 1), date(2026, 4, 1)).share_left(date(2026, 3, on)) == left


def test_nothing_is_left_when_it_ends():
    assert Period(date(2026, 3, 1), date(2026, 4, 1)).share_left(date(2026, 4, 1)) == 0


@pytest.mark.parametrize("wrong", [lambda: Period(date(2026, 1, 1), date(2026, 1, 1)), lambda: Interval(Unit.DAY, 0)])
def test_empty_periods_and_intervals_are_refused(wrong):
    with pytest.raises(PeriodError):
        wrong()


@pytest.mark.parametrize("on", [date(2026, 2, 28), date(2026, 4, 2)])
def test_a_day_outside_has_no_share(on):
    with pytest.raises(PeriodError):
        Period(date(2026, 3, 1), date(2026, 4, 1)).share_left(on)


def test_the_calendar_ends_somewhere():
    for unit in Unit:
        with pytest.raises(PeriodError):
            start_of(date(2026, 1, 1), Interval(unit, 1000), 10**7)


@given(anchors, intervals, some.integers(0, 100))
def test_periods_tile(anchor, interval, n):
    assert period_at(anchor, interval, n).end == period_at(anchor, interval, n + 1).start


@given(anchors, intervals, some.integers(0, 100), some.data())
def test_each_day_knows_its_period(anchor, interval, n, data):
    period = period_at(anchor, interval, n)
    on = period.start + timedelta(days=data.draw(some.integers(0, period.days - 1)))
    assert number_on(anchor, interval, on) == n


@given(anchors, intervals, some.integers(-400, 400))
def test_a_day_always_lies_in_the_period_of_its_number(anchor, interval, distance):
    on = anchor + timedelta(days=distance)
    assert period_at(anchor, interval, number_on(anchor, interval, on)).contains(on)


@given(anchors, some.sampled_from(list(Unit)))
def test_renewing_day_by_day_lands_where_jumping_does(anchor, unit):
    interval, n, end = Interval(unit), 0, start_of(anchor, Interval(unit), 1)
    for passed in range(4 * 366):
        on = anchor + timedelta(days=passed)
        if on == end:
            n, end = n + 1, start_of(anchor, interval, n + 2)
        assert number_on(anchor, interval, on) == n
