"""Give up what a customer will not pay."""

from datetime import datetime

from portal.actions import _asking, _writing_off
from portal.core.actors import Actor
from portal.core.db import transaction
from portal.core.errors import Invalid
from portal.invoicing import queries as invoices
from portal.invoicing.states import InvoiceStatus


def write_off_invoice(invoice_ref: str, *, reason: str, actor: Actor, at: datetime) -> str:
    """Write off what is open; above the actor's limit a second person is asked first.

    Returns the reference of the request that waits, empty where it was done. Written off already: nothing. Raises
    NothingToWriteOff, and ChargeInDoubt while money may be on its way.
    """
    if not reason.strip():
        raise Invalid("Please say why.", field="reason")
    with transaction() as session:
        _, invoice = invoices.lock(session, invoice_ref)
        if invoice.status is InvoiceStatus.WRITTEN_OFF:
            return ""
        _writing_off.require_open(session, invoice)
        content = _writing_off.content_of(invoice)
        wish = _asking.wish_for(_writing_off.DEED, invoice.ref, invoice.customer_id, content, reason.strip())
        asked = _asking.done_or_asked(
            session,
            wish,
            lambda: _writing_off.write_off(session, invoice, reason=reason.strip(), actor=actor, at=at),
            actor=actor,
            at=at,
        )
        return asked.ref if asked else ""
