"""What a form did when it was sent first: sent again with the same one-time key it gets the same answer."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Mapped, Session, mapped_column

from portal.core.db import Base, Moment


class RequestKey(Base):
    """One deed of one form. `answer` is what the deed gave back, empty if nothing."""

    __tablename__ = "request_keys"

    scope: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    answer: Mapped[str]
    created_at: Mapped[Moment]


def answered(session: Session, scope: str, key: str) -> str | None:
    """The answer kept for the key, None if it is fresh. The caller holds the lock that a second sender waits for.

    An empty key is no key: whoever sends none, such as the command line, means what it says each time.
    """
    if not key:
        return None
    return session.scalar(select(RequestKey.answer).where(RequestKey.scope == scope, RequestKey.key == key))


def keep(session: Session, scope: str, key: str, *, answer: str = "", at: datetime) -> None:
    """Remember in the deed's own transaction; the primary key is the last word."""
    if key:
        session.add(RequestKey(scope=scope, key=key, answer=answer, created_at=at))
