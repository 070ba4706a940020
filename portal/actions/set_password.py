"""The operator gives somebody a password, for instance the first one of a new installation."""

from datetime import datetime

from portal.core import audit
from portal.core.actors import Actor
from portal.core.db import transaction
from portal.core.errors import NotFound
from portal.identity import passwords
from portal.identity.queries import by_email, lock
from portal.identity.sessions import end_all
from portal.identity.tokens import spend_all


def set_password(email: str, password: str, *, actor: Actor, at: datetime, wall_at: datetime) -> None:
    """The user is signed out everywhere and their mailed links open nothing any more."""
    with transaction() as session:
        found = by_email(session, email)
        if found is None:
            raise NotFound("Nobody has this address.")
        user = lock(session, found.id)
        passwords.require_strong(password, about=(user.name, user.email))
        user.password_hash = passwords.hash_password(password)
        user.email_verified_at = user.email_verified_at or at
        end_all(session, user.id)
        spend_all(session, user.id, wall_at=wall_at)
        audit.record(session, actor, "user.password_set", at=at, subject=user.ref)
