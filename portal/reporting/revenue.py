"""MRR and what moved it, month by month, from what subscriptions were and consisted of.

A subscription that something happened to in a month is looked at twice: as it was when the month began, and as it
is when the month ends (today in the running one). What it is worth is told in `worth`.

    new           it counts now and never counted before, and it follows no other subscription
    reactivation  it counts now, did not when the month began, but did once (or its predecessor)
    expansion     it is worth more, contraction: less
    churn         it counted and does not any more: canceled, paused or suspended

Months are the business's; a change within hours of midnight counts by the business's clock.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from portal.core.days import midnight
from portal.core.money import Money, round_half_away
from portal.core.periods import Interval, Unit, start_of
from portal.reporting.items import held
from portal.reporting.worth import COUNTING, mrr

MILLI = 1_000
"""Worths go into SQL in thousandths of a minor unit, so that a twelfth of a year loses nothing that shows."""

KINDS = ("new", "expansion", "reactivation", "contraction", "churn")

# All that is held is counted in an index alone; what subscriptions that do not count hold is few, and taken off.
_WORTHS = text(
    """
    WITH held AS (SELECT price_id, quantity, count(*) FILTER (WHERE until_on IS NULL) AS times
                    FROM subscription_items GROUP BY price_id, quantity),
    idle AS (SELECT i.price_id, i.quantity, count(*) AS times
               FROM subscriptions s JOIN subscription_items i ON i.subscription_id = s.id AND i.until_on IS NULL
              WHERE s.status <> 'active' AND s.status <> ALL(:counting) GROUP BY i.price_id, i.quantity)
    SELECT held.price_id, held.quantity, p.currency, p.interval_unit, p.interval_count, p.model, p.amount_minor,
           p.tiers, p.package_units, held.times - coalesce(idle.times, 0) AS times
      FROM held JOIN prices p ON p.id = held.price_id LEFT JOIN idle USING (price_id, quantity)
     WHERE p.currency = :currency
    """
)
_MOVEMENTS = text(
    """
    WITH months AS (SELECT * FROM unnest(CAST(:firsts AS date[]), CAST(:nexts AS date[]),
                                         CAST(:begins AS timestamptz[]), CAST(:ends AS timestamptz[]))
                                  AS m (first_on, next_on, begins_at, ends_at)),
    worths AS (SELECT * FROM unnest(CAST(:prices AS bigint[]), CAST(:quantities AS bigint[]),
                                    CAST(:millis AS bigint[])) AS w (price_id, quantity, milli)),
    touched AS (
        SELECT DISTINCT m.first_on, c.subscription_id
          FROM months m JOIN subscription_changes c ON c.at >= m.begins_at AND c.at < m.ends_at
         WHERE c.at >= :since AND (c.from_status <> c.to_status OR c.event = 'changed')),
    valued AS (
        SELECT m.first_on, s.previous_id,
               CASE WHEN was.to_status = ANY(:counting) THEN coalesce(had.milli, 0) ELSE 0 END AS before,
               CASE WHEN has.to_status = ANY(:counting) THEN coalesce(got.milli, 0) ELSE 0 END AS after,
               EXISTS (SELECT FROM subscription_changes e WHERE e.subscription_id = s.id AND e.at < m.begins_at
                          AND e.to_status = ANY(:counting)) AS counted_once
          FROM touched t JOIN months m USING (first_on)
          JOIN subscriptions s ON s.id = t.subscription_id AND s.currency = :currency
          LEFT JOIN LATERAL (SELECT c.to_status FROM subscription_changes c
                              WHERE c.subscription_id = s.id AND c.at < m.begins_at
                              ORDER BY c.id DESC LIMIT 1) was ON true
          LEFT JOIN LATERAL (SELECT c.to_status FROM subscription_changes c
                              WHERE c.subscription_id = s.id AND c.at < m.ends_at
                              ORDER BY c.id DESC LIMIT 1) has ON true
          LEFT JOIN LATERAL (SELECT sum(w.milli) AS milli FROM subscription_items i
                               JOIN worths w ON w.price_id = i.price_id AND w.quantity = i.quantity
                              WHERE i.subscription_id = s.id AND i.from_on < m.first_on
                                AND (i.until_on IS NULL OR i.until_on >= m.first_on)) had ON true
          LEFT JOIN LATERAL (SELECT sum(w.milli) AS milli FROM subscription_items i
                               JOIN worths w ON w.price_id = i.price_id AND w.quantity = i.quantity
                              WHERE i.subscription_id = s.id AND i.from_on < m.next_on
                                AND (i.until_on IS NULL OR i.until_on >= m.next_on)) got ON true)
    SELECT first_on,
           sum(after) FILTER (WHERE before = 0 AND NOT counted_once AND previous_id IS NULL) AS new,
           sum(after - before) FILTER (WHERE before > 0 AND after > before) AS expansion,
           sum(after) FILTER (WHERE before = 0 AND (counted_once OR previous_id IS NOT NULL)) AS reactivation,
           sum(before - after) FILTER (WHERE after > 0 AND after < before) AS contraction,
           sum(before) FILTER (WHERE after = 0) AS churn
      FROM valued GROUP BY first_on
    """
)


@dataclass(frozen=True, slots=True)
class Movement:
    """What moved MRR in the month that begins on `first_on`; all parts are positive."""

    first_on: date
    new: Money
    expansion: Money
    reactivation: Money
    contraction: Money
    churn: Money

    @property
    def net(self) -> Money:
        return self.new + self.expansion + self.reactivation - self.contraction - self.churn


@dataclass(frozen=True, slots=True)
class Revenue:
    """MRR as it is, the months up to the running one, and MRR at the end of each of them."""

    mrr: Money
    months: tuple[Movement, ...]

    @property
    def series(self) -> tuple[Money, ...]:
        """MRR at the end of each month, reckoned backwards from now."""
        level, levels = self.mrr, [self.mrr]
        for month in reversed(self.months[1:]):
            level -= month.net
            levels.append(level)
        return tuple(reversed(levels))

    @property
    def change(self) -> float | None:
        """The running month's net as a share of what MRR was when it began; None where it was nothing."""
        before = self.mrr - self.months[-1].net
        return None if not before.is_positive else self.months[-1].net.minor / before.minor


