"""Ask for a paper: its digest if it is there, else it is being prepared."""

from datetime import datetime

from portal.actions._papers import ask_for
from portal.core.db import db, transaction
from portal.invoicing.files import store
from portal.notifications import queries


def request_document(subject: str, language: str, *, at: datetime) -> str | None:
    """The digest under which `invoicing.files.store()` has the PDF, or None while a worker prepares it.

    `subject` is an invoice's or credit note's reference, or `papers.receipt_subject(…)`; whether the reader may see
    it was checked before. Asking again changes nothing. A file that was lost is made again.
    """
    found = queries.document(db.session(), subject, language)
    if found is not None and found.digest is not None and store().exists(found.digest):
        return found.digest
    if found is not None and found.next_action_at is not None:
        return None
    with transaction() as session:
        return ask_for(session, subject, language, at=at)
