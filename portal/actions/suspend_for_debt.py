"""A person stops serving what a case chases, before the ladder does."""

from datetime import datetime

from portal.actions import _chasing
from portal.core import audit
from portal.core.actors import Actor
from portal.core.db import transaction
from portal.core.errors import Invalid, Refused
from portal.dunning import cases, due, queries


class NothingToSuspend(Refused):
    """No subscription of the case is past due. Nothing was changed."""

    code = "nothing_to_suspend"


def suspend_for_debt(case_ref: str, *, reason: str, actor: Actor, at: datetime) -> int:
    """Suspend the subscriptions whose invoices are in the case, not the customer's others; how many.

    The customer is told; the ladder goes on. A second click finds nothing left to suspend.
    """
    if not reason.strip():
        raise Invalid("Please say why.", field="reason")
    with transaction() as session:
        customer, case = queries.lock(session, case_ref)
        suspended = [
            subscription
            for subscription in due.subscriptions_of(session, case)
            if _chasing.suspend(session, subscription, reason=reason.strip(), actor=actor, at=at)
        ]
        if not suspended:
            raise NothingToSuspend("No subscription of this case is past due. Nothing was changed.")
        cases.log(session, case, "suspended", actor=actor.name, text=reason.strip(), step=0, at=at)
        audit.record(
            session,
            actor,
            "dunning.suspended",
            at=at,
            customer_id=customer.id,
            subject=case.ref,
            reason=reason.strip(),
            subscriptions=[subscription.ref for subscription in suspended],
        )
        return len(suspended)
