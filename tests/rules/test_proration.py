from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as some

from portal.core.money import Money
from portal.core.periods import Period
from portal.invoicing.proration import prorate, remaining, unused

APRIL = Period(date(2026, 4, 1), date(2026, 5, 1))
prices = some.builds(Money, some.integers(0, 10_000_00), some.just("NGN"))


@some.composite
def days_in_a_period(draw):
    start, length = draw(some.dates(date(2020, 1, 1), date(2035, 12, 31))), draw(some.integers(1, 366))
    return Period(start, start + timedelta(days=length)), start + timedelta(days=draw(some.integers(0, length - 1)))


@pytest.mark.parametrize(
    ("left", "joined", "on", "credit", "charge"),
    [
        (30_000, 60_000, 1, -30_000, 60_000),  # the whole month
        (30_000, 60_000, 16, -15_000, 30_000),  # the 16th belongs to the price joined
        (30_000, 60_000, 30, -1_000, 2_000),
        (100, 200, 11, -67, 133),  # two thirds, each side rounded once
        (0, 1_001, 16, 0, 501),  # a half goes away from zero
        (1_001, 0, 16, -501, 0),
    ],
)
def test_a_switch_by_whole_days(left, joined, on, credit, charge):
    switch = prorate(Money(left, "NGN"), Money(joined, "NGN"), APRIL, date(2026, 4, on))
    assert (switch.credit.minor, switch.charge.minor) == (credit, charge)
    assert switch.due.minor == credit + charge


@given(prices, prices, days_in_a_period())
def test_changing_your_mind_on_the_same_day_costs_nothing(left, joined, when):
    there, back = prorate(left, joined, *when), prorate(joined, left, *when)
    assert (there.due + back.due).minor == 0


@given(prices, prices, days_in_a_period())
def test_a_switch_moves_no_more_than_the_difference_in_price(left, joined, when):
    difference, rounding = (joined - left).minor, 1
    assert min(difference, 0) - rounding <= prorate(left, joined, *when).due.minor <= max(difference, 0) + rounding


@given(prices, days_in_a_period())
def test_waiting_a_day_never_makes_the_rest_dearer(price, when):
    period, on = when
    assert remaining(price, period, on + timedelta(days=1)) <= remaining(price, period, on)


@given(prices, days_in_a_period())
def test_what_was_used_and_what_goes_back_is_what_was_charged(price, when):
    period, on = when
    used = price.times(1 - period.share_left(on))
    rounding = 1
    assert abs((used - unused(price, period, on) - price).minor) <= rounding


@given(prices, days_in_a_period())
def test_leaving_on_the_first_day_gives_everything_back(price, when):
    period, _ = when
    assert unused(price, period, period.start) == -price
