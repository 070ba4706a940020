"""What the world is to be told once the transaction has committed."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped, Session

from portal.core.bulk import insert_rows
from portal.core.db import Base, Key, Moment, due_index


class OutboxEntry(Base):
    """An event that happened. Kept thirty days after it was relayed."""

    __tablename__ = "outbox"
    __table_args__ = (
        CheckConstraint("(posted_at IS NULL) = (next_action_at IS NOT NULL)", name="waits_until_posted"),
        due_index("outbox"),
    )

    id: Mapped[Key]
    topic: Mapped[str]
    customer_id: Mapped[int | None]
    facts: Mapped[dict[str, Any]]
    created_at: Mapped[Moment]
    posted_at: Mapped[Moment | None]
    next_action_at: Mapped[Moment | None]


def entry(topic: str, *, at: datetime, customer_id: int | None = None, **facts: Any) -> dict[str, Any]:
    """One row as `post_all` takes it. `facts` are JSON values: references and figures, never secrets."""
    return {"topic": topic, "customer_id": customer_id, "facts": facts, "created_at": at, "next_action_at": at}


def post(session: Session, topic: str, *, at: datetime, customer_id: int | None = None, **facts: Any) -> None:
    """Tell the world this, once we commit."""
    post_all(session, [entry(topic, at=at, customer_id=customer_id, **facts)])


def post_all(session: Session, entries: Sequence[Mapping[str, Any]]) -> None:
    insert_rows(session, OutboxEntry, entries)
