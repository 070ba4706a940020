"""Remove what has served its time. Nothing here is money, a document or a deed."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, or_, select, tuple_
from sqlalchemy.orm import Session

from portal.core.business import Tick
from portal.core.db import transaction
from portal.core.once import RequestKey
from portal.core.outbox import OutboxEntry
from portal.identity.models import LoginToken, SignInSession

KEEP_EVENTS = timedelta(days=30)
KEEP_TICKS = timedelta(days=90)
KEEP_SIGN_INS = timedelta(days=7)
KEEP_FORMS = timedelta(days=30)
BATCH = 5_000


def prune(*, at: datetime, wall_at: datetime) -> int:
    """Delete up to five thousand rows of each kind; returns how many went, 0 when nothing is left to delete.

    Events go thirty days after they were relayed, and so do the keys of forms; slots after ninety, ended sessions and
    links after a week.
    Slots of the business day lie in business time, those of housekeeping in wall time: both must be past.
    """
    ended = wall_at - KEEP_SIGN_INS
    with transaction() as session:
        return sum(
            (
                _delete(session, OutboxEntry, [OutboxEntry.id], OutboxEntry.posted_at < at - KEEP_EVENTS),
                _delete(session, Tick, [Tick.name, Tick.slot], Tick.slot < min(at, wall_at) - KEEP_TICKS),
                _delete(
                    session, RequestKey, [RequestKey.scope, RequestKey.key], RequestKey.created_at < at - KEEP_FORMS
                ),
                _delete(session, SignInSession, [SignInSession.id], SignInSession.ends_at < ended),
                _delete(
                    session, LoginToken, [LoginToken.id], or_(LoginToken.ends_at < ended, LoginToken.used_at < ended)
                ),
            )
        )


def _delete(session: Session, table: Any, key: list[Any], is_over: Any) -> int:
    chosen = select(*key).where(is_over).limit(BATCH)
    gone = session.execute(
        delete(table).where(tuple_(*key).in_(chosen)), execution_options={"synchronize_session": False}
    )
    return int(gone.rowcount)  # type: ignore[attr-defined]
