"""The rule of a stretch of time: one mark per unit at its true place, as mails and papers draw it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from portal.core.formats import Formats
from portal.core.periods import Interval, Period, Unit, start_of
from portal.core.sentences import sentences

WHOLE = 1_000
MOST_DAYS = 62
MOST_MONTHS = 36


@dataclass(frozen=True, slots=True)
class Scale:
    """`marks` in thousandths from the first day to the last; what stands under both ends and the middle."""

    marks: tuple[int, ...]
    start: str
    middle: str
    end: str


def scale_of(period: Period, reader: Formats, name: str = "") -> Scale:
    """A mark per day, per month when that would be too many, per year beyond. `name` is what the days are of."""
    words = sentences(reader.language)
    if name:
        middle = words.ngettext(
            "%(n)s day of %(name)s", "%(n)s days of %(name)s", period.days, n=period.days, name=name
        )
    else:
        middle = words.ngettext("%(n)s day of service", "%(n)s days of service", period.days, n=period.days)
    is_short = period.days <= MOST_DAYS
    written = reader.day_short if is_short else reader.day
    return Scale(_marks(period), written(period.start), middle, written(period.end))


def _marks(period: Period) -> tuple[int, ...]:
    if period.days <= MOST_DAYS:
        return tuple(WHOLE * passed // period.days for passed in range(period.days + 1))
    unit = Unit.MONTH if period.days <= MOST_MONTHS * 31 else Unit.YEAR
    starts: list[date] = []
    while (on := start_of(period.start, Interval(unit), len(starts))) < period.end:
        starts.append(on)
    return (*(WHOLE * (on - period.start).days // period.days for on in starts), WHOLE)
