from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as some

from portal.core.money import Money
from portal.core.periods import Period
from portal.journal.recognition import recognised_by, recognitions

amounts = some.builds(Money, some.integers(-(10**9), 10**9), some.just("NGN"))
periods = some.builds(
    lambda start, days: Period(start, start + timedelta(days=days)),
    some.dates(date(2020, 1, 1), date(2040, 1, 1)),
    some.integers(1, 800),
)


@pytest.mark.parametrize(
    ("minor", "start", "end", "months"),
    [
        (3_000, "2026-04-01", "2026-05-01", [("2026-04-30", 3_000)]),
        (3_000, "2026-04-16", "2026-05-16", [("2026-04-30", 1_500), ("2026-05-15", 1_500)]),
        (100, "2026-01-31", "2026-03-31", [("2026-01-31", 2), ("2026-02-28", 47), ("2026-03-30", 51)]),
        (-3_000, "2026-04-16", "2026-05-16", [("2026-04-30", -1_500), ("2026-05-15", -1_500)]),
        (7, "2026-12-31", "2027-01-01", [("2026-12-31", 7)]),
    ],
)
def test_revenue_of_a_month_is_its_days_of_service(minor, start, end, months):
    period = Period(date.fromisoformat(start), date.fromisoformat(end))
    found = recognitions(Money(minor, "NGN"), period)
    assert [(part.posted_on.isoformat(), part.amount.minor) for part in found] == months


def test_what_is_recognised_by_a_day():
    year = Period(date(2026, 1, 1), date(2027, 1, 1))
    assert recognised_by(Money(36_500, "NGN"), year, date(2026, 1, 30)) == Money(0, "NGN")
    assert recognised_by(Money(36_500, "NGN"), year, date(2026, 1, 31)) == Money(3_100, "NGN")
    assert recognised_by(Money(36_500, "NGN"), year, date(2026, 12, 31)) == Money(36_500, "NGN")


@given(amounts, periods)
def test_all_is_recognised_in_the_end_and_nothing_twice(amount, period):
    parts = recognitions(amount, period)
    assert Money.total((part.amount for part in parts), "NGN") == amount
    assert len({part.posted_on for part in parts}) == len(parts)


@given(amounts, periods)
def test_each_part_is_posted_within_the_period_in_a_month_of_its_own(amount, period):
    days = [part.posted_on for part in recognitions(amount, period)]
    assert all(period.contains(on) for on in days)
    assert len({(on.year, on.month) for on in days}) == len(days)
