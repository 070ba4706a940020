"""Chase a customer no more, though not all is paid: the invoices stay open, nobody asks for them."""

from datetime import datetime

from portal.actions import _voiding
from portal.core import audit
from portal.core.actors import Actor
from portal.core.db import transaction
from portal.core.errors import Invalid
from portal.dunning import cases, queries
from portal.dunning.states import CLOSED, CaseEvent


def stop_dunning(case_ref: str, *, reason: str, actor: Actor, at: datetime) -> None:
    """No try, mail or suspension for these invoices any more; what was late because of them is served again.

    Money that comes all the same is booked on them. Stopped or recovered already: nothing.
    """
    if not reason.strip():
        raise Invalid("Please say why.", field="reason")
    with transaction() as session:
        customer, case = queries.lock(session, case_ref)
        if case.status in CLOSED:
            return
        chased = queries.chased(session, case)
        cases.leave(session, [one.invoice.id for one in chased], event=CaseEvent.STOPPED, at=at)
        audit.record(
            session, actor, "dunning.stopped", at=at, customer_id=customer.id, subject=case.ref, reason=reason.strip(),
            invoices=[one.invoice.ref for one in chased],
        )  # fmt: skip
        session.flush()
        for subscription_id in sorted({one.subscription.id for one in chased if one.subscription is not None}):
            _voiding.serve_again(session, subscription_id, actor=actor, at=at)
