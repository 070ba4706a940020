"""Who did what to which row, when and why: written with the deed, sealed within a minute, never changed."""

from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from datetime import datetime
from typing import Any

from sqlalchemy import Index, LargeBinary, select, text, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from portal.core.actors import Actor
from portal.core.bulk import insert_rows
from portal.core.chain import digest_of, seal_of
from portal.core.db import Base, Key, Moment, to

SEAL_BATCH = 1_000

cause: ContextVar[str] = ContextVar("cause", default="")
"""What set this off: `request:…`, `job:…`, `run:…`. Set by the doors, stored with each deed."""


class AuditSeal(Base):
    """A digest over a batch of entries and the seal before."""

    __tablename__ = "audit_seals"

    id: Mapped[Key]
    entries: Mapped[int]
    first_entry_id: Mapped[int]
    last_entry_id: Mapped[int]
    digest: Mapped[bytes]
    previous: Mapped[bytes]
    sealed_at: Mapped[Moment]


class AuditEntry(Base):
    """One deed. `facts` hold what is not personal; values about a person lie in `audit_personal`."""

    __tablename__ = "audit_entries"
    __table_args__ = (
        Index("ix_audit_entries_customer", "customer_id", "id"),
        Index("ix_audit_entries_subject", "subject", "id"),
        Index("ix_audit_entries_at", "at", postgresql_using="brin"),
        Index("ix_audit_entries_unsealed", "id", postgresql_where=text("seal_id IS NULL")),
    )

    id: Mapped[Key]
    at: Mapped[Moment]
    actor: Mapped[str]
    actor_user_id: Mapped[int | None]
    deed: Mapped[str]
    customer_id: Mapped[int | None]
    subject: Mapped[str]
    reason: Mapped[str]
    cause: Mapped[str]
    facts: Mapped[dict[str, Any]]
    personal_digest: Mapped[bytes | None] = mapped_column(LargeBinary)
    seal_id: Mapped[int | None] = to("audit_seals", index=False, nullable=True)


class AuditPersonal(Base):
    """Before and after of values about a person: erasable, while its digest stays in the entry."""

    __tablename__ = "audit_personal"

    entry_id: Mapped[int] = to("audit_entries", index=False, key=True)
    before: Mapped[dict[str, Any]]
    after: Mapped[dict[str, Any]]


def entry(
    actor: Actor,
    deed: str,
    *,
    at: datetime,
    customer_id: int | None = None,
    subject: str = "",
    reason: str = "",
    **facts: Any,
) -> dict[str, Any]:
    """One row as `record_all` takes it. `subject` is a public reference, `facts` JSON values."""
    return {
        "at": at,
        "actor": f"{actor.kind}:{actor.name}",
        "actor_user_id": actor.user_id,
        "deed": deed,
        "customer_id": customer_id,
        "subject": subject,
        "reason": reason,
        "cause": cause.get(),
        "facts": facts,
    }


def record_all(session: Session, entries: Sequence[Mapping[str, Any]]) -> None:
    insert_rows(session, AuditEntry, entries)


def record(
    session: Session,
    actor: Actor,
    deed: str,
    *,
    at: datetime,
    customer_id: int | None = None,
    subject: str = "",
    reason: str = "",
    **facts: Any,
) -> None:
    """Write the deed in the transaction that did it."""
    record_all(session, [entry(actor, deed, at=at, customer_id=customer_id, subject=subject, reason=reason, **facts)])


def record_personal(
    session: Session,
    actor: Actor,
    deed: str,
    *,
    at: datetime,
    customer_id: int | None,
    before: dict[str, Any],
    after: dict[str, Any],
) -> None:
    """A deed that changed values about a person: they are kept apart so that they can be erased."""
    row = AuditEntry(
        **entry(actor, deed, at=at, customer_id=customer_id),
        personal_digest=digest_of({"before": before, "after": after}),
    )
    session.add(row)
    session.flush()
    session.add(AuditPersonal(entry_id=row.id, before=before, after=after))


def sealed_facts(row: AuditEntry) -> dict[str, Any]:
    """What a seal covers of an entry: all of it but the seal itself."""
    return {
        "id": row.id,
        "at": row.at.isoformat(),
        "actor": row.actor,
        "deed": row.deed,
        "customer_id": row.customer_id,
        "subject": row.subject,
        "reason": row.reason,
        "cause": row.cause,
        "facts": row.facts,
        "personal_digest": row.personal_digest.hex() if row.personal_digest else None,
    }


def seal(session: Session, *, at: datetime) -> int:
    """Seal up to a thousand entries in id order; returns how many. One sealer at a time (advisory lock)."""
    session.execute(text("SELECT pg_advisory_xact_lock(hashtext('audit-seal'))"))
    rows = session.scalars(
        select(AuditEntry).where(AuditEntry.seal_id.is_(None)).order_by(AuditEntry.id).limit(SEAL_BATCH)
    ).all()
    if not rows:
        return 0
    previous = session.scalar(select(AuditSeal.digest).order_by(AuditSeal.id.desc()).limit(1)) or b""
    made = AuditSeal(
        entries=len(rows),
        first_entry_id=rows[0].id,
        last_entry_id=rows[-1].id,
        digest=seal_of([sealed_facts(row) for row in rows], previous),
        previous=previous,
        sealed_at=at,
    )
    session.add(made)
    session.flush()
    session.execute(
        update(AuditEntry).where(AuditEntry.id.in_([row.id for row in rows])).values(seal_id=made.id),
        execution_options={"synchronize_session": False},
    )
    return len(rows)
