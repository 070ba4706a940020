"""Signed-in browsers: how long they stay so, and the steps that open and end them. Wall time."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete
from sqlalchemy.orm import Session

from portal.identity.models import SignInSession, User
from portal.identity.tokens import digest

LONGEST_AGENT = 200
SEEN_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Limits:
    """`idle` without a request ends a session, `absolute` ends it in any case."""

    idle: timedelta
    absolute: timedelta


STAFF = Limits(idle=timedelta(minutes=30), absolute=timedelta(hours=12))
CUSTOMERS = Limits(idle=timedelta(hours=12), absolute=timedelta(days=30))


@dataclass(frozen=True, slots=True)
class Device:
    """Where a sign-in came from: network address and what the browser calls itself."""

    address: str = ""
    agent: str = ""


@dataclass(frozen=True, slots=True)
class Moments:
    """`at` is business time, for history and mails; `wall_at` real time, for links and sessions."""

    at: datetime
    wall_at: datetime


def limits_of(is_staff: bool) -> Limits:
    """Whoever is both staff and customer is held to the shorter limits."""
    return STAFF if is_staff else CUSTOMERS


def open_session(session: Session, user: User, device: Device, *, wall_at: datetime) -> str:
    """A token that nobody had before, for the browser to keep; the row keeps its digest."""
    token = secrets.token_urlsafe(32)
    session.add(
        SignInSession(
            token_hash=digest(token),
            user_id=user.id,
            created_at=wall_at,
            seen_at=wall_at,
            ends_at=wall_at + limits_of(user.is_staff).absolute,
            address=device.address,
            agent=device.agent[:LONGEST_AGENT],
        )
    )
    return token


def end_session(session: Session, token: str) -> None:
    session.execute(delete(SignInSession).where(SignInSession.token_hash == digest(token)))


def end_all(session: Session, user_id: int) -> None:
    """Sign the user out everywhere."""
    session.execute(delete(SignInSession).where(SignInSession.user_id == user_id))
