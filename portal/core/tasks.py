"""What a person must look at: one open task per kind and subject."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session

from portal.core.db import Base, Key, Moment


class Task(Base):
    """Open until somebody, or the end of its cause, closes it."""

    __tablename__ = "tasks"
    __table_args__ = (
        Index("ix_tasks_one_open", "kind", "subject", unique=True, postgresql_where=text("closed_at IS NULL")),
        Index("ix_tasks_customer", "customer_id"),
    )

    id: Mapped[Key]
    kind: Mapped[str]
    subject: Mapped[str]
    customer_id: Mapped[int | None]
    facts: Mapped[dict[str, Any]]
    opened_at: Mapped[Moment]
    closed_at: Mapped[Moment | None]
    closed_by: Mapped[str | None]


def open_task(
    session: Session, kind: str, subject: str, *, at: datetime, customer_id: int | None = None, **facts: Any
) -> None:
    """Ask a person to look; a second call while it is open changes nothing."""
    session.execute(
        insert(Task)
        .values(kind=kind, subject=subject, customer_id=customer_id, facts=facts, opened_at=at)
        .on_conflict_do_nothing(index_elements=["kind", "subject"], index_where=text("closed_at IS NULL"))
    )


def close_task(session: Session, kind: str, subject: str, *, by: str, at: datetime) -> None:
    session.execute(
        update(Task)
        .where(Task.kind == kind, Task.subject == subject, Task.closed_at.is_(None))
        .values(closed_at=at, closed_by=by)
    )


def open_tasks(session: Session, *, customer_id: int | None = None, limit: int = 100) -> list[Task]:
    """The oldest open tasks first."""
    wanted = select(Task).where(Task.closed_at.is_(None)).order_by(Task.opened_at, Task.id).limit(limit)
    if customer_id is not None:
        wanted = wanted.where(Task.customer_id == customer_id)
    return list(session.scalars(wanted))
