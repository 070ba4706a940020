"""Let a case rest: the customer promised to pay, disputes it, or a person has a reason; and let it go on again."""

from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from portal.core import audit
from portal.core import business as businesses
from portal.core.actors import Actor
from portal.core.days import at_hour, day
from portal.core.db import transaction
from portal.core.errors import Invalid
from portal.customers.models import Customer
from portal.dunning import cases, queries
from portal.dunning.models import DunningCase
from portal.dunning.states import CASE, CaseEvent, CaseStatus, PauseKind

LONGEST = timedelta(days=90)


def pause_dunning(case_ref: str, *, until: date, kind: PauseKind, reason: str, actor: Actor, at: datetime) -> None:
    """No try, mail or suspension before the day `until`, on which the case goes on by itself with what is due then.

    A promise is a pause until the promised day. Raises Invalid for a day that is not ahead and for no reason.
    """
    if not reason.strip():
        raise Invalid("Please say why the case rests.", field="reason")
    with transaction() as session:
        customer, case = queries.lock(session, case_ref)
        today = day(at, customer.zone)
        if not today < until <= today + LONGEST:
            raise Invalid("The case rests until a day within the next %(most)s days.", field="until", most=LONGEST.days)
        CASE.after(case.status, CaseEvent.PAUSED)
        wakes_at = at_hour(until, businesses.read(session).run_hour, customer.zone)
        cases.pause(session, case, until=until, kind=kind, reason=reason.strip(), wakes_at=wakes_at, at=at)
        text = f"{until.isoformat()}: {reason.strip()}"
        said = "promised" if kind is PauseKind.PROMISE else "paused"
        cases.log(session, case, said, actor=actor.name, text=text, step=0, at=at)
        audit.record(
            session, actor, f"dunning.{said}", at=at, customer_id=customer.id, subject=case.ref,
            reason=reason.strip(), until=until.isoformat(), kind=str(kind),
        )  # fmt: skip


def resume_dunning(case_ref: str, *, actor: Actor, at: datetime) -> None:
    """Go on now. What is not paused is left as it is."""
    with transaction() as session:
        customer, case = queries.lock(session, case_ref)
        if case.status is CaseStatus.PAUSED:
            _resume(session, case, customer, actor=actor, at=at)


def _resume(session: Session, case: DunningCase, customer: Customer, *, actor: Actor, at: datetime) -> None:
    cases.move(case, CaseEvent.RESUMED, at=at)
    cases.log(session, case, "resumed", actor=actor.name, text="", step=0, at=at)
    case.next_action_at = at
    session.flush()
    cases.refresh_clock(session, case, business=businesses.read(session), customer=customer, at=at)
    audit.record(session, actor, "dunning.resumed", at=at, customer_id=customer.id, subject=case.ref)
