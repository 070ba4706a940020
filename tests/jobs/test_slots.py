"""Run slots are days of the business; a missed one is found however late one looks."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as some

from jobs.slots import last_slot, next_slot, wall_slot
from portal.core.days import day

ZONES = some.sampled_from(["Africa/Lagos", "Africa/Cairo", "Asia/Jakarta", "America/Asuncion", "Europe/Berlin", "UTC"])
INSTANTS = some.integers(946_684_800, 4_102_444_800).map(lambda stamp: datetime.fromtimestamp(stamp, UTC))


@given(INSTANTS, some.integers(0, 23), ZONES)
def test_every_instant_lies_between_two_slots_about_a_day_apart(at, hour, zone):
    last, following = last_slot(at, hour, zone), next_slot(at, hour, zone)

    assert last <= at < following
    assert timedelta(hours=22) <= following - last <= timedelta(hours=26)


@given(INSTANTS, some.integers(0, 23), ZONES)
def test_slots_follow_each_other_day_by_day(at, hour, zone):
    last, following = last_slot(at, hour, zone), next_slot(at, hour, zone)

    assert last_slot(following, hour, zone) == following
    assert next_slot(last, hour, zone) == following
    assert day(following, zone) - day(last, zone) == timedelta(days=1)


def test_a_slot_of_wall_time_is_the_piece_that_the_instant_lies_in():
    at = datetime(2027, 3, 10, 12, 34, 56, tzinfo=UTC)

    assert wall_slot(at, timedelta(minutes=1)) == datetime(2027, 3, 10, 12, 34, tzinfo=UTC)
    assert wall_slot(at, timedelta(days=1)) == datetime(2027, 3, 10, tzinfo=UTC)
