"""Whoever opened the link from the mail chooses a new password."""

from portal.actions._links import themselves
from portal.core import audit
from portal.core.db import transaction
from portal.identity import passwords
from portal.identity.queries import lock
from portal.identity.sessions import Device, Moments, end_all, open_session
from portal.identity.tokens import LinkSpent, Purpose, lock_live, spend_all


def reset_password(token: str, password: str, *, device: Device, now: Moments) -> str:
    """Set the password, sign the user out everywhere, spend all their links; returns the token of a fresh session.

    The link came by mail, so it proves the address too. Raises LinkSpent or WeakPassword, changing nothing.
    """
    with transaction() as session:
        link = lock_live(session, Purpose.RESET_PASSWORD, token, wall_at=now.wall_at)
        user = lock(session, link.user_id)
        if user.deactivated_at is not None:
            raise LinkSpent
        passwords.require_strong(password, about=(user.name, user.email))
        user.password_hash = passwords.hash_password(password)
        user.email_verified_at = user.email_verified_at or now.at
        end_all(session, user.id)
        spend_all(session, user.id, wall_at=now.wall_at)
        audit.record(session, themselves(user), "user.password_set", at=now.at, subject=user.ref)
        return open_session(session, user, device, wall_at=now.wall_at)
