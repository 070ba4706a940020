"""A person has what is overdue charged now, with a method of their choice."""

from datetime import datetime

from sqlalchemy.orm import Session

from portal.actions import _gateways
from portal.core import audit
from portal.core.actors import Actor
from portal.core.days import day
from portal.core.db import transaction
from portal.core.errors import Refused
from portal.customers.models import Customer
from portal.dunning import cases, queries
from portal.dunning.queries import Chased
from portal.payments import attempts
from portal.payments import queries as payments
from portal.payments.attempts import InDoubt
from portal.payments.models import PaymentMethod
from portal.payments.states import AttemptTrigger


class NothingToRetry(Refused):
    """Nothing is owed, or there is no method that may be charged. Nothing was charged."""

    code = "nothing_to_retry"


def retry_debt(case_ref: str, *, method_ref: str = "", actor: Actor, at: datetime) -> int:
    """Commit to charging every invoice of the case that is not being paid already; how many. No step of the ladder.

    Without `method_ref` each is charged with the method it is usually charged with. InDoubt when all of them wait
    for an answer, or for the customer on a payment page.
    """
    with transaction() as session:
        customer, case = queries.lock(session, case_ref)
        owed = [one for one in queries.chased(session, case) if one.invoice.open_minor > 0]
        if not owed:
            raise NothingToRetry("Nothing is owed in this case any more. Nothing was charged.")
        live = payments.live_attempts(session, [one.invoice.id for one in owed])
        free = [one for one in owed if one.invoice.id not in live]
        if not free:
            raise InDoubt("A payment is under way for every invoice of this case. Nothing else was charged.")
        wanted = [
            _gateways.charge_for(
                session, one.invoice, _method(session, customer, one, method_ref, at), AttemptTrigger.STAFF
            )
            for one in free
        ]
        attempts.open_all(session, wanted, at=at)
        for one in free:
            cases.log(session, case, "retried", actor=actor.name, text=one.invoice.label or "", step=0, at=at)
        audit.record(
            session,
            actor,
            "dunning.retried",
            at=at,
            customer_id=customer.id,
            subject=case.ref,
            invoices=[one.invoice.ref for one in free],
        )
        return len(wanted)


def _method(session: Session, customer: Customer, one: Chased, method_ref: str, at: datetime) -> PaymentMethod:
    if method_ref:
        return payments.own_method(session, customer.id, method_ref)
    found = payments.usable_method(
        session, customer_id=customer.id, subscription_id=one.invoice.subscription_id, on=day(at, customer.zone)
    )
    if found is None:
        raise NothingToRetry("The customer has no method that may be charged. Nothing was charged.")
    return found
