"""Money that came to our bank is no customer's: a transfer between our own accounts, interest, a mistake."""

from datetime import datetime

from portal.actions import _recording, _reversing
from portal.actions._recording import UNMATCHED
from portal.banking.statements import importing
from portal.core import audit, tasks
from portal.core.actors import Actor
from portal.core.db import transaction
from portal.core.errors import Invalid
from portal.payments import queries
from portal.payments.states import PaymentStatus

LONGEST_REASON = 500


def ignore_money(payment_ref: str, *, reason: str, actor: Actor, at: datetime) -> None:
    """Take it out of the books; the line of the statement stays, with the reason. Taken out already: nothing.

    Raises NotUnmatched for money that is a customer's by now.
    """
    said = reason.strip()
    if not said or len(said) > LONGEST_REASON:
        raise Invalid("Say why. The reason is kept with the deed.", field="reason")
    with transaction() as session:
        if queries.payment_by_ref(session, payment_ref).status is PaymentStatus.REVERSED:
            return
        payment = _recording.lock_unmatched(session, payment_ref)
        line = importing.lock_line_of(session, payment.id)
        _reversing.reverse(session, payment, reason=said, actor=actor, at=at)
        tasks.close_task(session, UNMATCHED, payment.ref, by=actor.name, at=at)
        if line is not None:
            importing.ignore_line(line, said, by=actor.name, at=at)
            audit.record(session, actor, "bank_line.ignored", at=at, subject=line.ref, reason=said)
