"""A signed-in browser was seen again."""

from datetime import datetime

from sqlalchemy import update

from portal.core.db import transaction
from portal.identity.models import SignInSession


def touch_session(session_id: int, *, wall_at: datetime) -> None:
    """Moves the idle limit. Callers ask once a minute at most, so that reading pages hardly writes."""
    with transaction() as session:
        session.execute(
            update(SignInSession)
            .where(SignInSession.id == session_id, SignInSession.seen_at < wall_at)
            .values(seen_at=wall_at)
        )
