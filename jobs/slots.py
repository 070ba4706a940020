"""When the business day's run is: once a day, at the run hour of the business."""

from datetime import UTC, datetime, timedelta

from portal.core.days import at_hour, day


def last_slot(at: datetime, hour: int, zone: str) -> datetime:
    """The latest slot that is not after `at`."""
    return max(slot for slot in _around(at, hour, zone) if slot <= at)


def next_slot(at: datetime, hour: int, zone: str) -> datetime:
    """The first slot after `at`."""
    return min(slot for slot in _around(at, hour, zone) if slot > at)


def wall_slot(wall_at: datetime, every: timedelta) -> datetime:
    """The slot that `wall_at` lies in: times are cut into pieces of `every`, counted from 1970 in UTC."""
    pieces = int(wall_at.timestamp()) // int(every.total_seconds())
    return datetime.fromtimestamp(pieces * every.total_seconds(), UTC)


def _around(at: datetime, hour: int, zone: str) -> list[datetime]:
    today = day(at, zone)
    return [at_hour(today + timedelta(days=days), hour, zone) for days in (-1, 0, 1, 2)]
