"""Print the papers that were asked for, and wake the mails that wait for them."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import delete, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from portal.core.crashes import crash_point
from portal.core.db import db, require_no_transaction, transaction
from portal.core.logging import log
from portal.core.tasks import close_task, open_task
from portal.invoicing.documents import pdf_of
from portal.invoicing.files import store
from portal.invoicing.models import Document
from portal.notifications.models import Message
from portal.notifications.papers import html_for, renderer
from portal.notifications.states import MessageStatus

LEASE = timedelta(minutes=10)
AGAIN_AFTER = timedelta(hours=1)
FAILED, DIFFERS = "document.failed", "document.differs"


class Wanted(NamedTuple):
    """A paper to be printed; `digest` of the last time, if its file was lost."""

    subject: str
    language: str
    renderer: str
    digest: str | None


def render_documents(*, limit: int, at: datetime) -> int:
    """Print up to `limit` papers whose time has come; returns how many were taken up.

    Each is made outside any transaction from what never changes any more. One that fails is tried again in an hour
    and leaves a task; the others are printed all the same, and no invoice ever waits for its paper.
    """
    claimed = _claim(limit, at)
    for wanted in claimed:
        try:
            _print(wanted, at)
        except Exception as error:  # whatever a paper breaks, the next one is printed
            log().error("document failed", subject=wanted.subject, error=repr(error))
            _put_off(wanted, repr(error), at)
    return len(claimed)


def _claim(limit: int, at: datetime) -> list[Wanted]:
    with transaction() as session:
        version = renderer(session)
        found = session.execute(
            select(Document.subject, Document.language, Document.renderer, Document.digest)
            .where(Document.next_action_at <= at)
            .order_by(Document.next_action_at, Document.subject)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        claimed = [Wanted(*row) for row in found]
        current = [wanted for wanted in claimed if wanted.renderer == version]
        current += _renewed(session, [wanted for wanted in claimed if wanted.renderer != version], version, at)
        _set_due(session, current, at + LEASE)
        return current


def _renewed(session: Session, outdated: Sequence[Wanted], version: str, at: datetime) -> list[Wanted]:
    """What was asked of an earlier renderer is asked of this one; the earlier file stays what it was, if it exists."""
    for wanted in outdated:
        key = (wanted.subject, wanted.language, wanted.renderer)
        earlier = tuple_(Document.subject, Document.language, Document.renderer) == key
        if wanted.digest is None:
            session.execute(delete(Document).where(earlier))
        else:
            session.execute(update(Document).where(earlier).values(next_action_at=None))
        values = {"subject": wanted.subject, "language": wanted.language, "renderer": version}
        asked = insert(Document).values(**values, size=0, created_at=at, next_action_at=at)
        session.execute(asked.on_conflict_do_nothing())
    return [Wanted(wanted.subject, wanted.language, version, None) for wanted in outdated]


def _print(wanted: Wanted, at: datetime) -> None:
    require_no_transaction()
    with Session(db.engine) as reading:
        html = html_for(reading, wanted.subject, wanted.language)
    content = pdf_of(html, identifier=f"{wanted.subject} {wanted.language} {wanted.renderer}")
    digest = store().put(content)
    crash_point("C-17")
    with transaction() as session:
        row = session.get_one(Document, wanted[:3], with_for_update=True)
        if row.digest is not None and row.digest != digest:
            open_task(session, DIFFERS, wanted.subject, at=at, was=row.digest, now=digest)
        row.digest, row.size, row.next_action_at = digest, len(content), None
        close_task(session, FAILED, wanted.subject, by="render_documents", at=at)
        session.flush()
        _wake(session, wanted, at)


def _wake(session: Session, wanted: Wanted, at: datetime) -> None:
    """The mails that waited for this paper may leave now."""
    session.execute(
        update(Message)
        .where(
            Message.document == wanted.subject,
            Message.language == wanted.language,
            Message.status == MessageStatus.QUEUED,
            Message.next_action_at > at,
            Message.tries == 0,
        )
        .values(next_action_at=at),
        execution_options={"synchronize_session": False},
    )


def _put_off(wanted: Wanted, reason: str, at: datetime) -> None:
    with transaction() as session:
        _set_due(session, [wanted], at + AGAIN_AFTER)
        open_task(session, FAILED, wanted.subject, at=at, reason=reason[:300])


def _set_due(session: Session, papers: Sequence[Wanted], due_at: datetime) -> None:
    keys = [wanted[:3] for wanted in papers]
    if keys:
        session.execute(
            update(Document)
            .where(tuple_(Document.subject, Document.language, Document.renderer).in_(keys))
            .values(next_action_at=due_at),
            execution_options={"synchronize_session": False},
        )
