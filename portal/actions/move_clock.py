"""Take the time machine one jump further, end its journey, or break it off. Only the scheduler does this."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from portal.core import audit, clock
from portal.core.actors import Actor
from portal.core.bells import ring
from portal.core.business import VirtualClock, beat
from portal.core.db import transaction
from portal.core.tasks import close_task, open_task

SCHEDULER = "scheduler"
STUCK = "clock_stuck"

ARRIVED = "portal_clock_arrived"
"""What PostgreSQL tells whoever listens once a journey is over."""


def move_clock(to: datetime, *, wall_at: datetime) -> None:
    """Business time becomes `to`; nothing happens if it is later already. The scheduler counts as awake there.

    A standing clock stands at exactly `to`, a running one passes it within the second. Not a deed of its
    own: the journey was recorded when it was asked for. Not worth waiting for the disk either, for a
    journey cut short is resumed.
    """
    with transaction() as session:
        session.execute(text("SET LOCAL synchronous_commit TO off"))
        row = _locked(session)
        if to <= clock.shown(row.frozen_at, row.shift_seconds, wall_at):
            return
        if row.frozen_at is not None:
            row.frozen_at = to
        else:
            row.shift_seconds = -((wall_at - to) // timedelta(seconds=1))
        beat(session, SCHEDULER, wall_at=wall_at, at=to)


def end_journey(target_at: datetime, *, actor: Actor, at: datetime) -> None:
    """The target is reached and everything is quiet. Does nothing if the target was moved on meanwhile."""
    with transaction() as session:
        row = _locked(session)
        if row.target_at != target_at:
            return
        row.target_at = None
        ring(session, ARRIVED)
        audit.record(session, actor, "clock.arrived", at=at, to=target_at.isoformat())
        close_task(session, STUCK, "clock", by=actor.name, at=at)


def break_journey(rows: Sequence[str], *, actor: Actor, at: datetime) -> None:
    """Some work stays due however often it is done: stop here and show a person which rows it is about."""
    with transaction() as session:
        row = _locked(session)
        row.target_at = None
        ring(session, ARRIVED)
        audit.record(session, actor, "clock.stuck", at=at, rows=list(rows))
        open_task(session, STUCK, "clock", at=at, rows=list(rows))


def _locked(session: Session) -> VirtualClock:
    return session.scalars(select(VirtualClock).where(VirtualClock.id == 1).with_for_update()).one()
