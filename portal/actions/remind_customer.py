"""A person sends a case's next reminder at once, having read the very mail."""

from datetime import date, datetime

from sqlalchemy.orm import Session

from portal.core import audit
from portal.core import business as businesses
from portal.core.actors import Actor
from portal.core.days import day
from portal.core.db import transaction
from portal.core.errors import Refused
from portal.customers import queries as customers
from portal.dunning import cases, queries
from portal.dunning.models import DunningCase
from portal.dunning.queries import Chased
from portal.dunning.states import CaseStatus
from portal.notifications.rendering import Preview, preview


class NothingToRemind(Refused):
    """The case is closed, its ladder is used up, or its mail of today has left."""

    code = "nothing_to_remind"


def remind_customer(case_ref: str, *, actor: Actor, at: datetime) -> None:
    """The mail of the next step leaves now; it is read again when it is sent, and stays here if all was paid.

    Invoices that the customer sends the money for take their step by it; what we would try to charge keeps its own,
    for a person's mail is no try. At most one mail a day.
    """
    with transaction() as session:
        customer, case = queries.lock(session, case_ref)
        on = day(at, customer.zone)
        coming = _require_coming(session, case, on=on)
        step = _step(coming)
        for one in _stepping(coming):
            cases.take_step(one.debt, one.debt.step + 1, on)
        cases.remind(session, case, step=step, actor=actor.name, on=on, at=at)
        session.flush()
        business = businesses.read(session)
        cases.refresh_clock(session, case, business=business, customer=customer, at=at)
        audit.record(session, actor, "dunning.reminded", at=at, customer_id=customer.id, subject=case.ref, step=step)


def preview_reminder(session: Session, case_ref: str, *, at: datetime) -> Preview:
    """The mail that `remind_customer` would send now. Writes nothing; refused where there is none to send."""
    case = queries.by_ref(session, case_ref)
    customer = customers.with_id(session, case.customer_id)
    on = day(at, customer.zone)
    coming = _require_coming(session, case, on=on)
    stepping = _stepping(coming)
    with session.no_autoflush:
        for one in stepping:
            cases.take_step(one.debt, one.debt.step + 1, on)
        try:
            return preview(
                session,
                "dunning.reminded",
                customer=customer,
                facts={"case": case.ref, "step": _step(coming)},
                at=at,
            )
        finally:
            for one in stepping:
                session.expire(one.debt)


def _require_coming(session: Session, case: DunningCase, *, on: date) -> list[Chased]:
    """The debts that have a step before them."""
    if case.status not in (CaseStatus.OPEN, CaseStatus.PAUSED):
        raise NothingToRemind("This case has no reminder before it. Nothing was sent.")
    if case.reminded_on == on:
        raise NothingToRemind("The customer was reminded today already. Nothing was sent.")
    coming = [one for one in queries.chased(session, case) if not one.climb.is_used_up]
    if not coming:
        raise NothingToRemind("The last reminder of this case has been sent. Nothing was sent.")
    return coming


def _stepping(coming: list[Chased]) -> list[Chased]:
    return [one for one in coming if one.subscription is None or one.subscription.collection == "push"]


def _step(coming: list[Chased]) -> int:
    return max(one.debt.step + 1 for one in coming)
