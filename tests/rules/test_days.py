from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as some

from portal.core.days import at_hour, day, is_zone, midnight
from portal.core.errors import Invalid

zones = some.sampled_from(["UTC", "Africa/Lagos", "Asia/Jakarta", "America/New_York", "Europe/Paris", "Pacific/Apia"])
days = some.dates(date(2015, 1, 1), date(2060, 12, 31))


def test_the_same_instant_is_another_day_elsewhere():
    at = datetime(2026, 3, 31, 20, tzinfo=UTC)
    assert day(at, "Africa/Lagos") == date(2026, 3, 31)
    assert day(at, "Asia/Jakarta") == date(2026, 4, 1)


def test_an_instant_without_a_zone_is_refused():
    with pytest.raises(Invalid):
        day(datetime(2026, 3, 31), "UTC")  # noqa: DTZ001


@pytest.mark.parametrize("name", ["", "Mars/Olympus", "../etc/passwd", "Africa", "/UTC", "Africa/Lagos\0"])
def test_a_zone_that_does_not_exist_is_refused_by_name(name):
    assert not is_zone(name)
    with pytest.raises(Invalid) as refusal:
        midnight(date(2026, 1, 1), name)
    assert refusal.value.field == "zone"


def test_an_hour_that_clocks_skip_is_the_first_one_after():
    assert at_hour(date(2026, 3, 29), 2, "Europe/Paris") == datetime(2026, 3, 29, 1, tzinfo=UTC)


def test_an_hour_that_comes_twice_is_the_first_one():
    assert at_hour(date(2026, 10, 25), 2, "Europe/Paris") == datetime(2026, 10, 25, 0, tzinfo=UTC)


@given(days, zones)
def test_a_day_begins_on_itself(on, zone):
    assert day(midnight(on, zone), zone) == on


@given(days, some.integers(0, 23), zones)
def test_an_hour_lies_within_its_day(on, hour, zone):
    assert day(at_hour(on, hour, zone), zone) == on


@given(days, zones)
def test_days_begin_one_after_the_other(on, zone):
    length = midnight(on + timedelta(days=1), zone) - midnight(on, zone)
    assert timedelta(hours=22) < length < timedelta(hours=26)
