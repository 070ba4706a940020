"""A person proves that the mail address is theirs, and is signed in."""

import hmac

from portal.actions._links import themselves
from portal.core import audit
from portal.core.db import transaction
from portal.core.errors import Invalid
from portal.identity import passwords
from portal.identity.models import User
from portal.identity.queries import lock
from portal.identity.sessions import Device, Moments, open_session
from portal.identity.tokens import LinkSpent, Purpose, lock_live


class PasswordNeeded(Invalid):
    """The link came without the browser in which the account was made."""

    code = "password_needed"

    def __init__(self) -> None:
        super().__init__("Enter the password that you chose when you signed up.", field="password")


def verify_email(token: str, *, marker: str, password: str, device: Device, now: Moments) -> str:
    """Confirm the address and return the token of a fresh session.

    The link alone is not enough, for it may have been somebody else who signed up with the address: it takes
    the marker of the browser that did, or the password. Used once; raises LinkSpent or PasswordNeeded.
    """
    with transaction() as session:
        link = lock_live(session, Purpose.VERIFY_EMAIL, token, wall_at=now.wall_at)
        user = lock(session, link.user_id)
        if user.deactivated_at is not None:
            raise LinkSpent
        if not _is_their_browser(user, marker) and not passwords.is_right(password, user.password_hash):
            raise PasswordNeeded
        link.used_at = now.wall_at
        user.email_verified_at = now.at
        audit.record(session, themselves(user), "user.verified", at=now.at, subject=user.ref)
        return open_session(session, user, device, wall_at=now.wall_at)


def _is_their_browser(user: User, marker: str) -> bool:
    return user.password_hash is not None and hmac.compare_digest(marker, passwords.mark_of(user.password_hash))
