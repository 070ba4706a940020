"""Tell the time machine of a test installation where to go. The scheduler takes it there."""

from datetime import datetime, timedelta

from sqlalchemy import select

from portal.core import audit, clock
from portal.core.actors import Actor
from portal.core.bells import ring
from portal.core.business import VirtualClock
from portal.core.db import transaction
from portal.core.errors import Invalid, Refused
from portal.core.settings import current
from portal.payments.models import GatewayAccount

BELL = "portal_clock"
"""What PostgreSQL tells whoever listens once a target is set, so that the journey begins at once."""

FARTHEST = timedelta(days=10 * 366)


def advance_clock(to: datetime | None, *, stands: bool | None, actor: Actor, at: datetime, wall_at: datetime) -> None:
    """Set the instant that business time is to reach, letting all work on the way happen.

    `stands`: True stops the clock (at `to`, or here without one), False lets it run again, None leaves
    that as it is. Refused outside test mode, where a live account is enabled, and for going back.
    """
    if not current().test_mode:
        raise Refused("The clock can be moved only where TEST_MODE is on. Nothing was changed.")
    if to is not None and to.tzinfo is None:
        raise Invalid("An instant carries its zone.", field="to")
    with transaction() as session:
        live = select(GatewayAccount.id).where(GatewayAccount.is_enabled, GatewayAccount.mode == "live").limit(1)
        if session.scalar(live) is not None:
            raise Refused("A live gateway account is enabled, so the clock stays. Nothing was changed.")
        row = session.scalars(select(VirtualClock).where(VirtualClock.id == 1).with_for_update()).one()
        shown = clock.shown(row.frozen_at, row.shift_seconds, wall_at)
        _require_forward(to, row.target_at, shown)
        if stands is True:
            row.frozen_at = shown
        elif stands is False and row.frozen_at is not None:
            row.shift_seconds = -((wall_at - row.frozen_at) // timedelta(seconds=1))
            row.frozen_at = None
        row.target_at = to or row.target_at
        ring(session, BELL)
        audit.record(session, actor, "clock.advanced", at=at, to=to.isoformat() if to else None, stands=stands)


def _require_forward(to: datetime | None, target_at: datetime | None, shown: datetime) -> None:
    if to is None:
        return
    if to < shown:
        raise Refused(
            "The clock goes forward only, and it is already %(when)s. Nothing was changed.",
            when=f"{shown:%Y-%m-%d %H:%M}",
        )
    if to > shown + FARTHEST:
        raise Invalid("That is too far: ten years at once are the most.", field="to")
    if target_at is not None and to < target_at:
        raise Refused(
            "The clock is on its way to %(when)s already. Nothing was changed.", when=f"{target_at:%Y-%m-%d %H:%M}"
        )
