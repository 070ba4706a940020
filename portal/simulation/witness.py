"""What the book says after a driven year, read by SQL that shares nothing with the engine, and what it should say."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

LADDER = (1, 2, 4, 7, 14)

_INVOICES = text(
    """
    SELECT i.id, i.ref, i.kind, i.status, i.period_start_on, i.period_end_on, i.total_minor, i.issued_on, i.quote_id
      FROM invoices i WHERE i.subscription_id = :id ORDER BY i.id
    """
)
_ATTEMPTS = text(
    """
    SELECT a.invoice_id, a.kind, a.status, a.trigger, (a.created_at AT TIME ZONE c.zone)::date AS on_day
      FROM attempts a JOIN customers c ON c.id = a.customer_id WHERE a.invoice_id = ANY(:ids) ORDER BY a.id
    """
)
_HISTORY = text(
    """
    SELECT h.event, (h.at AT TIME ZONE c.zone)::date AS on_day
      FROM subscription_changes h JOIN subscriptions s ON s.id = h.subscription_id
      JOIN customers c ON c.id = s.customer_id WHERE h.subscription_id = :id ORDER BY h.id
    """
)
_SUBSCRIPTION = text(
    """
    SELECT s.id, s.status, s.anchor_on, s.period_start_on, s.period_end_on, p.name AS plan
      FROM subscriptions s
      LEFT JOIN subscription_items t ON t.subscription_id = s.id AND t.until_on IS NULL
      LEFT JOIN prices r ON r.id = t.price_id LEFT JOIN plans p ON p.id = r.plan_id AND p.kind = 'plan'
     WHERE s.ref = :ref ORDER BY p.kind NULLS LAST LIMIT 1
    """
)


@dataclass(frozen=True)
class Life:
    """One subscription as its rows tell it."""

    status: str
    plan: str
    anchor_on: date | None
    invoices: Sequence[Any]
    attempts: Sequence[Any]
    events: Sequence[tuple[str, date]]

    @property
    def periods(self) -> list[Any]:
        return [row for row in self.invoices if row.kind in ("first", "period") and row.status != "void"]

    def tries(self, invoice_id: int) -> list[tuple[str, str, date]]:
        """Charges of one invoice as (trigger, status, day)."""
        return [
            (row.trigger, row.status, row.on_day)
            for row in self.attempts
            if row.invoice_id == invoice_id and row.kind == "charge"
        ]

    def days_of(self, event: str) -> list[date]:
        return [on for name, on in self.events if name == event]


def life_of(session: Session, subscription_ref: str) -> Life:
    row = session.execute(_SUBSCRIPTION, {"ref": subscription_ref}).one()
    invoices = session.execute(_INVOICES, {"id": row.id}).all()
    attempts = session.execute(_ATTEMPTS, {"ids": [invoice.id for invoice in invoices]}).all()
    events = [(event.event, event.on_day) for event in session.execute(_HISTORY, {"id": row.id})]
    return Life(row.status, row.plan or "", row.anchor_on, invoices, attempts, events)


def starts(anchor: date, months: int, until: date) -> Iterator[date]:
    """The first days of the periods that have begun by `until`, reckoned here once more and otherwise."""
    number = 0
    while True:
        month = anchor.month - 1 + number * months
        year, month = anchor.year + month // 12, month % 12 + 1
        start = date(year, month, min(anchor.day, monthrange(year, month)[1]))
        if start > until:
            return
        yield start
        number += 1


def renews_on_time(life: Life, until: date, months: int = 1) -> Iterator[str]:
    """One paid invoice for every period that has begun, and the subscription is active."""
    if life.status != "active":
        yield f"is {life.status}, not active"
    if life.anchor_on is None:
        yield "was never anchored"
        return
    wanted = list(starts(life.anchor_on, months, until))
    found = [row.period_start_on for row in life.periods]
    if found != wanted:
        yield f"periods begin on {found}, not on {wanted}"
    for row in life.periods:
        if row.status != "paid":
            yield f"the invoice of {row.period_start_on} is {row.status}"


def charged_once_each(life: Life) -> Iterator[str]:
    """Every renewal took one charge, which succeeded."""
    for row in life.periods[1:]:
        tries = [(trigger, status) for trigger, status, _ in life.tries(row.id)]
        if tries != [("schedule", "succeeded")]:
            yield f"the invoice of {row.period_start_on} was tried {tries}"


def recovers_on_day_two(life: Life, until: date) -> Iterator[str]:
    """Declined on the day and on the next, paid on day 2 of the ladder."""
    for row in life.periods[1:]:
        if row.issued_on + timedelta(days=3) > until:
            continue
        tries = life.tries(row.id)
        first = tries[0][2] if tries else row.issued_on
        wanted = [
            ("schedule", "declined", first),
            ("dunning", "declined", first + timedelta(days=1)),
            ("dunning", "succeeded", first + timedelta(days=2)),
        ]
        if tries != wanted:
            yield f"the invoice of {row.period_start_on} was tried {tries}"


def climbs_the_ladder(life: Life) -> Iterator[str]:
    """The first renewal failed and was retried on every day of the ladder, counted from the first failure."""
    if len(life.periods) < 2:
        yield "was never renewed"
        return
    tries = [one for one in life.tries(life.periods[1].id) if one[0] in ("schedule", "dunning")]
    days = [(on - tries[0][2]).days for _, _, on in tries] if tries else []
    if days != [0, *LADDER]:
        yield f"was tried on days {days} after the first failure"


def is_given_up(life: Life) -> Iterator[str]:
    """Suspended after the last step, canceled thirty days later, and billed no more."""
    suspended, canceled = life.days_of("suspended"), life.days_of("given_up")
    if life.status != "canceled" or not suspended or not canceled:
        yield f"is {life.status} after {life.events}"
        return
    if (canceled[0] - suspended[0]).days != 30:
        yield f"was suspended on {suspended[0]} and canceled on {canceled[0]}"
    if any(row.issued_on > suspended[0] for row in life.invoices):
        yield "was billed after it was suspended"
