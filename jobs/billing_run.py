"""The daily run: planned once per slot, then worked off in slices."""

from datetime import datetime
from functools import partial

from sqlalchemy import select
from sqlalchemy.orm import Session

from jobs.app import drained, job, now
from jobs.due import circumstances
from jobs.queues import Lane
from jobs.slots import last_slot
from portal.actions.plan_billing_run import plan_billing_run
from portal.actions.renew_subscriptions import renew_subscriptions
from portal.core.actors import Actor
from portal.core.db import db
from portal.core.logging import log
from portal.runs.models import BillingRun

SCHEDULE = Actor.system("billing run")
BATCH = 500


@job(Lane.MONEY)
def plan_run() -> None:
    """Plan the run of the latest slot. What was missed before belongs to it too.

    The slot is unique: a second planner, or the same one after dying half way, finds it taken or plans it.
    """
    at = now()
    with Session(db.engine) as session:
        facts = circumstances(session)
    slot = last_slot(at, facts.run_hour, facts.zone)
    log().info("run planned", run=plan_billing_run(slot, actor=SCHEDULE, at=at), slot=slot.isoformat())


@job(Lane.MONEY)
def renew_due() -> None:
    """Work a slice of the run that is due.

    Every batch is its own transaction and what it leaves is due still, so dying half way loses nothing: the
    run comes up again when its slice's time is over, and a successor goes on where this one ended.
    """
    with Session(db.engine) as session:
        due = select(BillingRun.ref).where(BillingRun.next_action_at <= now()).order_by(BillingRun.next_action_at)
        refs = session.scalars(due).all()
    for ref in refs:
        if not drained(partial(_renew, ref)):
            renew_due.wake()
            return


def _renew(ref: str, at: datetime) -> int:
    return renew_subscriptions(ref, limit=BATCH, actor=SCHEDULE, at=at)
