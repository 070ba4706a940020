"""The first instant of every day of a century, in zones whose clocks do the oddest things."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from portal.core.days import day, midnight

ZONES = """
UTC Africa/Lagos Africa/Accra Africa/Cairo Africa/Casablanca Africa/Nairobi Asia/Jakarta Asia/Jayapura Asia/Kolkata
Asia/Kathmandu Asia/Tehran Asia/Beirut Asia/Gaza Asia/Tokyo America/Sao_Paulo America/Asuncion America/Havana
America/St_Johns America/Santiago America/New_York Europe/Paris Pacific/Apia Australia/Lord_Howe Pacific/Kiritimati
"""
MOMENT, WHILE = timedelta(microseconds=1), timedelta(hours=2)
SKIPPED = {"Pacific/Apia": {date(2011, 12, 30)}}


def test_there_are_twenty_four_zones():
    assert len(set(ZONES.split())) == 24


@pytest.mark.parametrize("zone", ZONES.split())
def test_each_day_begins_at_the_first_instant_that_bears_its_date(zone):
    here, skipped = ZoneInfo(zone), SKIPPED.get(zone, set())
    for ordinal in range(date(2000, 1, 1).toordinal(), date(2101, 1, 1).toordinal()):
        on = date.fromordinal(ordinal)
        first = midnight(on, zone)
        assert first.tzinfo is UTC
        assert (first - MOMENT).astimezone(here).date() < on
        assert (first - WHILE).astimezone(here).date() < on
        assert (first.astimezone(here).date() == on) is (on not in skipped)


@pytest.mark.parametrize(
    ("on", "zone", "first"),
    [
        (date(2026, 1, 1), "UTC", datetime(2026, 1, 1, tzinfo=UTC)),
        (date(2026, 1, 1), "Africa/Lagos", datetime(2025, 12, 31, 23, tzinfo=UTC)),
        (date(2026, 1, 1), "Asia/Jakarta", datetime(2025, 12, 31, 17, tzinfo=UTC)),
        (date(2018, 11, 4), "America/Sao_Paulo", datetime(2018, 11, 4, 3, tzinfo=UTC)),  # began at 01:00
        (date(2017, 4, 28), "Africa/Cairo", datetime(2017, 4, 27, 22, tzinfo=UTC)),  # no summer time that year
        (date(2023, 4, 28), "Africa/Cairo", datetime(2023, 4, 27, 22, tzinfo=UTC)),  # began at 01:00
        (date(2012, 11, 4), "America/Havana", datetime(2012, 11, 4, 4, tzinfo=UTC)),  # midnight came twice
        (date(2011, 12, 30), "Pacific/Apia", datetime(2011, 12, 30, 10, tzinfo=UTC)),  # the day never was
        (date(2011, 12, 31), "Pacific/Apia", datetime(2011, 12, 30, 10, tzinfo=UTC)),
    ],
)
def test_days_that_are_known_to_begin_oddly(on, zone, first):
    assert midnight(on, zone) == first
    assert day(first, zone) >= on
