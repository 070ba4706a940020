"""Asking the gateway about what differs: what it says is booked, and the next look sees whether both sides agree."""

from dataclasses import dataclass
from datetime import datetime

from portal.actions.resolve_attempts import ask_about
from portal.actions.resolve_disputes import hear_of_dispute
from portal.actions.resolve_refunds import ask_about_refunds
from portal.core.actors import Actor
from portal.core.db import transaction
from portal.core.errors import Refused
from portal.gateways.base import Answer
from portal.payments.models import GatewayAccount, Payment
from portal.reconciling import findings, looks
from portal.reconciling.kinds import Remedy


class CannotAsk(Refused):
    """No answer of the gateway settles a difference of this kind: a person has to."""

    code = "difference_not_asked"


@dataclass(frozen=True, slots=True)
class _Question:
    remedy: Remedy
    named: str
    account_id: int
    payment_ref: str


def ask_difference(ref: str, *, actor: Actor, at: datetime) -> bool:
    """Ask, book what is said, and have the account's lists looked at again. False without an answer.

    Raises CannotAsk where asking is not the remedy, and AlreadyClosed.
    """
    question = _question(ref)
    if question.remedy is Remedy.ASK_CHARGE:
        heard = ask_about(question.named, actor=actor, at=at).answer is not Answer.SILENT
    elif question.remedy is Remedy.ASK_REFUNDS and question.payment_ref:
        heard = ask_about_refunds(question.payment_ref, actor=actor, at=at)
    elif question.remedy is Remedy.ASK_DISPUTE:
        heard = bool(hear_of_dispute(question.account_id, question.named, actor=actor, at=at))
    else:
        raise CannotAsk("Asking the gateway does not settle this. Nothing was changed.")
    with transaction() as session:
        looks.ask(session, session.get_one(GatewayAccount, question.account_id), by=actor.name, at=at)
    return heard


def _question(ref: str) -> _Question:
    with transaction() as session:
        row = findings.by_ref(session, ref)
        if row.closed_at is not None:
            raise findings.AlreadyClosed("This difference is closed already. Nothing was changed.")
        payment = session.get(Payment, row.payment_id) if row.payment_id else None
        named = row.subject.partition(":")[2]
        return _Question(row.remedy, named, row.gateway_account_id, payment.ref if payment else "")
