"""A statement that was uploaded is not imported after all."""

from datetime import datetime

from portal.banking.statements import importing
from portal.banking.statements.states import ImportEvent
from portal.core import audit
from portal.core.actors import Actor
from portal.core.db import transaction


def abandon_import(statement_ref: str, *, actor: Actor, at: datetime) -> None:
    """Nothing was booked of it. The same file can be uploaded again. Abandoned already: nothing."""
    with transaction() as session:
        one = importing.by_ref(session, statement_ref, is_locked=True)
        if importing.move(one, ImportEvent.ABANDONED, at=at):
            audit.record(session, actor, "statement.abandoned", at=at, subject=one.ref)
