"""A gateway's answer about an attempt that is closed: it is compared with what it or people said before, and never
counted twice.

Steps; the caller holds the customers' locks and commits.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core import tasks
from portal.gateways.base import ChargeOutcome, Outcome
from portal.identity.approvals import Decision
from portal.identity.models import Approval
from portal.payments.models import Attempt, Payment
from portal.payments.states import CLOSED, AttemptStatus

DEED = "attempt.settle"
TASK = "settlement_contradicted"


def compare(session: Session, answered: Sequence[tuple[Attempt, ChargeOutcome]], *, at: datetime) -> None:
    """Where the gateway says otherwise a person looks. What it says that it took is booked, once, all the same."""
    closed = {attempt.reference: (attempt, charge) for attempt, charge in answered if attempt.status in CLOSED}
    if not closed:
        return
    for attempt, charge in closed.values():
        if attempt.status is AttemptStatus.SUCCEEDED and charge.outcome is Outcome.DECLINED:
            _ask_person(session, attempt, charge, "the gateway says that it was declined", at)
    settled = session.scalars(
        select(Approval).where(
            Approval.deed == DEED, Approval.subject.in_(list(closed)), Approval.decision == Decision.APPROVED
        )
    )
    for approval in settled:
        attempt, charge = closed[approval.subject]
        said = _contradiction(session, attempt, charge, str(approval.facts.get("verdict")))
        if said:
            _ask_person(session, attempt, charge, said, at)


def _ask_person(session: Session, attempt: Attempt, charge: ChargeOutcome, said: str, at: datetime) -> None:
    tasks.open_task(
        session, TASK, attempt.reference, at=at, customer_id=attempt.customer_id,
        reason=said, gateway_ref=charge.gateway_ref,
    )  # fmt: skip


def _contradiction(session: Session, attempt: Attempt, charge: ChargeOutcome, verdict: str) -> str:
    if charge.outcome is Outcome.SUCCEEDED and verdict != "paid":
        return "the gateway says that it was paid"
    if charge.outcome is not Outcome.SUCCEEDED:
        return ""
    booked = session.scalar(select(Payment).where(Payment.attempt_id == attempt.id))
    if booked is None:
        return ""
    if charge.amount is not None and charge.amount != booked.amount:
        return "the gateway says another amount"
    if booked.gateway_ref and charge.gateway_ref and booked.gateway_ref != charge.gateway_ref:
        return "the gateway says another number"
    return ""
