"""A person with mail address and password becomes a signed-in browser."""

from portal.actions._links import mail_link, themselves
from portal.core import audit
from portal.core.actors import Actor
from portal.core.db import transaction
from portal.core.errors import Invalid
from portal.identity import passwords
from portal.identity.models import User
from portal.identity.queries import by_email, lock
from portal.identity.sessions import Device, Moments, open_session
from portal.identity.tokens import Purpose


class WrongSignIn(Invalid):
    """One answer for an unknown address, a wrong password, an unconfirmed address and a closed account."""

    code = "wrong_sign_in"

    def __init__(self) -> None:
        super().__init__(
            "This address and password do not belong together. "
            "If you have just signed up, open the link that we mailed you first."
        )


def sign_in(email: str, password: str, *, device: Device, secret_key: str, now: Moments) -> str:
    """The token of a fresh session, or WrongSignIn after the same work whatever was wrong.

    A right password for an address that was never confirmed mails the link again.
    """
    with transaction() as session:
        known = by_email(session, email)
    kept = known.password_hash if known else None
    is_right = passwords.is_right(password, kept)
    token = None
    with transaction() as session:
        user = lock(session, known.id) if known else None
        if user is None or not is_right or user.deactivated_at is not None or user.password_hash != kept:
            subject = user.ref if user else ""
            audit.record(session, Actor.system("sign-in"), "user.sign_in_refused", at=now.at, subject=subject)
        elif user.email_verified_at is None:
            topic = "user.email_verification"
            mail_link(session, user, topic, Purpose.VERIFY_EMAIL, secret_key=secret_key, now=now)
        else:
            _renew_hash(user, password)
            token = open_session(session, user, device, wall_at=now.wall_at)
            audit.record(session, themselves(user), "user.signed_in", at=now.at, subject=user.ref)
    if token is None:
        raise WrongSignIn
    return token


def _renew_hash(user: User, password: str) -> None:
    """Costs rise over the years; the moment we know the password is the one to follow."""
    if user.password_hash and passwords.is_outdated(user.password_hash):
        user.password_hash = passwords.hash_password(password)
