"""What time it is: business time, which a test installation may shift, and wall time, which it may not."""

from datetime import UTC, datetime, timedelta

from flask import g, has_app_context
from sqlalchemy import Connection, select
from sqlalchemy.orm import Session

from portal.core.business import VirtualClock
from portal.core.db import db

_SETTING = select(VirtualClock.frozen_at, VirtualClock.shift_seconds)


def wall() -> datetime:
    """Real time, for sessions, limiters, heartbeats and logs."""
    return datetime.now(UTC)


def now() -> datetime:
    """Business time, read once per request or job. Only the doors ask; everything below gets `at`."""
    if not has_app_context():
        return wall()
    if "business_time" not in g:
        g.business_time = read(db.session())
    at: datetime = g.business_time
    return at


def hold(at: datetime) -> None:
    """What `now` says until the end of this request: for whoever has read it with something else."""
    g.business_time = at


def forget() -> None:
    """Read the clock again at the next question (after it was moved, and in long jobs)."""
    if has_app_context():
        g.pop("business_time", None)


def read(connection: Session | Connection) -> datetime:
    """Business time as the database knows it at this moment."""
    real = wall()
    row = connection.execute(_SETTING).first()
    if row is None:
        return real
    return shown(*row, real)


def shown(frozen_at: datetime | None, shift_seconds: int | None, real: datetime) -> datetime:
    """What a clock set like this shows at the real instant."""
    return frozen_at if frozen_at is not None else real + timedelta(seconds=shift_seconds or 0)
