"""The money of a statement's line was recorded before, by hand or for a proof: it is one payment, not two."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.actions import _recording, _reversing
from portal.actions._recording import UNMATCHED
from portal.banking.models import BankReceipt
from portal.banking.statements import importing
from portal.banking.statements.models import BankLine
from portal.banking.statements.states import LineEvent
from portal.core import audit, tasks
from portal.core.actors import Actor
from portal.core.db import transaction
from portal.core.errors import Refused
from portal.customers import queries as customers
from portal.payments import queries
from portal.payments.models import Payment
from portal.payments.states import PaymentStatus


class NotTheSame(Refused):
    """The payment is of another amount or account, was taken back, or is another line's."""

    code = "not_the_same_money"


def recognise_line(payment_ref: str, recorded_ref: str, *, actor: Actor, at: datetime) -> None:
    """The money `payment_ref`, whose owner nobody knew, is the payment `recorded_ref`. The same again: nothing."""
    with transaction() as session:
        owner = queries.payment_by_ref(session, recorded_ref).customer_id
        if owner is not None:
            customers.lock(session, owner)
        recorded = queries.payment_by_ref(session, recorded_ref)
        if queries.payment_by_ref(session, payment_ref).status is PaymentStatus.REVERSED:
            return
        payment = _recording.lock_unmatched(session, payment_ref)
        line = importing.lock_line_of(session, payment.id)
        if line is None or not _is_same(session, line, recorded):
            raise NotTheSame("This payment is not the same money. Nothing was changed.")
        reason = f"The same money as {recorded_ref}"
        _reversing.reverse(session, payment, reason=reason, actor=actor, at=at)
        tasks.close_task(session, UNMATCHED, payment.ref, by=actor.name, at=at)
        importing.book_line(line, recorded.id, LineEvent.REBOOKED, by=actor.name, at=at)
        audit.record(
            session, actor, "bank_line.recognised", at=at, customer_id=owner, subject=line.ref, payment=recorded_ref
        )


def _is_same(session: Session, line: BankLine, recorded: Payment) -> bool:
    """Same account and amount, still booked, and no other line's."""
    receipt = session.get(BankReceipt, recorded.id)
    taken = select(BankLine.id).where(BankLine.payment_id == recorded.id)
    return (
        receipt is not None
        and receipt.bank_account_id == line.bank_account_id
        and recorded.amount == line.amount
        and recorded.status is PaymentStatus.BOOKED
        and session.scalar(taken) is None
    )
