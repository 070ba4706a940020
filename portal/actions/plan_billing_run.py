"""Beginning a billing run: what it will do is counted and written down before any money moves."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from portal.actions._run_limits import HEARTBEAT, limits_of
from portal.core import audit, outbox, tasks
from portal.core import business as businesses
from portal.core.actors import Actor
from portal.core.business import Business
from portal.core.days import day
from portal.core.db import transaction
from portal.core.ids import public_ref
from portal.core.money import Money
from portal.runs.manifest import Manifest
from portal.runs.models import BillingRun
from portal.runs.states import RunStatus
from portal.runs.stoplines import StopLine, currencies_above_forecast, is_clock_ahead

_STEPS = text(
    """
    SELECT CASE WHEN s.cancel_on <= :on THEN 'cancel' WHEN s.pause_on <= :on THEN 'pause'
                WHEN s.status = 'pending' THEN 'start' WHEN s.status = 'trialing' THEN 'trial_end'
                WHEN s.status = 'paused' THEN 'resume' ELSE 'renew' END AS step, count(*)
      FROM subscriptions s JOIN customers c ON c.id = s.customer_id
     WHERE s.next_action_at <= :as_of AND c.parked_at IS NULL GROUP BY 1
    """
)
# What the renewals would bill at list prices, beside what the same subscriptions were billed last time. Where the
# items have changed since, nothing can be compared.
_SUMS = text(
    """
    WITH due AS (
        SELECT s.id, s.currency FROM subscriptions s JOIN customers c ON c.id = s.customer_id
         WHERE s.next_action_at <= :as_of AND c.parked_at IS NULL AND s.status IN ('active', 'past_due')
           AND (s.cancel_on IS NULL OR s.cancel_on > :on) AND (s.pause_on IS NULL OR s.pause_on > :on)),
    listed AS (
        SELECT d.id, d.currency, sum(CASE WHEN p.model IN ('flat', 'package') THEN p.amount_minor
                                          ELSE p.amount_minor * i.quantity END) AS minor
          FROM due d JOIN subscription_items i ON i.subscription_id = d.id AND i.until_on IS NULL
          JOIN prices p ON p.id = i.price_id GROUP BY d.id, d.currency)
    SELECT l.currency, count(*), sum(l.minor), sum(coalesce(last.net_minor, l.minor))
      FROM listed l LEFT JOIN LATERAL (
           SELECT v.net_minor FROM invoices v
            WHERE v.subscription_id = l.id AND v.kind = 'period' AND v.status <> 'void'
              AND NOT EXISTS (SELECT FROM subscription_items n WHERE n.subscription_id = l.id
                                 AND n.until_on IS NULL AND n.from_on > v.period_start_on)
            ORDER BY v.period_start_on DESC LIMIT 1) last ON true
     GROUP BY l.currency
    """
)


def plan_billing_run(slot: datetime | None, *, actor: Actor, at: datetime) -> str | None:
    """Write down a run as of `at`; its reference. None if the slot was taken or another run is under way.

    `slot` is the time of the schedule it belongs to, None for one that a person starts. A crossed stop line holds the
    run for a person. Everything due by `at` belongs to it, so a scheduler that was down catches up by itself.
    """
    with transaction() as session:
        business = businesses.read(session)
        planned, listed, last_time = _counted(session, day(at, business.zone), at)
        reasons = _reasons_to_hold(session, business, listed, last_time, at)
        run_id, ref = _begin(session, slot, planned, reasons, actor, at)
        if run_id is None:
            return None
        audit.record(session, actor, "run.planned", at=at, subject=ref, held=reasons, **planned.planned)
        if reasons:
            tasks.open_task(session, "run_held", ref, at=at, reasons=reasons)
            outbox.post(session, "run.held", at=at, run=ref)
        return ref


def _counted(session: Session, on: Any, at: datetime) -> tuple[Manifest, dict[str, Money], dict[str, Money]]:
    asked = {"as_of": at, "on": on}
    steps = {row[0]: row[1] for row in session.execute(_STEPS, asked)}
    bills: dict[str, int] = {}
    listed: dict[str, Money] = {}
    last_time: dict[str, Money] = {}
    for currency, count, now_minor, last_minor in session.execute(_SUMS, asked):
        bills[currency] = count
        listed[currency] = Money(int(now_minor), currency)
        last_time[currency] = Money(int(last_minor), currency)
    return Manifest(sum(steps.values()), steps, bills, listed), listed, last_time


def _reasons_to_hold(
    session: Session, business: Business, listed: dict[str, Money], last_time: dict[str, Money], at: datetime
) -> list[str]:
    limits = limits_of(business)
    reasons = []
    passed = businesses.hours_since_beat(session, HEARTBEAT, at)
    if passed is not None and is_clock_ahead(at, at - passed, limits):
        reasons.append(str(StopLine.CLOCK_AHEAD))
    if currencies_above_forecast(listed, last_time, limits):
        reasons.append(str(StopLine.RUN_ABOVE_FORECAST))
    return reasons


def _begin(
    session: Session,
    slot: datetime | None,
    planned: Manifest,
    reasons: Sequence[str],
    actor: Actor,
    at: datetime,
) -> tuple[int | None, str]:
    """The one live run, if no other is under way and nobody took the slot."""
    ref = public_ref("run")
    row = {
        "ref": ref,
        "slot": slot,
        "started_by": f"{actor.kind}:{actor.name}",
        "as_of": at,
        "status": RunStatus.HELD if reasons else RunStatus.PLANNED,
        "planned": planned.planned,
        "hold_reason": ", ".join(reasons),
        "created_at": at,
        "next_action_at": None if reasons else at,
    }
    begun = insert(BillingRun).values(row).on_conflict_do_nothing().returning(BillingRun.id)
    return session.scalar(begun), ref
