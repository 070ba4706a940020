"""Doing a deed at once, or asking a second person for it. A step; the caller holds the customer's lock and commits."""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy.orm import Session

from portal.actions._deeds import Content
from portal.core.actors import Actor
from portal.identity import approvals
from portal.identity.approvals import Wish
from portal.identity.models import Approval


def done_or_asked(
    session: Session, wish: Wish, do: Callable[[], object], *, actor: Actor, at: datetime
) -> Approval | None:
    """`do` it within the actor's limit (None), else ask and change nothing: what waits now."""
    if approvals.needs_second_person(session, actor, wish.amount):
        return approvals.ask(session, wish, actor=actor, at=at)
    waiting = approvals.waiting_for(session, wish.deed, wish.subject)
    if waiting is not None:
        approvals.close(session, waiting, approvals.Decision.OUTDATED, actor=actor, at=at)
    do()
    return None


def wish_for(deed: str, subject: str, customer_id: int | None, content: Content, reason: str) -> Wish:
    """The wish whose digest `content` has."""
    return Wish(deed, subject, customer_id, content.amount, content.facts, reason)
