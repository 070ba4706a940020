"""Where the marks of a chart stand. Pure geometry: templates draw it with attributes and classes.

Shares of the width are per cent, so that a drawing fits any width without scaling its text; heights are pixels.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from math import ceil, floor, log10

FLOOR = 54
TALLEST = 34
DAYS_ONE_BY_ONE = 62
WEEKS_ONE_BY_ONE = 550
# Where the five tries of a ladder stand in its miniature, at their true distances.
MINI_PLACES = (2, 6, 11, 17, 26)


@dataclass(frozen=True, slots=True)
class Mark:
    kind: str
    x: float
    y1: float
    y2: float


@dataclass(frozen=True, slots=True)
class DayRule:
    """`x` is where today stands, None outside the period; `day` counts from 1."""

    marks: list[Mark]
    x: float | None
    pin_y: float
    day: int
    days: int

    @property
    def anchor(self) -> str:
        """Which side of the pin its label may stand on without leaving the drawing."""
        if self.x is None or 18 < self.x < 82:
            return "middle"
        return "start" if self.x <= 18 else "end"

    def end_class(self, end: str) -> str:
        """How the label of the start or the end makes room for today's: shown, not on phones, or not at all."""
        distance = 100.0 if self.x is None else self.x if end == "start" else 100 - self.x
        return "gone" if distance <= 18 else "mid" if distance < 30 else ""


def day_rule(start: date, end: date, today: date, use: Sequence[int] = ()) -> DayRule:
    """One mark a day (a week, a month for long periods) from `start` to `end`, today's tall.

    `use` gives what was used on each lived day; without it all lived days are alike.
    """
    days = max((end - start).days, 1)
    step = 1 if days <= DAYS_ONE_BY_ONE else 7 if days <= WEEKS_ONE_BY_ONE else 30
    lived = (today - start).days
    peak = max(use, default=0) or 1
    marks = []
    places = sorted({*range(0, days + 1, step), days})
    current = max((place for place in places if place <= lived), default=-1) if lived <= days else -1
    for place in places:
        if place > lived:
            height = 14.0 if place == days else 6.0
        elif use:
            height = 8 + (TALLEST - 8) * (use[place] if place < len(use) else 0) / peak
        else:
            height = 24.0 if place == current else 18.0
        kind = "tn" if place == current else "t1" if place < lived else "t0"
        marks.append(Mark(kind, _share(place, days), FLOOR - height, FLOOR))
    now = next((mark for mark in marks if mark.kind == "tn"), None)
    return DayRule(marks, now.x if now else None, now.y1 - 11 if now else 0, lived + 1, days)


@dataclass(frozen=True, slots=True)
class Step:
    """A try on a ladder at its true day. `state`: fail, next, good, plan; `mail`: seen, sent, off, bounce."""

    day: int
    state: str
    word: str
    on: str
    mail: str = ""


@dataclass(frozen=True, slots=True)
class Rung:
    step: Step
    x: float
    is_crowded: bool


@dataclass(frozen=True, slots=True)
class Ladder:
    marks: list[Mark]
    rungs: list[Rung]
    x: float | None


def ladder(steps: Sequence[Step], today: int) -> Ladder:
    """The days from the first failure (day 0) to the last step, `today` pinned if it lies between."""
    last = max((step.day for step in steps), default=1) or 1
    places = [round(2.5 + 95 * day / last, 2) for day in range(last + 1)]
    marks = [Mark("t1" if day < today else "t0", places[day], 50, 64) for day in range(last + 1)]
    rungs: list[Rung] = []
    shown = -100.0
    for step in sorted(steps, key=lambda step: step.day):
        x = places[step.day]
        is_crowded = x - shown < 15
        shown = shown if is_crowded else x
        rungs.append(Rung(step, x, is_crowded))
    return Ladder(marks, rungs, places[today] if 0 <= today <= last else None)


def dial_marks(left: float, whole: float) -> list[tuple[str, int, int]]:
    """Sixty marks around the dial: class, length end, degrees."""
    lit = ceil(60 * left / whole) if whole > 0 and left > 0 else 0
    return [("on" if mark < lit else "off", 13 if mark % 5 == 0 else 11, 6 * mark) for mark in range(60)]


@dataclass(frozen=True, slots=True)
class Gauge:
    """Shares of the scale, which reaches as far as the largest of what is shown."""

    value: float
    projected: float | None
    limit: float | None


def gauge(value: float, whole: float, projected: float | None = None, limit: float | None = None) -> Gauge:
    """`value` of `whole`; where the pace leads and a target are optional. The limit is drawn when inside the scale."""
    scale = max(value, whole, projected or 0, limit or 0, 1)
    mark = whole if limit is None and scale > whole else limit
    return Gauge(
        _share(value, scale), None if projected is None else _share(projected, scale), mark and _share(mark, scale)
    )


