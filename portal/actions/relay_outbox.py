"""Turn what happened into messages to be sent: each event once, however many relays there are."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, tuple_, update
from sqlalchemy.orm import Session

from portal.core.bulk import insert_rows
from portal.core.db import transaction
from portal.core.ids import public_ref
from portal.core.outbox import OutboxEntry
from portal.invoicing.models import Document
from portal.notifications.addressing import Addressed, addressed
from portal.notifications.models import Message
from portal.notifications.papers import renderer
from portal.notifications.states import MessageStatus

PATIENCE = timedelta(hours=1)
"""How long a mail waits for its paper. Then it goes without, for its link leads to the paper anyway."""


def relay_outbox(*, limit: int, at: datetime) -> int:
    """Relay up to `limit` entries in the order in which they happened; returns how many.

    Entries that another relay holds are passed over. A crash relays them again, and a message that exists is not
    written twice.
    """
    with transaction() as session:
        entries = session.scalars(
            select(OutboxEntry)
            .where(OutboxEntry.next_action_at <= at)
            .order_by(OutboxEntry.id)
            .limit(limit)
            .with_for_update(skip_locked=True)
        ).all()
        if not entries:
            return 0
        _queue(session, addressed(session, entries), at)
        posted = update(OutboxEntry).where(OutboxEntry.id.in_([entry.id for entry in entries]))
        session.execute(
            posted.values(posted_at=at, next_action_at=None), execution_options={"synchronize_session": False}
        )
        return len(entries)


def _queue(session: Session, messages: Sequence[Addressed], at: datetime) -> None:
    rendered = _papers(session, messages, at)
    rows = [_row(message, (message.document, message.language) in rendered, at) for message in messages]
    insert_rows(session, Message, rows, "ON CONFLICT (event, recipient, template) DO NOTHING")


def _papers(session: Session, messages: Sequence[Addressed], at: datetime) -> set[tuple[str | None, str]]:
    """Ask for the papers that the messages need; which of them are there already.

    Their rows stay locked until the messages are committed: whoever renders one meanwhile then finds the messages
    that wait for it.
    """
    wanted = sorted({(message.document, message.language) for message in messages if message.document is not None})
    if not wanted:
        return set()
    version = renderer(session)
    rows = [
        {
            "subject": subject,
            "language": language,
            "renderer": version,
            "digest": None,
            "size": 0,
            "created_at": at,
            "next_action_at": at,
        }
        for subject, language in wanted
    ]
    insert_rows(session, Document, rows, "ON CONFLICT DO NOTHING")
    found = session.execute(
        select(Document.subject, Document.language, Document.digest)
        .where(Document.renderer == version, tuple_(Document.subject, Document.language).in_(wanted))
        .order_by(Document.subject, Document.language)
        .with_for_update()
    )
    return {(subject, language) for subject, language, digest in found if digest is not None}


def _row(message: Addressed, is_rendered: bool, at: datetime) -> dict[str, Any]:
    waits = message.document is not None and not is_rendered
    return {
        "ref": public_ref("msg"),
        "event": message.event,
        "template": message.told.template,
        "recipient": message.recipient,
        "language": message.language,
        "customer_id": message.customer_id,
        "subject_ref": message.subject_ref,
        "document": message.document,
        "facts": dict(message.facts),
        "status": MessageStatus.QUEUED,
        "tries": 0,
        "note": "",
        "created_at": at,
        "next_action_at": at + PATIENCE if waits else at,
    }
