"""The two bridges between instants and days. A day is somebody's: it has a zone."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from portal.core.errors import Invalid


def day(at: datetime, zone: str) -> date:
    """The day that the clocks in `zone` show at the instant `at`."""
    if at.tzinfo is None:
        raise Invalid("An instant carries its zone.")
    return at.astimezone(_zone(zone)).date()


def midnight(on: date, zone: str) -> datetime:
    """The first instant of the day `on` in `zone`, in UTC.

    Where clocks skip midnight (Cairo, Asunción) the day begins at the skip; where they skip the
    whole day (Apia, 30 December 2011) it begins with the day after. Where they show midnight twice,
    the first time counts.
    """
    return at_hour(on, 0, zone)


def at_hour(on: date, hour: int, zone: str) -> datetime:
    """The first instant, in UTC, at which clocks in `zone` show `hour` o'clock of `on` or, skipping it, later."""
    here = _zone(zone)
    local = datetime.combine(on, time(hour), here)
    first = local.astimezone(UTC)
    if first.astimezone(here).replace(tzinfo=None) == local.replace(tzinfo=None):
        return first
    return _skip(local.replace(fold=1).astimezone(UTC), first, here)


def is_zone(zone: str) -> bool:
    """Is this the name of a zone that we know, like `Africa/Lagos`?"""
    try:
        _zone(zone)
    except Invalid:
        return False
    return True


def _skip(before: datetime, after: datetime, here: ZoneInfo) -> datetime:
    """The instant in (before, after] at which the clocks leap forward, to the second."""
    leapt = after.astimezone(here).utcoffset()
    while after - before > timedelta(seconds=1):
        middle = before + timedelta(seconds=(after - before) // timedelta(seconds=2))
        if middle.astimezone(here).utcoffset() == leapt:
            after = middle
        else:
            before = middle
    return after


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, KeyError):
        raise Invalid(f"There is no time zone {name!r}.", field="zone") from None