def spark_path(values: Sequence[float]) -> str:
    """A line through the values in a box of 100 by 32; empty with fewer than two."""
    if len(values) < 2:
        return ""
    low, spread = min(values), (max(values) - min(values)) or 1
    points = [
        f"{100 * place / (len(values) - 1):.1f} {28 - 24 * (value - low) / spread:.1f}"
        for place, value in enumerate(values)
    ]
    return "M" + " L".join(points)


@dataclass(frozen=True, slots=True)
class Column:
    """`up` and `down` are (class f1…f5, value) from the line outwards; `title` says the column in words."""

    word: str
    title: str
    up: Sequence[tuple[str, float]] = ()
    down: Sequence[tuple[str, float]] = ()
    expected: float = 0
    net: float | None = None
    is_now: bool = False


@dataclass(frozen=True, slots=True)
class Bar:
    kind: str
    x: float
    width: float
    y: float
    height: float


@dataclass(frozen=True, slots=True)
class Bars:
    """`grid` is (y, value) of each line of the scale; `columns` are (column, middle x, its bars, y of the net dot)."""

    grid: list[tuple[float, float]]
    zero: float
    columns: list[tuple[Column, float, list[Bar], float | None]]


def bars(columns: Sequence[Column], top: float = 14, bottom: float = 208) -> Bars:
    """Stacked columns on one scale with round steps, in pixels from `top` to `bottom`."""
    highest = max((max(sum(value for _, value in c.up), c.expected, c.net or 0) for c in columns), default=0)
    lowest = max((max(sum(value for _, value in c.down), -(c.net or 0)) for c in columns), default=0)
    step = _round_step((highest + lowest) / 4 or 1)
    above, below = max(ceil(highest / step), 1), ceil(lowest / step)
    unit = (bottom - top) / ((above + below) * step)
    zero = top + above * step * unit
    slot = 100 / max(len(columns), 1)
    drawn = []
    for place, column in enumerate(columns):
        x, width = round(slot * (place + 0.2), 2), round(slot * 0.6, 2)
        pieces = _stack(column.up, zero, -unit, x, width) + _stack(column.down, zero, unit, x, width)
        if column.expected:
            pieces.append(
                Bar("g-exp", x, width, round(zero - column.expected * unit, 1), round(column.expected * unit, 1))
            )
        net = None if column.net is None else round(zero - column.net * unit, 1)
        drawn.append((column, round(slot * (place + 0.5), 2), pieces, net))
    grid = [(round(zero - number * step * unit, 1), number * step) for number in range(above, -below - 1, -1)]
    return Bars(grid, round(zero, 1), drawn)


@dataclass(frozen=True, slots=True)
class Quarter:
    """What runs in one quarter of an hour: done, held back, still to come."""

    done: int = 0
    held: int = 0
    to_come: int = 0


def run_marks(quarters: Sequence[Quarter]) -> list[Mark]:
    """Marks of a day of runs, one a quarter; empty quarters stay as the scale."""
    most = max((q.done + q.held + q.to_come for q in quarters), default=0) or 1
    unit = min(8.0, 44 / most)
    marks = []
    for place, quarter in enumerate(quarters):
        x = _share(place, max(len(quarters) - 1, 1))
        if not (quarter.done or quarter.held or quarter.to_come):
            marks.append(Mark("t0", x, 56 if place % 4 == 0 else 61, 62))
            continue
        height = 62.0
        for kind, number in (("t1", quarter.done), ("tw", quarter.to_come), ("th", quarter.held)):
            if number:
                marks.append(Mark(kind, x, round(height - unit * number, 1), height))
                height -= unit * number + 4
    return marks


def arc_marks(share: float) -> list[tuple[str, float, float, float]]:
    """The instrument of the sign-in page: class, inner and outer end, degrees."""
    outer = [
        ("on" if tick / 120 <= share else "", 18.0 if tick % 10 == 0 else 30.0, 48.0, -135 + 2.25 * tick)
        for tick in range(121)
    ]
    inner = [("in2 on" if tick / 60 <= share else "in2", 101.0, 115.0, -135 + 4.5 * tick) for tick in range(61)]
    return [*outer, *inner, ("needle", 10.0, 64.0, round(-135 + 270 * share, 2))]


def _share(part: float, whole: float) -> float:
    return round(100 * part / whole, 2)


def _round_step(rough: float) -> float:
    """1, 2 or 5 times a power of ten, not below `rough`."""
    power: float = 10 ** floor(log10(rough))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough)


def _stack(parts: Sequence[tuple[str, float]], zero: float, unit: float, x: float, width: float) -> list[Bar]:
    """Bars from the zero line outwards, a hairline apart."""
    stacked, reach = [], 0.0
    for kind, value in parts:
        if value > 0:
            ends = sorted((zero + reach * unit, zero + (reach + value) * unit))
            stacked.append(Bar(kind, x, width, round(ends[0], 1), round(max(ends[1] - ends[0] - 1, 0.5), 1)))
            reach += value
    return stacked