def revenue(session: Session, currency: str, *, today: date, zone: str, months: int = 12) -> Revenue:
    """Two statements, whatever the number of subscriptions."""
    asked = {"currency": currency, "counting": list(COUNTING)}
    rows = session.execute(_WORTHS, asked).all()
    worths = [(row.price_id, row.quantity, held(row).monthly) for row in rows]
    firsts = first_days(today, months)
    nexts = [*firsts[1:], start_of(firsts[-1], Interval(Unit.MONTH), 1)]
    begins = [midnight(on, zone) for on in (*firsts, nexts[-1])]
    moved = session.execute(
        _MOVEMENTS,
        asked
        | {"firsts": firsts, "nexts": nexts, "begins": begins[:-1], "ends": begins[1:], "since": begins[0]}
        | {"prices": [one[0] for one in worths], "quantities": [one[1] for one in worths]}
        | {"millis": [round_half_away(one[2] * MILLI) for one in worths]},
    )
    by_month = {row.first_on: row for row in moved}
    now = mrr([held(row, times=row.times) for row in rows], currency)
    return Revenue(now, tuple(_movement(on, by_month.get(on), currency) for on in firsts))


def first_days(today: date, months: int) -> list[date]:
    """The first days of so many months, the running one last."""
    this = today.replace(day=1)
    return [start_of(this, Interval(Unit.MONTH), -back) for back in range(months - 1, -1, -1)]


def month_bounds(today: date, zone: str) -> tuple[datetime, datetime]:
    """The first instants of the running month and of the one behind it."""
    first = today.replace(day=1)
    return midnight(first, zone), midnight(start_of(first, Interval(Unit.MONTH), 1), zone)


def _movement(on: date, row: Any, currency: str) -> Movement:
    sums: Sequence[int] = [0] * len(KINDS) if row is None else [int(getattr(row, kind) or 0) for kind in KINDS]
    return Movement(on, *(Money(_from_milli(part), currency) for part in sums))


def _from_milli(milli: int) -> int:
    return (milli + MILLI // 2) // MILLI
