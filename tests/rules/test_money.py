from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as some

from portal.core.money import BOUND, CURRENCIES, Money, MoneyError, allocate, digits, round_half_away

amounts = some.builds(Money, some.integers(-(10**12), 10**12), some.just("NGN"))
weights = some.lists(some.integers(0, 1000), min_size=1, max_size=20).filter(any)
ratios = some.fractions(min_value=-1000, max_value=1000, max_denominator=10**6)


@pytest.mark.parametrize(
    ("exact", "rounded"),
    [
        (Fraction(0), 0),
        (Fraction(1, 2), 1),
        (Fraction(-1, 2), -1),
        (Fraction(3, 2), 2),
        (Fraction(5, 2), 3),
        (Fraction(-5, 2), -3),
        (Fraction(49, 100), 0),
        (Fraction(-49, 100), 0),
        (Fraction(10**30 * 2 + 1, 2), 10**30 + 1),
    ],
)
def test_a_half_goes_away_from_zero(exact, rounded):
    assert round_half_away(exact) == rounded


@pytest.mark.parametrize(
    ("currency", "places"), [("NGN", 2), ("USD", 2), ("JPY", 0), ("KWD", 3), ("IDR", 0), ("XOF", 0)]
)
def test_minor_units_come_from_our_own_table(currency, places):
    assert digits(currency) == places


def test_every_currency_has_three_letters_and_sensible_places():
    assert all(len(code) == 3 and code.isupper() and places in (0, 2, 3) for code, places in CURRENCIES.items())
    assert len(CURRENCIES) > 140


@pytest.mark.parametrize("minor", [1.0, "1", None, True, Fraction(1)])
def test_only_whole_numbers_are_amounts(minor):
    with pytest.raises(MoneyError):
        Money(minor, "NGN")


def test_amounts_have_bounds():
    assert Money(BOUND, "NGN").minor == BOUND
    for beyond in (BOUND + 1, -BOUND - 1):
        with pytest.raises(MoneyError):
            Money(beyond, "NGN")
    with pytest.raises(MoneyError):
        Money(BOUND, "NGN") + Money(1, "NGN")


@pytest.mark.parametrize("reckon", [lambda a, b: a + b, lambda a, b: a - b, lambda a, b: a < b, lambda a, b: a >= b])
def test_two_currencies_are_never_reckoned_together(reckon):
    with pytest.raises(MoneyError):
        reckon(Money(1, "NGN"), Money(1, "GHS"))


@pytest.mark.parametrize("factor", [0.5, "2", True])
def test_money_is_multiplied_by_exact_numbers_only(factor):
    with pytest.raises(MoneyError):
        Money(100, "NGN").times(factor)


def test_an_unknown_currency_is_refused():
    with pytest.raises(MoneyError):
        Money(1, "ngn")
    with pytest.raises(MoneyError):
        digits("XXX")


@pytest.mark.parametrize(
    ("minor", "parts", "shares"),
    [
        (100, [1, 1, 1], [34, 33, 33]),
        (-100, [1, 1, 1], [-34, -33, -33]),
        (101, [2, 1], [67, 34]),
        (5, [0, 1], [0, 5]),
        (1, [1, 1, 1], [1, 0, 0]),
        (10, [3, 3, 4], [3, 3, 4]),
        (0, [1, 2], [0, 0]),
    ],
)
def test_what_rounding_leaves_over_goes_to_the_largest_fractions(minor, parts, shares):
    assert [share.minor for share in allocate(Money(minor, "NGN"), parts)] == shares


@pytest.mark.parametrize("parts", [[], [0], [0, 0], [1, -1]])
def test_nothing_is_split_by_nothing(parts):
    with pytest.raises(MoneyError):
        allocate(Money(1, "NGN"), parts)


@given(amounts, weights)
def test_parts_always_sum_to_the_whole(total, parts):
    assert sum(share.minor for share in allocate(total, parts)) == total.minor


@given(amounts, weights)
def test_no_part_is_a_unit_or_more_away_from_its_exact_share(total, parts):
    for share, weight in zip(allocate(total, parts), parts, strict=True):
        assert abs(share.minor - Fraction(total.minor * weight, sum(parts))) < 1


@given(amounts, weights)
def test_a_credit_is_split_as_its_charge_was(total, parts):
    assert allocate(-total, parts) == [-share for share in allocate(total, parts)]


@given(some.integers(-(10**9), 10**9), ratios)
def test_a_credit_mirrors_its_charge(minor, ratio):
    assert Money(-minor, "NGN").times(ratio) == -Money(minor, "NGN").times(ratio)


@given(some.integers(-(10**9), 10**9), ratios)
def test_rounding_moves_no_more_than_half_a_unit(minor, ratio):
    assert abs(Money(minor, "NGN").times(ratio).minor - ratio * minor) <= Fraction(1, 2)
