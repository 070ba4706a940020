"""What takes over now and what waits; what fits together; what leaves and joins in a switch."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from portal.core.errors import Invalid
from portal.core.money import Money
from portal.core.periods import Interval, Unit
from portal.subscriptions.items import Chosen, NoLongerOffered, Offered, joining, leaving, require_fitting
from portal.subscriptions.upgrades import Basket, Takeover, takeover

MONTH, YEAR, THIRTY_DAYS = Interval(Unit.MONTH), Interval(Unit.YEAR), Interval(Unit.DAY, 30)


def basket(tier, minor, interval=MONTH, family="main"):
    return Basket(family, tier, interval, Money(minor, "NGN"))


@pytest.mark.parametrize(
    ("before", "after", "when"),
    [
        (basket(1, 100), basket(2, 200), Takeover.NOW),
        (basket(2, 200), basket(1, 100), Takeover.PERIOD_END),
        (basket(1, 300), basket(2, 200), Takeover.NOW),  # the tier decides, not the price
        (basket(2, 200), basket(1, 300), Takeover.PERIOD_END),
        (basket(1, 100), basket(1, 200), Takeover.NOW),  # more seats
        (basket(1, 200), basket(1, 100), Takeover.PERIOD_END),
        (basket(1, 100), basket(1, 100), Takeover.NOW),
        (basket(9, 100), basket(1, 200, family="other"), Takeover.NOW),  # tiers of two families do not compare
        (basket(1, 200), basket(9, 100, family="other"), Takeover.PERIOD_END),
        (basket(2, 100), basket(1, 900, YEAR), Takeover.NOW),
        (basket(1, 900, YEAR), basket(2, 100), Takeover.PERIOD_END),
        (basket(1, 100, Interval(Unit.MONTH, 12)), basket(1, 100, YEAR), Takeover.NOW),
        (basket(1, 100), basket(1, 200, THIRTY_DAYS), Takeover.PERIOD_END),
    ],
)
def test_upgrades_take_over_now_and_downgrades_wait(before, after, when):
    assert takeover(before, after) is when


offers = {
    1: Offered(1, "plan", "main", 1, "NGN", MONTH, 0, is_on_sale=True),
    2: Offered(2, "plan", "main", 2, "NGN", MONTH, 0, is_on_sale=False),
    3: Offered(3, "addon", "extra", 1, "NGN", MONTH, 0, is_on_sale=True),
    4: Offered(4, "addon", "extra", 2, "NGN", YEAR, 0, is_on_sale=True),
    5: Offered(5, "addon", "extra", 3, "GHS", MONTH, 0, is_on_sale=True),
}


def test_one_plan_with_add_ons_of_its_currency_and_interval_fits():
    require_fitting([Chosen(1, 1), Chosen(3, 5)], offers)


@pytest.mark.parametrize("prices", [[], [3], [1, 2], [1, 1], [1, 4], [1, 5]])
def test_anything_else_does_not(prices):
    with pytest.raises(Invalid):
        require_fitting([Chosen(price, 1) for price in prices], offers)


def test_a_retired_price_is_for_those_who_have_it():
    require_fitting([Chosen(2, 9)], offers, held=[2])
    with pytest.raises(NoLongerOffered):
        require_fitting([Chosen(2, 9)], offers)


chosen = some.lists(some.builds(Chosen, some.integers(1, 5), some.integers(1, 3)), unique_by=lambda item: item.price_id)


@given(chosen, chosen)
def test_what_stays_neither_leaves_nor_joins(before, after):
    gone, come = leaving(before, after), joining(before, after)
    kept = [item for item in before if item in after]
    assert sorted((*gone, *kept)) == sorted(before)
    assert sorted((*come, *kept)) == sorted(after)
