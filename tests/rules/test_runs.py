import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as some

from portal.core.money import Money
from portal.runs.manifest import PlannedItem, manifest, manifest_from
from portal.runs.stoplines import (
    Limits,
    currencies_above_forecast,
    is_above_median,
    is_clock_ahead,
    median,
)

LIMITS, NOW = Limits(), datetime(2026, 4, 1, tzinfo=UTC)
amounts = some.builds(Money, some.integers(0, 10**9), some.sampled_from(["NGN", "GHS"]))
items = some.lists(
    some.builds(PlannedItem, some.integers(1, 20), some.sampled_from(["renew", "cancel"]), amounts), max_size=12
)


def naira(minor):
    return Money(minor, "NGN")


def test_a_manifest_counts_and_sums():
    planned = manifest(
        [
            PlannedItem(1, "change", naira(0)),
            PlannedItem(1, "renew", naira(500)),
            PlannedItem(2, "renew", naira(700)),
            PlannedItem(3, "renew", Money(40, "GHS")),
            PlannedItem(4, "cancel", naira(0)),
        ]
    ).planned
    assert planned == {
        "subscriptions": 4,
        "steps": {"cancel": 1, "change": 1, "renew": 3},
        "bills": {"GHS": 1, "NGN": 2},
        "totals_minor": {"GHS": 40, "NGN": 1_200},
    }


@pytest.mark.parametrize(("minors", "middle"), [([], None), ([5], 5), ([9, 1], 1), ([3, 1, 2], 2), ([4, 1, 3, 2], 2)])
def test_the_median_is_one_of_the_invoices(minors, middle):
    assert median([naira(minor) for minor in minors]) == (None if middle is None else naira(middle))


@pytest.mark.parametrize(
    ("amount", "earlier", "answer"), [(500, 100, False), (501, 100, True), (10**9, None, False), (1, 0, False)]
)
def test_an_invoice_above_five_times_the_median_is_held(amount, earlier, answer):
    assert is_above_median(naira(amount), None if earlier is None else naira(earlier), LIMITS) is answer


@pytest.mark.parametrize(
    ("total", "forecast", "crossed"),
    [(200, {"NGN": 100}, []), (201, {"NGN": 100}, ["NGN"]), (201, {}, []), (201, {"NGN": 0}, [])],
)
def test_a_run_above_twice_its_forecast_is_held(total, forecast, crossed):
    expected = {currency: Money(minor, currency) for currency, minor in forecast.items()}
    assert currencies_above_forecast({"NGN": naira(total)}, expected, LIMITS) == crossed


@pytest.mark.parametrize(("hours", "answer"), [(-5, False), (36, False), (37, True)])
def test_a_clock_that_leapt_holds_the_run(hours, answer):
    assert is_clock_ahead(NOW, NOW - timedelta(hours=hours), LIMITS) is answer


def test_the_first_start_has_no_heartbeat_to_compare():
    assert not is_clock_ahead(NOW, None, LIMITS)


@given(items)
def test_a_stored_manifest_is_read_as_it_was(planned):
    whole = manifest(planned)
    assert manifest_from(json.loads(json.dumps(whole.planned))) == whole


@given(items)
def test_a_manifest_loses_no_money(planned):
    assert sum(total.minor for total in manifest(planned).totals.values()) == sum(item.amount.minor for item in planned)


@given(some.lists(some.integers(1, 10**6), min_size=1, max_size=9))
def test_what_a_customer_usually_pays_is_never_held(minors):
    usual = [naira(minor) for minor in minors]
    assert not is_above_median(min(usual), median(usual), LIMITS)
