"""The figures of the staff's first page, in a few statements that look at sets, never at one row after another.

collected   money that came in this month less what was taken back, from the journal's cash and bank, before fees
failed      what declined attempts of a day were to bring
expected    what will be billed on a day still to come: the last period's total, else the list price
overdue     what is open on issued invoices whose due day has passed
recovered   of invoices whose chase ended, or whose ladder is used up, in ninety days: the share of their sum paid
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from portal.core.money import Money

RECOVERY_DAYS = 90
RECOVERY_TARGET = 0.8
QUARTER = 15 * 60

_STANDING = text(
    """
    WITH chosen AS (
        SELECT coalesce(nullif(CAST(:currency AS text), ''), b.currency) AS currency, b.currency AS own, b.run_hour,
               CAST(:day_begins AS timestamptz) + b.run_hour * interval '1 hour' AS slot
          FROM business b WHERE b.id = 1)
    SELECT k.currency, k.own, k.run_hour, late.overdue, late.overdue_invoices, late.overdue_since,
      (SELECT coalesce(sum(i.total_minor) FILTER (WHERE i.status = 'paid'), 0) FROM dunning_debts d
         JOIN invoices i ON i.id = d.invoice_id WHERE d.closed_at >= :since AND i.currency = k.currency) AS recovered,
      (SELECT coalesce(sum(i.total_minor), 0) FROM dunning_debts d JOIN invoices i ON i.id = d.invoice_id
         JOIN dunning_cases c ON c.id = d.case_id
        WHERE i.currency = k.currency AND (d.closed_at >= :since OR d.closed_at IS NULL AND c.status = 'exhausted')
      ) AS decided,
      (SELECT coalesce(sum(n.done), 0)::bigint FROM run_batches n WHERE n.created_at >= :month_begins) AS billed,
      (SELECT count(*) FROM run_items r WHERE r.created_at >= :month_begins
          AND r.status IN ('held', 'parked', 'failed')) AS left_over,
      (SELECT row_to_json(r) FROM (SELECT b.ref, b.status, b.as_of, b.created_at, b.finished_at, b.hold_reason,
              (SELECT coalesce(sum(n.done), 0) FROM run_batches n WHERE n.run_id = b.id) AS done,
              (SELECT count(*) FROM run_items x WHERE x.run_id = b.id AND x.status IN ('held', 'parked', 'failed')
              ) AS exceptions FROM billing_runs b ORDER BY b.id DESC LIMIT 1) r) AS last_run,
      (SELECT count(*) FROM billing_runs WHERE status = 'held') AS held_runs,
      (SELECT count(*) FROM (SELECT FROM subscriptions s
        WHERE s.next_action_at <= k.slot + CASE WHEN k.slot > CAST(:at AS timestamptz)
              THEN interval '0' ELSE interval '1 day' END
        AND s.customer_id NOT IN (SELECT id FROM customers WHERE parked_at IS NOT NULL)
        ORDER BY s.next_action_at, s.id LIMIT 10001) n) AS next_due,
      EXISTS (SELECT FROM plans) AS has_plan, EXISTS (SELECT FROM tax_rules) AS has_tax,
      EXISTS (SELECT FROM gateway_accounts WHERE is_enabled) AS has_gateway,
      EXISTS (SELECT FROM customers) AS has_customer, EXISTS (SELECT FROM subscriptions) AS has_subscription,
      (SELECT array_agg(currency) FROM (SELECT p.currency FROM prices p CROSS JOIN LATERAL (SELECT count(*) AS times
          FROM (SELECT FROM subscription_items i WHERE i.price_id = p.id LIMIT 1001) few) held
          WHERE held.times > 0 GROUP BY p.currency ORDER BY sum(held.times) DESC, p.currency) f) AS currencies
      FROM chosen k CROSS JOIN LATERAL (
        SELECT coalesce(sum(i.open_minor), 0) AS overdue, count(*) AS overdue_invoices, min(i.due_on) AS overdue_since
          FROM invoices i WHERE i.status = 'issued' AND i.due_on < :today AND i.currency = k.currency) late
    """
)
_BY_DAY = text(
    """
    SELECT 'collected' AS kind, extract(day FROM posted_on)::int AS slot, count(*) AS n, currency,
           sum(CASE WHEN debit IN ('cash', 'bank') THEN amount_minor ELSE -amount_minor END) AS minor
      FROM journal_entries
     WHERE posted_on >= :first_on AND currency = :currency AND money_place IS NOT NULL AND event LIKE 'payment.%'
       AND event <> 'payment.fee_charged'
     GROUP BY 2, 4
    UNION ALL
    SELECT 'failed', extract(day FROM closed_at AT TIME ZONE :zone)::int, count(*), currency, sum(amount_minor)
      FROM attempts WHERE status = 'declined' AND closed_at >= :month_begins AND currency = :currency GROUP BY 2, 4
    UNION ALL
    SELECT 'expected', extract(day FROM s.next_bill_on)::int, count(*), s.currency,
           sum(coalesce(last.total_minor, listed.minor, 0))
      FROM subscriptions s
      LEFT JOIN LATERAL (SELECT v.total_minor FROM invoices v WHERE v.subscription_id = s.id
                            AND v.kind IN ('first', 'period') AND v.status <> 'void'
                          ORDER BY v.period_start_on DESC LIMIT 1) last ON true
      LEFT JOIN LATERAL (SELECT sum(p.amount_minor * CASE WHEN p.model = 'per_unit' THEN i.quantity ELSE 1 END) AS minor
                           FROM subscription_items i JOIN prices p ON p.id = i.price_id
                          WHERE last.total_minor IS NULL AND i.subscription_id = s.id AND i.until_on IS NULL
                        ) listed ON true
     WHERE coalesce(s.next_bill_on, '9999-12-31') >= :today AND coalesce(s.next_bill_on, '9999-12-31') < :next_month_on
       AND s.next_action_at < :month_ends AND s.currency = :currency
       AND s.customer_id NOT IN (SELECT id FROM customers WHERE parked_at IS NOT NULL)
     GROUP BY 2, 4
    UNION ALL
    SELECT 'done', floor(extract(epoch FROM created_at - :day_begins) / :quarter)::int, sum(done), currency,
           sum(total_minor)
      FROM run_batches WHERE created_at >= :day_begins AND created_at < :day_ends GROUP BY 2, 4
    UNION ALL
    SELECT 'held', floor(extract(epoch FROM r.created_at - :day_begins) / :quarter)::int, count(*), s.currency, 0
      FROM run_items r JOIN subscriptions s ON s.id = r.subscription_id
     WHERE r.created_at >= :day_begins AND r.created_at < :day_ends AND r.status IN ('held', 'parked', 'failed')
     GROUP BY 2, 4
    UNION ALL
    SELECT 'to_come', floor(extract(epoch FROM greatest(s.next_action_at, CAST(:at AS timestamptz)) - :day_begins)
           / :quarter)::int, count(*), s.currency, 0
      FROM subscriptions s
     WHERE s.next_action_at < :day_ends AND s.status IN ('trialing', 'active', 'past_due')
       AND s.customer_id NOT IN (SELECT id FROM customers WHERE parked_at IS NOT NULL)
     GROUP BY 2, 4
    """
)
_NEXT = text(
    """
    SELECT s.ref, s.status, s.currency, s.collection, s.next_bill_on, s.next_action_at, s.interval_unit,
           s.interval_count, c.name AS customer, c.parked_at, names.plan, names.more, method.kind, method.brand,
           method.last4, method.expires_on, coalesce(last.total_minor, names.minor, 0) AS minor
      FROM subscriptions s JOIN customers c ON c.id = s.customer_id
      LEFT JOIN LATERAL (SELECT (array_agg(l.name ORDER BY l.kind DESC, i.id))[1] AS plan, count(*) - 1 AS more,
                                sum(p.amount_minor * CASE WHEN p.model = 'per_unit' THEN i.quantity ELSE 1 END) AS minor
                           FROM subscription_items i JOIN prices p ON p.id = i.price_id JOIN plans l ON l.id = p.plan_id
                          WHERE i.subscription_id = s.id AND i.until_on IS NULL) names ON true
      LEFT JOIN LATERAL (SELECT m.kind, m.brand, m.last4, m.expires_on FROM payment_methods m
                           LEFT JOIN subscription_methods o ON o.method_id = m.id AND o.subscription_id = s.id
                          WHERE m.customer_id = s.customer_id AND m.removed_at IS NULL AND NOT m.is_refused
                            AND (o.method_id IS NOT NULL OR m.is_default)
                          ORDER BY o.method_id IS NULL LIMIT 1) method ON true
      LEFT JOIN LATERAL (SELECT v.total_minor FROM invoices v WHERE v.subscription_id = s.id
                            AND v.kind IN ('first', 'period') AND v.status <> 'void'
                          ORDER BY v.period_start_on DESC LIMIT 1) last ON true
     WHERE s.next_action_at IS NOT NULL AND s.next_bill_on IS NOT NULL AND s.currency = :currency
       AND c.parked_at IS NULL
     ORDER BY s.next_action_at, s.id LIMIT :rows
    """
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """When the page is drawn: the instant, and the business's day and month around it."""

    at: datetime
    zone: str
    today: date
    day_begins: datetime
    day_ends: datetime
    month_begins: datetime
    month_ends: datetime
    next_month_on: date


