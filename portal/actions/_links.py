"""Steps that put a link into a mail. They never commit."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core import outbox
from portal.core.actors import Actor, ActorKind
from portal.identity.models import LoginToken, User
from portal.identity.sessions import Moments
from portal.identity.tokens import LIFETIMES, Purpose, issue

REPEAT_AFTER = timedelta(minutes=5)


def themselves(user: User, customer_id: int | None = None) -> Actor:
    """The user as the one who acts, whichever side they are on."""
    kind = ActorKind.STAFF if user.is_staff else ActorKind.CUSTOMER
    return Actor(kind, user.name, user.id, customer_id)


def mail_link(session: Session, user: User, topic: str, purpose: Purpose, *, secret_key: str, now: Moments) -> None:
    """Have the mail `topic` sent with a fresh link, unless one like it left a few minutes ago."""
    if _was_just_mailed(session, user, purpose, now.wall_at):
        return
    link = issue(session, purpose, user.id, secret_key=secret_key, wall_at=now.wall_at)
    outbox.post(session, topic, at=now.at, login_token=link)


def _was_just_mailed(session: Session, user: User, purpose: Purpose, wall_at: datetime) -> bool:
    recent = wall_at + LIFETIMES[purpose] - REPEAT_AFTER
    found = select(LoginToken.id).where(LoginToken.user_id == user.id, LoginToken.purpose == purpose)
    return session.scalar(found.where(LoginToken.used_at.is_(None), LoginToken.ends_at > recent).limit(1)) is not None
