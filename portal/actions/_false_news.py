"""News that says what the gateway itself does not: it moves nothing, and leaves a trace that somebody looks at.

A step of `receive_gateway_news`.
"""

from datetime import datetime

from sqlalchemy.orm import Session

from portal.core import audit, tasks
from portal.core.actors import Actor
from portal.gateways.base import Answer, LookUp, News, Outcome
from portal.payments.models import Attempt


def contradictions(news: News, heard: LookUp) -> list[str]:
    """In what news of a payment is not true, after the gateway was asked; nothing where it did not answer.

    not_paid, unknown_there, amount; reference and session where the transaction it names belongs to something else.
    """
    if heard.contradicts:
        return list(heard.contradicts)
    if news.claims is not Outcome.SUCCEEDED or heard.answer is Answer.SILENT:
        return []
    if heard.charge is None:
        return ["unknown_there"] if heard.answer is Answer.NOT_FOUND else []
    if heard.charge.outcome is not Outcome.SUCCEEDED:
        return ["not_paid"]
    return ["amount"] if news.amount is not None and news.amount != heard.charge.amount else []


def report(session: Session, attempt: Attempt, news: News, differs: list[str], *, actor: Actor, at: datetime) -> None:
    """The security event: one entry for each lie, one open task for each attempt that is lied about."""
    customer_id, claimed = attempt.customer_id, str(news.claims or news.event)
    audit.record(
        session, actor, "security.false_news", at=at, customer_id=customer_id, subject=attempt.reference,
        differs=differs, claimed=claimed, gateway_ref=news.gateway_ref,
    )  # fmt: skip
    tasks.open_task(
        session, "false_news", attempt.reference, at=at, customer_id=customer_id,
        differs=differs, claimed=claimed, gateway_ref=news.gateway_ref,
    )  # fmt: skip
