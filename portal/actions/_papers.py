"""Steps that ask for papers. They never commit."""

from datetime import datetime

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from portal.invoicing.files import store
from portal.invoicing.models import Document
from portal.notifications.papers import renderer


def ask_for(session: Session, subject: str, language: str, *, at: datetime) -> str | None:
    """The digest of the paper if its file is there; else a worker is asked to print it, once.

    The paper's row stays locked until the caller commits.
    """
    key = (subject, language, renderer(session))
    wanted = insert(Document).values(subject=key[0], language=key[1], renderer=key[2], size=0, created_at=at)
    session.execute(wanted.on_conflict_do_nothing())
    row = session.get_one(Document, key, with_for_update=True, populate_existing=True)
    if row.digest is not None and store().exists(row.digest):
        return row.digest
    if row.next_action_at is None:
        row.next_action_at = at
    return None
