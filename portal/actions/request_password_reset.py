"""Somebody says they forgot the password of an address."""

from portal.actions._links import mail_link
from portal.core import audit
from portal.core.actors import Actor
from portal.core.db import transaction
from portal.identity import passwords
from portal.identity.queries import by_email
from portal.identity.sessions import Moments
from portal.identity.tokens import Purpose


def request_password_reset(email: str, *, secret_key: str, now: Moments) -> None:
    """Mail a link to the address if somebody has it. The asker learns nothing, not even from the time it takes."""
    passwords.is_right(email, None)  # its length and scatter cover what the two ways differ by
    with transaction() as session:
        user = by_email(session, email)
        is_known = user is not None and user.deactivated_at is None
        if user is not None and is_known:
            topic = "user.password_reset"
            mail_link(session, user, topic, Purpose.RESET_PASSWORD, secret_key=secret_key, now=now)
        subject = user.ref if user else ""
        audit.record(session, Actor.system("password reset"), "user.reset_requested", at=now.at, subject=subject)
