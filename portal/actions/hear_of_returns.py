"""News that money goes the other way: which payment it is about, and what the gateway says when asked."""

from datetime import datetime

from sqlalchemy import select

from portal.actions.resolve_disputes import hear_of_dispute
from portal.actions.resolve_refunds import ask_about_refunds
from portal.core.actors import Actor
from portal.core.db import transaction
from portal.gateways.base import News, NewsKind
from portal.payments.models import Attempt, Payment

RETURNS = frozenset({NewsKind.REFUND, NewsKind.DISPUTE})


def hear_of_returns(news: News, account_id: int, *, actor: Actor, at: datetime) -> bool | None:
    """Ask the gateway about what the news says. False: it did not answer; None: no payment of ours is meant."""
    if news.kind is NewsKind.DISPUTE:
        return hear_of_dispute(account_id, news.gateway_ref, actor=actor, at=at) if news.gateway_ref else None
    payment_ref = _payment_of(news, account_id)
    if payment_ref is None:
        return None
    return ask_about_refunds(payment_ref, actor=actor, at=at)


def _payment_of(news: News, account_id: int) -> str | None:
    """The payment collected under the reference, through this very account."""
    with transaction() as session:
        paid = select(Payment.ref).join(Attempt, Attempt.id == Payment.attempt_id)
        return session.scalar(paid.where(Attempt.reference == news.reference, Payment.gateway_account_id == account_id))
