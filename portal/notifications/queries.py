"""Finding messages and documents: for the pages that list them and for the jobs that move them."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.core.errors import NotFound
from portal.invoicing.models import Document
from portal.notifications.models import Message
from portal.notifications.papers import renderer
from portal.notifications.states import MessageStatus


def of_customer(session: Session, customer_id: int, *, before_id: int | None = None, limit: int = 50) -> list[Message]:
    """What was told to the customer, the latest first."""
    wanted = select(Message).where(Message.customer_id == customer_id)
    if before_id is not None:
        wanted = wanted.where(Message.id < before_id)
    return list(session.scalars(wanted.order_by(Message.id.desc()).limit(limit)))


def about(session: Session, customer_id: int, subject_refs: Sequence[str], *, limit: int = 50) -> list[Message]:
    """What was told to the customer about these invoices, subscriptions, cases or payments, the latest first."""
    wanted = select(Message).where(Message.customer_id == customer_id, Message.subject_ref.in_(list(subject_refs)))
    return list(session.scalars(wanted.order_by(Message.id.desc()).limit(limit)))


def by_ref(session: Session, ref: str) -> Message:
    found = session.scalar(select(Message).where(Message.ref == ref))
    if found is None:
        raise NotFound("There is no such message.")
    return found


def counts(session: Session, *, since: datetime) -> dict[MessageStatus, int]:
    """How many messages written since then are in each status."""
    rows = session.execute(
        select(Message.status, func.count()).where(Message.created_at >= since).group_by(Message.status)
    )
    return dict(rows.all())


def document(session: Session, subject: str, language: str) -> Document | None:
    """The paper as the present renderer makes it, if it was ever asked for. `digest` is None until it is rendered."""
    return session.get(Document, (subject, language, renderer(session)), populate_existing=True)
