"""The staff's first page in drawings: today by the quarter hour, MRR by month, collections by day. Values only."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from portal.core.money import Money, digits
from portal.core.periods import Interval, Unit, start_of
from portal.reporting.figures import QUARTER, DaySum, Moment
from portal.reporting.revenue import Movement, Revenue
from portal.web.charts import Column, Quarter
from portal.web.filters import written
from portal.web.wording import gettext as _

QUARTERS_A_DAY = 96
LEAST_QUARTERS = 48
AROUND = 8


@dataclass(frozen=True, slots=True)
class Today:
    """The renewals of a day: how many are done, held and to come, their sums, and the marks of the drawing."""

    done: int
    held: int
    to_come: int
    expected: tuple[Money, ...]
    quarters: tuple[Quarter, ...]
    now_x: float | None
    hours: tuple[tuple[float, str, bool], ...]

    @property
    def count(self) -> int:
        return self.done + self.held + self.to_come


def today(sums: Sequence[DaySum], now: Moment) -> Today:
    """Quarters from before the first to behind the last in which something happens, today's pin among them."""
    kinds = {kind: [one for one in sums if one.kind == kind] for kind in ("done", "held", "to_come")}
    pin = int((now.at - now.day_begins).total_seconds() // QUARTER)
    slots = [one.slot for group in kinds.values() for one in group] + [pin]
    first, last = _window(min(slots), max(slots))
    by_slot = {kind: _counted(group) for kind, group in kinds.items()}
    quarters = tuple(
        Quarter(*(by_slot[kind].get(slot, 0) for kind in ("done", "held", "to_come")))
        for slot in range(first, last + 1)
    )
    share = 100 / (last - first)
    now_x = round((pin - first) * share, 2)
    hours = [
        (round((slot - first) * share, 2), _hour(now, slot), False)
        for slot in range(first, last + 1, AROUND)
        if abs(slot - pin) >= AROUND // 2
    ]
    hours = sorted([*hours, (now_x, written().time(now.at), True)])
    numbers = {kind: sum(one.count for one in group) for kind, group in kinds.items()}
    expected = _by_currency([one for one in sums if one.kind == "done"])
    return Today(numbers["done"], numbers["held"], numbers["to_come"], expected, quarters, now_x, tuple(hours))


def movement_columns(months: Sequence[Movement]) -> list[Column]:
    """New, expansion and reactivation above the line, contraction and churn below it; the dot is the net."""
    return [
        Column(
            word=month_word(month.first_on),
            title=_(
                "%(month)s: new %(new)s, expansion %(expansion)s, reactivation %(reactivation)s, "
                "contraction %(contraction)s, churn %(churn)s, net %(net)s",
                month=month_word(month.first_on),
                new=short(month.new),
                expansion=short(month.expansion),
                reactivation=short(month.reactivation),
                contraction=short(-month.contraction),
                churn=short(-month.churn),
                net=short(month.net),
            ),
            up=[("f1", major(month.new)), ("f2", major(month.expansion)), ("f3", major(month.reactivation))],
            down=[("f5", major(month.churn)), ("f4", major(month.contraction))],
            net=major(month.net),
            is_now=place == len(months) - 1,
        )
        for place, month in enumerate(months)
    ]


def collection_columns(sums: Sequence[DaySum], now: Moment, currency: str) -> list[Column]:
    """One a day of the month; what is expected of today and later is drawn dashed."""
    days = (now.next_month_on - now.today.replace(day=1)).days
    found = {(one.kind, one.slot): one.amount for one in sums if one.amount.currency == currency}
    nothing = Money.zero(currency)
    columns = []
    for day in range(1, days + 1):
        collected, failed, expected = (found.get((kind, day), nothing) for kind in ("collected", "failed", "expected"))
        on = now.today.replace(day=day)
        title = _(
            "%(day)s: collected %(collected)s, failed %(failed)s, expected %(expected)s",
            day=written().day_said(on), collected=short(collected), failed=short(failed), expected=short(expected),
        )  # fmt: skip
        is_now = on == now.today
        word = written().day_short(on) if is_now or (day % 7 == 1 and abs(day - now.today.day) > 2) else ""
        up = [("f1", major(collected)), ("f5", major(failed))]
        expects = major(expected + collected) if expected.is_positive else 0
        columns.append(Column(word=word, title=title, up=up, expected=expects, is_now=is_now))
    return columns


def total(sums: Sequence[DaySum], kind: str, currency: str) -> Money:
    return Money.total((one.amount for one in sums if one.kind == kind and one.amount.currency == currency), currency)


def running_sum(sums: Sequence[DaySum], kind: str, now: Moment) -> list[float]:
    """What had come in by the end of each day of the month so far."""
    by_day = {one.slot: major(one.amount) for one in sums if one.kind == kind}
    level, levels = 0.0, []
    for day in range(1, now.today.day + 1):
        level += by_day.get(day, 0.0)
        levels.append(level)
    return levels


def series(revenue: Revenue) -> list[float]:
    return [major(level) for level in revenue.series]


def month_word(on: date) -> str:
    """Nov, below a column."""
    return written().day_short(on).split(" ", 1)[1]


def month_name(on: date) -> str:
    """November, in a title."""
    return written().day_said(on).split(" ", 1)[1]


def major(amount: Money) -> float:
    return float(amount.minor / 10 ** digits(amount.currency))


def short(amount: Money) -> str:
    return short_number(major(amount))


def signed(amount: Money) -> str:
    """+845k, \u2212110k: what moved."""
    return f"+{short(amount)}" if amount.is_positive else short(amount)


def short_number(value: float) -> str:
    """1.5m, 620k, 95: for scales and legends, where the exact figure stands in the table."""
    sign, size = ("−" if value < 0 else ""), abs(value)
    for unit, letter in ((1e9, "b"), (1e6, "m"), (1e3, "k")):
        if size >= unit:
            return f"{sign}{size / unit:.3g}{letter}"
    return f"{sign}{size:.3g}"


def next_slot(now: datetime, run_hour: int, day_begins: datetime) -> datetime:
    """When the schedule runs next: at the run hour of the business, today's or tomorrow's."""
    slot = day_begins + timedelta(hours=run_hour)
    return slot if slot > now else slot + timedelta(days=1)


def next_month(today: date) -> date:
    return start_of(today.replace(day=1), Interval(Unit.MONTH), 1)


def _window(first: int, last: int) -> tuple[int, int]:
    """Two hours around what happens, whole hours, at least half a day, within the day."""
    begin, end = max((first - AROUND) // 4 * 4, 0), min(-(-(last + AROUND) // 4) * 4, QUARTERS_A_DAY)
    if end - begin < LEAST_QUARTERS:
        end = min(begin + LEAST_QUARTERS, QUARTERS_A_DAY)
        begin = max(end - LEAST_QUARTERS, 0)
    return begin, end


def _counted(sums: Sequence[DaySum]) -> dict[int, int]:
    counted: dict[int, int] = {}
    for one in sums:
        counted[one.slot] = counted.get(one.slot, 0) + one.count
    return counted


def _by_currency(sums: Sequence[DaySum]) -> tuple[Money, ...]:
    found: dict[str, Money] = {}
    for one in sums:
        found[one.amount.currency] = found.get(one.amount.currency, Money.zero(one.amount.currency)) + one.amount
    return tuple(sorted(found.values(), key=lambda amount: -amount.minor))


def _hour(now: Moment, slot: int) -> str:
    return written().time(now.day_begins + timedelta(seconds=slot * QUARTER))
