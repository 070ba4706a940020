"""A dunning case rests while a payment of its customer is disputed. Steps; the caller holds the lock and commits."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from portal.core.business import Business
from portal.core.days import at_hour, day
from portal.customers.models import Customer
from portal.dunning import cases
from portal.dunning.models import DunningCase
from portal.dunning.states import STANDING, CaseEvent, CaseStatus, PauseKind
from portal.payments import disputes

WHY = "a payment is disputed"


def rest_while_disputed(
    session: Session, case: DunningCase, customer: Customer, *, business: Business, at: datetime
) -> bool:
    """Let the case rest until tomorrow, if there is a dispute; True if it does."""
    if case.status not in STANDING or not disputes.is_disputing(session, customer.id, case.currency):
        return False
    rests_already = case.status is CaseStatus.PAUSED and case.paused_kind is PauseKind.DISPUTE
    until = day(at, customer.zone) + timedelta(days=1)
    wakes_at = at_hour(until, business.run_hour, customer.zone)
    cases.pause(session, case, until=until, kind=PauseKind.DISPUTE, reason=WHY, wakes_at=wakes_at, at=at)
    if not rests_already:
        cases.log(session, case, "paused", actor="", text=WHY, step=0, at=at)
    return True


def wake_after_dispute(
    session: Session, case: DunningCase, customer: Customer, *, business: Business, at: datetime
) -> None:
    """The last dispute is over: the case goes on, unless it rests for another reason."""
    is_resting = case.status is CaseStatus.PAUSED and case.paused_kind is PauseKind.DISPUTE
    if not is_resting or disputes.is_disputing(session, customer.id, case.currency):
        return
    cases.move(case, CaseEvent.RESUMED, at=at)
    cases.log(session, case, "resumed", actor="", text="", step=0, at=at)
    case.next_action_at = at
    session.flush()
    cases.refresh_clock(session, case, business=business, customer=customer, at=at)
