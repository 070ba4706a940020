"""What was sent to whom: one row per event, recipient and template, so that nothing is sent twice."""

from typing import Any

from sqlalchemy import Index, UniqueConstraint
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import Base, Choice, Key, Moment, Ref, due_index, one_of, to
from portal.notifications.states import MessageStatus


class Message(Base):
    """A mail: queued from the outbox, sent once, its content kept as sent."""

    __tablename__ = "messages"
    __table_args__ = (
        one_of("status", MessageStatus),
        UniqueConstraint("event", "recipient", "template"),
        Index("ix_messages_customer", "customer_id", "id"),
        Index(
            "ix_messages_waiting",
            "document",
            postgresql_where=sql("status = 'queued' AND document IS NOT NULL"),
        ),
        due_index("messages"),
    )

    id: Mapped[Key]
    ref: Mapped[Ref]
    event: Mapped[str]
    template: Mapped[str]
    recipient: Mapped[str]
    language: Mapped[str]
    customer_id: Mapped[int | None] = to("customers", index=False, nullable=True)
    subject_ref: Mapped[str]
    document: Mapped[str | None]  # the paper that goes with it; until it is rendered the message waits
    facts: Mapped[dict[str, Any]]
    status: Mapped[MessageStatus] = mapped_column(Choice(MessageStatus))
    subject: Mapped[str | None]
    text: Mapped[str | None]
    html: Mapped[str | None]
    tries: Mapped[int]
    note: Mapped[str]
    created_at: Mapped[Moment]
    sent_at: Mapped[Moment | None]
    next_action_at: Mapped[Moment | None]
