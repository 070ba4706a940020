"""Call a refund off that was certainly not sent."""

from datetime import datetime

from portal.actions import _refund_asked, _refund_asking, _refunding
from portal.core.actors import Actor
from portal.core.db import transaction
from portal.core.errors import Invalid, Refused
from portal.identity import approvals
from portal.identity.approvals import Decision
from portal.payments import refunds
from portal.payments.refund_states import RefundStatus


class RefundSent(Refused):
    """It may have been sent, so it cannot be called off."""

    code = "refund_sent"


def cancel_refund(refund_ref: str, *, reason: str, actor: Actor, at: datetime) -> None:
    """The money stays with us, on the customer's balance. Canceled already: nothing. Raises RefundSent."""
    if not reason.strip():
        raise Invalid("Please say why it is called off.", field="reason")
    with transaction() as session:
        refund = _refund_asking.locked(session, refunds.by_ref(session, refund_ref).id)
        session.refresh(refund, with_for_update={"key_share": True})  # no worker takes it until the commit
        if refund.status is RefundStatus.CANCELED:
            return
        if refund.status not in (RefundStatus.REQUESTED, RefundStatus.APPROVED) or refund.sends:
            raise RefundSent("This refund may have been sent, so it cannot be called off. Nothing was changed.")
        waiting = approvals.waiting_for(session, _refund_asked.DEED, refund.ref)
        if waiting is not None:
            approvals.close(session, waiting, Decision.OUTDATED, actor=actor, at=at)
        _refunding.cancel(session, refund, reason=reason.strip(), actor=actor, at=at)
