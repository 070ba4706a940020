"""Asking the gateway about disputes, and passing our answers on: in three beats, like everything that leaves."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from portal.actions import _disputing, _gateways
from portal.core.actors import Actor
from portal.core.crashes import crash_point
from portal.core.db import PASSING, transaction
from portal.core.errors import Refused
from portal.core.logging import log
from portal.customers import queries as customers
from portal.customers.models import Customer
from portal.gateways.base import Answer, DisputeNews, DisputeState, Outcome
from portal.gateways.returns import DisputeList, DisputeReply
from portal.payments import disputes
from portal.payments.dispute_states import DisputeStatus
from portal.payments.models import Attempt, GatewayAccount, Payment
from portal.payments.refund_models import Dispute

NOT_KNOWN = "not known"
"""What a gateway is told that insists on a telephone number."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One dispute as the gateway is asked about it; `reply` where our answer waits to be passed on."""

    dispute_id: int
    account: GatewayAccount
    gateway_ref: str
    reply: DisputeReply | None


def resolve_disputes(*, limit: int, actor: Actor, at: datetime) -> int:
    """Ask about up to `limit` disputes whose time has come, answering first those that we decided on; how many.

    An answer is passed on only while the gateway still waits for one, so it is passed on once: died in between, the
    gateway says on the next question that it has it.
    """
    with transaction() as session:
        claimed = [_question(session, one) for one in disputes.claim(session, limit=limit, at=at)]
    for one in claimed:
        try:
            _resolve(one, actor=actor, at=at)
        except PASSING:
            raise  # the database was away or held: it is asked about again
        except Exception as error:
            log().error("dispute not recorded", dispute=one.dispute_id, error=repr(error), exc_info=error)
    return len(claimed)


def hear_of_dispute(account_id: int, gateway_ref: str, *, actor: Actor, at: datetime) -> bool | None:
    """Ask about a dispute that news named. False: no answer; None: it is not about a payment of ours."""
    with transaction() as session:
        account = session.get_one(GatewayAccount, account_id)
        session.expunge(account)
    found = _ask(account, gateway_ref)
    if found.answer is Answer.SILENT:
        return False
    return (found.answer is Answer.FOUND and _take_in(account, found.disputes[0], actor=actor, at=at)) or None


def ask_about_dispute(dispute_ref: str, *, actor: Actor, at: datetime) -> bool:
    """Ask about one dispute at once, at somebody's wish. False without an answer."""
    with transaction() as session:
        dispute = disputes.by_ref(session, dispute_ref)
        account_id, gateway_ref = dispute.gateway_account_id, dispute.gateway_ref
    return bool(hear_of_dispute(account_id, gateway_ref, actor=actor, at=at))


def _resolve(one: Asked, *, actor: Actor, at: datetime) -> None:
    found = _ask(one.account, one.gateway_ref)
    if found.answer is not Answer.FOUND:
        return
    if one.reply is not None and found.disputes[0].state is DisputeState.NEEDS_RESPONSE:
        crash_point("dispute.answering")
        outcome = _gateways.disputing(one.account).answer_dispute(one.reply)
        crash_point("dispute.answered")
        if outcome is Outcome.DECLINED:
            _refused(one, actor=actor, at=at)
        found = _ask(one.account, one.gateway_ref)
        if found.answer is not Answer.FOUND:
            return
    if one.reply is not None and found.disputes[0].state is not DisputeState.NEEDS_RESPONSE:
        _mark_answered(one, at)
    _take_in(one.account, found.disputes[0], actor=actor, at=at)


def _ask(account: GatewayAccount, gateway_ref: str) -> DisputeList:
    try:
        return _gateways.disputing(account).dispute(gateway_ref)
    except Refused as refusal:
        return DisputeList(Answer.SILENT, reason=refusal.message)
    except Exception as error:
        log().warning("question about a dispute broke", dispute=gateway_ref, error=repr(error))
        return DisputeList(Answer.SILENT, reason=repr(error))


def _take_in(account: GatewayAccount, told: DisputeNews, *, actor: Actor, at: datetime) -> bool:
    """Record it with the payment that it is about; False if none of ours is."""
    with transaction() as session:
        payment = session.scalar(
            select(Payment)
            .outerjoin(Attempt, Attempt.id == Payment.attempt_id)
            .where(Payment.gateway_account_id == account.id, Payment.customer_id.is_not(None))
            .where(or_(Payment.gateway_ref == told.charge_ref, Attempt.reference == told.reference))
        )
        if payment is None or payment.customer_id is None:
            return False
        customers.lock(session, payment.customer_id)
        session.refresh(payment)
        _disputing.take_in(session, payment, told, actor=actor, at=at)
    return True


def _question(session: Session, dispute_id: int) -> Asked:
    dispute = session.get_one(Dispute, dispute_id)
    account = session.get_one(GatewayAccount, dispute.gateway_account_id)
    reply = None
    if dispute.answer is not None and dispute.status is DisputeStatus.NEEDS_RESPONSE:
        reply = _reply(session, dispute)
    return Asked(dispute.id, account, dispute.gateway_ref, reply)


def _reply(session: Session, dispute: Dispute) -> DisputeReply:
    """With all that was noted about it."""
    customer = session.get_one(Customer, dispute.customer_id)
    notes = disputes.notes_of(session, dispute.id)
    phone = next((note.text for note in reversed(notes) if note.kind == "phone"), "")
    delivery = next((note for note in reversed(notes) if note.kind == "delivery"), None)
    evidence = {
        "customer_email": customer.email,
        "customer_name": customer.name,
        "customer_phone": phone or NOT_KNOWN,
        "service_details": "\n".join(note.text for note in notes if note.kind not in ("phone", "delivery")),
    }
    if delivery is not None:
        evidence["delivery_address"] = delivery.text
        if delivery.happened_on is not None:
            evidence["delivery_date"] = delivery.happened_on.isoformat()
    accepts = dispute.answer == "accept"
    return DisputeReply(dispute.gateway_ref, accepts, dispute.amount, dispute.answer_text, evidence)


def _refused(one: Asked, *, actor: Actor, at: datetime) -> None:
    """The gateway does not take our answer as it is: a person gives another."""
    with transaction() as session:
        dispute = _locked(session, one.dispute_id)
        dispute.answer = None
        _disputing.record_deed(session, dispute, "dispute.answer_refused", actor=actor, at=at)


def _mark_answered(one: Asked, at: datetime) -> None:
    with transaction() as session:
        dispute = _locked(session, one.dispute_id)
        dispute.answered_at = dispute.answered_at or at


def _locked(session: Session, dispute_id: int) -> Dispute:
    owner = session.scalars(select(Dispute.customer_id).where(Dispute.id == dispute_id)).one()
    customers.lock(session, owner)
    return session.get_one(Dispute, dispute_id, populate_existing=True)
