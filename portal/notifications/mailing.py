"""A stored message with everything that goes into its envelope: names, words, paper."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.core.settings import current
from portal.customers.models import Customer
from portal.identity.models import User
from portal.invoicing import papers
from portal.invoicing.files import store
from portal.invoicing.models import Document
from portal.notifications.delivery import Attachment, Envelope
from portal.notifications.messages import Told
from portal.notifications.models import Message
from portal.notifications.papers import filename_for
from portal.notifications.rendering import Desk, compose


class PaperMissing(Exception):
    """The mail's paper is not there (any more); it has to be asked for."""


def envelope_of(
    session: Session, message: Message, told: Told, desk: Desk, *, at: datetime, can_wait: bool
) -> Envelope:
    """The mail as of now. Raises Unneeded if it must not leave, and PaperMissing while it can wait for its paper."""
    customer = session.get(Customer, message.customer_id) if message.customer_id is not None else None
    mail = compose(session, message, told, customer, desk, at=at)
    house, settings = desk.house, current()
    return Envelope(
        ref=message.ref,
        sender=settings.mail_from,
        sender_name=house.name,
        reply_to=house.email,
        recipient=message.recipient,
        recipient_name=customer.name if customer is not None else _name(session, message.recipient),
        subject=mail.subject,
        text=mail.text,
        html=mail.html,
        written_at=at,
        attachment=_paper(session, message, desk, can_wait=can_wait),
    )


def _name(session: Session, email: str) -> str:
    return session.scalar(select(User.name).where(func.lower(User.email) == email.lower())) or ""


def _paper(session: Session, message: Message, desk: Desk, *, can_wait: bool) -> Attachment | None:
    if message.document is None:
        return None
    renderer = papers.renderer(desk.house.accent, current().app_url)
    row = session.get(Document, (message.document, message.language, renderer))
    content = store().get(row.digest) if row is not None and row.digest is not None else None
    if content is None:
        if can_wait:
            raise PaperMissing
        return None
    return Attachment(filename_for(session, message.document), content)
