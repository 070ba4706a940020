"""The clock of a test installation as staff see it: how it is set, where it is going, and what keeps it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core.business import VirtualClock
from portal.core.tasks import Task
from portal.payments.models import GatewayAccount


@dataclass(frozen=True, slots=True)
class TimeMachine:
    """`live_gateway` is the enabled account that forbids moving the clock, if there is one; `stuck_on` what stayed
    due when a journey was broken off."""

    frozen_at: datetime | None
    target_at: datetime | None
    live_gateway: str
    stuck_on: tuple[str, ...]

    @property
    def is_moving(self) -> bool:
        return self.target_at is not None


def read(session: Session) -> TimeMachine:
    """One query."""
    live = (
        select(GatewayAccount.gateway)
        .where(GatewayAccount.is_enabled, GatewayAccount.mode == "live")
        .limit(1)
        .scalar_subquery()
    )
    stuck = (
        select(Task.facts).where(Task.kind == "clock_stuck", Task.closed_at.is_(None)).order_by(Task.id).limit(1)
    ).scalar_subquery()
    row = session.execute(
        select(VirtualClock.frozen_at, VirtualClock.target_at, live.label("live"), stuck.label("stuck"))
    ).one()
    facts: dict[str, Any] = row.stuck or {}
    return TimeMachine(row.frozen_at, row.target_at, row.live or "", tuple(facts.get("rows", ())))
