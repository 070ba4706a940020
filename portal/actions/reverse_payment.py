"""A payment that was recorded is taken back: the transfer bounced, or it was recorded by mistake."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.actions import _recording_asked, _reversing
from portal.actions._recording import UNMATCHED
from portal.core import tasks
from portal.core.actors import Actor
from portal.core.db import transaction
from portal.core.errors import Busy, Invalid, Refused
from portal.customers import queries as customers
from portal.identity import approvals
from portal.payments import queries
from portal.payments.models import Payment
from portal.payments.states import PaymentStatus


class NotReversible(Refused):
    """What a gateway collected is given back by a refund, or taken back by a chargeback; never by hand."""

    code = "payment_not_reversible"


def reverse_payment(payment_ref: str, *, reason: str, actor: Actor, at: datetime) -> str:
    """Take all that is left of it out of the books again, with everything that it had settled.

    Its record stays, and nothing of it is edited. Returns the reference of the request where a second person has to
    agree, else nothing. Reversed already: nothing. Raises NotReversible, NothingToReverse, Invalid.
    """
    if not reason.strip():
        raise Invalid("Please say why.", field="reason")
    with transaction() as session:
        payment = _locked(session, payment_ref)
        if payment.status is PaymentStatus.REVERSED:
            return ""
        if payment.attempt_id is not None or payment.gateway_account_id is not None:
            raise NotReversible("A gateway collected this. Give it back with a refund. Nothing was changed.")
        if approvals.is_above_set_limit(session, actor, payment.amount):
            return _recording_asked.ask_reversal(session, payment, reason=reason.strip(), actor=actor, at=at)
        _reversing.reverse(session, payment, reason=reason.strip(), actor=actor, at=at)
        tasks.close_task(session, UNMATCHED, payment.ref, by=actor.name, at=at)
        return ""


def _locked(session: Session, payment_ref: str) -> Payment:
    """The payment as it is once its customer, then itself, is locked."""
    owner = queries.payment_by_ref(session, payment_ref).customer_id
    if owner is not None:
        customers.lock(session, owner)
    wanted = select(Payment).where(Payment.ref == payment_ref).with_for_update(key_share=True)
    payment = session.scalars(wanted.execution_options(populate_existing=True)).one()
    if payment.customer_id != owner:
        raise Busy("Somebody is just placing this money. Nothing was changed, please try again.")
    return payment
