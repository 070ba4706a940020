"""A person says what became of a difference between our books and a gateway's."""

from datetime import datetime

from portal.core import audit
from portal.core.actors import Actor
from portal.core.db import transaction
from portal.core.errors import Invalid
from portal.reconciling import findings


def close_difference(ref: str, *, note: str, actor: Actor, at: datetime) -> None:
    """Close it with a note. It is opened again only if its evidence changes. Raises AlreadyClosed, Invalid."""
    if not note.strip():
        raise Invalid("Say what became of it.", field="reason")
    with transaction() as session:
        row = findings.by_ref(session, ref)
        session.refresh(row, with_for_update=True)
        findings.close(session, row, by=actor.name, note=note.strip(), at=at)
        audit.record(
            session,
            actor,
            "difference.closed",
            at=at,
            customer_id=row.customer_id,
            subject=ref,
            reason=note.strip(),
            kind=row.kind.value,
        )