@dataclass(frozen=True, slots=True)
class DaySum:
    """A day of the month, or a quarter of an hour of today, in one currency."""

    kind: str
    slot: int
    count: int
    amount: Money


def standing(session: Session, currency: str, now: Moment) -> Any:
    """One row: overdue, recovered, the last run, what the installation has. Amounts in minor units.

    `currency` empty: the business's own, which comes back as `currency`.
    """
    asked = {
        "currency": currency,
        "today": now.today,
        "since": now.at - timedelta(days=RECOVERY_DAYS),
        "month_begins": now.month_begins,
        "day_begins": now.day_begins,
        "at": now.at,
    }
    return session.execute(_STANDING, asked).one()


def by_day(session: Session, currency: str, now: Moment) -> list[DaySum]:
    """Collected, failed and expected by day of the month in `currency`; done, held and to come today in any."""
    asked = {
        "currency": currency,
        "at": now.at,
        "zone": now.zone,
        "today": now.today,
        "first_on": now.today.replace(day=1),
        "next_month_on": now.next_month_on,
        "month_begins": now.month_begins,
        "month_ends": now.month_ends,
        "day_begins": now.day_begins,
        "day_ends": now.day_ends,
        "quarter": QUARTER,
    }
    rows = session.execute(_BY_DAY, asked)
    return [DaySum(row.kind, row.slot, int(row.n), Money(int(row.minor), row.currency)) for row in rows]


def next_to_renew(session: Session, currency: str, *, rows: int = 10) -> list[Any]:
    """The next bills in `currency`: customer, plan, the method that will be charged, and what is expected."""
    return list(session.execute(_NEXT, {"currency": currency, "rows": rows}))
