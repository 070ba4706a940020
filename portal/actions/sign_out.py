"""A browser is signed out: its token opens nothing any more."""

from datetime import datetime

from portal.core import audit
from portal.core.actors import Actor
from portal.core.db import transaction
from portal.identity.sessions import end_session


def sign_out(token: str, *, actor: Actor, at: datetime) -> None:
    """Delete the session. Doing it twice is as good as once."""
    with transaction() as session:
        end_session(session, token)
        audit.record(session, actor, "user.signed_out", at=at)
