"""Links sent by mail: to confirm an address or to set a new password. Used once. Wall time.

A link's token is computed from its row, so that the mail can be written later without keeping the token
anywhere: the row holds only the token's digest.
"""

import base64
import hashlib
import hmac
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from portal.core.errors import Refused
from portal.core.settings import Settings
from portal.identity.models import LoginToken


class Purpose(StrEnum):
    VERIFY_EMAIL = "verify_email"
    RESET_PASSWORD = "reset_password"  # noqa: S105 - a purpose, not a password


LIFETIMES = {Purpose.VERIFY_EMAIL: timedelta(days=3), Purpose.RESET_PASSWORD: timedelta(hours=1)}
PATHS = {Purpose.VERIFY_EMAIL: "/verify/", Purpose.RESET_PASSWORD: "/reset/"}


class LinkSpent(Refused):
    """A link that was used, replaced by a later one, or is too old."""

    code = "link_spent"

    def __init__(self) -> None:
        super().__init__("This link was used before or is too old. Nothing was changed.")


def issue(session: Session, purpose: Purpose, user_id: int, *, secret_key: str, wall_at: datetime) -> int:
    """A link for the user, and the end of all earlier ones of the same purpose. Returns the row's id for the outbox."""
    spend_all(session, user_id, wall_at=wall_at, purpose=purpose)
    key = session.execute(select(func.nextval("login_tokens_id_seq"))).scalar_one()
    row = LoginToken(
        id=key,
        purpose=purpose,
        user_id=user_id,
        ends_at=(wall_at + LIFETIMES[purpose]).replace(microsecond=0),
    )
    row.token_hash = digest(token_of(row, secret_key))
    session.add(row)
    session.flush()
    return int(key)


def token_of(row: LoginToken, secret_key: str) -> str:
    """The token that the link carries: nobody without the key can compute it."""
    said = f"{row.purpose}|{row.id}|{row.user_id}|{row.ends_at.astimezone(UTC).isoformat()}"
    key = hashlib.sha256(b"login-token|" + secret_key.encode()).digest()
    return base64.urlsafe_b64encode(hmac.new(key, said.encode(), hashlib.sha256).digest()).decode().rstrip("=")


def link_for(row: LoginToken, settings: Settings) -> str:
    """The address that stands in the mail."""
    return settings.app_url + PATHS[Purpose(row.purpose)] + token_of(row, settings.secret_key)


def digest(token: str) -> bytes:
    """What the database keeps of a token, of links and of signed-in browsers alike."""
    return hashlib.sha256(token.encode()).digest()


def lock_live(session: Session, purpose: Purpose, token: str, *, wall_at: datetime) -> LoginToken:
    """The row of a link that may still be used, locked so that it is used once. Raises LinkSpent."""
    row = session.scalar(
        select(LoginToken)
        .where(LoginToken.token_hash == digest(token), LoginToken.purpose == purpose)
        .where(LoginToken.used_at.is_(None), LoginToken.ends_at > wall_at)
        .with_for_update()
    )
    if row is None:
        raise LinkSpent
    return row


def is_live(session: Session, purpose: Purpose, token: str, *, wall_at: datetime) -> bool:
    """May the link still be used? Nothing is locked or spent by asking."""
    found = select(LoginToken.id).where(LoginToken.token_hash == digest(token), LoginToken.purpose == purpose)
    return session.scalar(found.where(LoginToken.used_at.is_(None), LoginToken.ends_at > wall_at)) is not None


def spend_all(session: Session, user_id: int, *, wall_at: datetime, purpose: Purpose | None = None) -> None:
    """No link of the user, or none of that purpose, opens anything any more."""
    unused = update(LoginToken).where(LoginToken.user_id == user_id, LoginToken.used_at.is_(None))
    if purpose is not None:
        unused = unused.where(LoginToken.purpose == purpose)
    session.execute(unused.values(used_at=wall_at), execution_options={"synchronize_session": False})
