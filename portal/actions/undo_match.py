"""A line of a statement was given to the wrong customer, or ignored by mistake: its money is nobody's again."""

from datetime import datetime

from sqlalchemy.orm import Session

from portal.actions import _lines, _recording, _recording_asked, _reversing
from portal.actions._recording import Hand
from portal.banking.statements import importing
from portal.banking.statements.models import BankLine
from portal.banking.statements.states import LineEvent, LineStatus
from portal.core import audit
from portal.core import business as businesses
from portal.core.actors import Actor
from portal.core.db import transaction
from portal.core.errors import Invalid, Refused
from portal.customers import queries as customers
from portal.identity import approvals
from portal.payments import queries
from portal.payments.models import Payment
from portal.payments.states import PaymentStatus

LONGEST_REASON = 500


class NotUndoable(Refused):
    """The line went out, waits to be looked at, or its money is nobody's already."""

    code = "line_not_undoable"


def undo_match(line_ref: str, *, reason: str, actor: Actor, at: datetime) -> str:
    """Take its payment back, with everything that it settled, and put the line back into the inbox.

    Above the limit of who asks, a second person is asked first: the reference of the request, else nothing; once the
    payment is taken back, asking again puts the line back. Raises NotUndoable, NothingToReverse, Invalid.
    """
    said = reason.strip()
    if not said or len(said) > LONGEST_REASON:
        raise Invalid("Say why. The reason is kept with the deed.", field="reason")
    with transaction() as session:
        line = importing.line_by_ref(session, line_ref)
        owner = session.get_one(Payment, line.payment_id).customer_id if line.payment_id else None
        if owner is not None:
            customers.lock(session, owner)
        account = importing.account_of(session, line)
        line = importing.lock_line(session, line.id)
        payment = _payment(session, line, owner)
        if payment is not None and payment.status is PaymentStatus.BOOKED:
            if approvals.is_above_set_limit(session, actor, payment.amount):
                return _recording_asked.ask_reversal(session, payment, reason=said, actor=actor, at=at)
            _reversing.reverse(session, payment, reason=said, actor=actor, at=at)
        hand = Hand(actor, at, businesses.read(session))
        ref = _recording.book_unmatched(session, account, _lines.wire_of(line, account), hand=hand)
        anew = queries.payment_by_ref(session, ref)
        importing.book_line(line, anew.id, LineEvent.REBOOKED, by=actor.name, at=at)
        audit.record(
            session, actor, "bank_line.reopened", at=at, customer_id=owner, subject=line.ref, reason=said, payment=ref
        )
    return ""


def _payment(session: Session, line: BankLine, owner: int | None) -> Payment | None:
    """The payment to be taken back, None for an ignored line."""
    if line.status is LineStatus.IGNORED:
        return None
    if line.status is not LineStatus.BOOKED or line.payment_id is None:
        raise NotUndoable("There is nothing to undo about this line. Nothing was changed.")
    payment = session.get_one(Payment, line.payment_id, populate_existing=True)
    is_nobodys = payment.customer_id is None and payment.status is PaymentStatus.BOOKED
    if is_nobodys or payment.customer_id != owner:
        raise NotUndoable("The money of this line is nobody's already. Nothing was changed.")
    return payment
