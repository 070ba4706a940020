"""Take an issued invoice back as if it had never been."""

from datetime import datetime

from portal.actions import _asking, _voiding
from portal.core.actors import Actor
from portal.core.db import transaction
from portal.core.errors import Invalid
from portal.invoicing import queries as invoices
from portal.invoicing.states import InvoiceStatus


def void_invoice(invoice_ref: str, *, reason: str, actor: Actor, at: datetime) -> str:
    """Void it, with all that follows; above the actor's limit a second person is asked first.

    Returns the reference of the request that waits, empty where it was done. What the balance paid of it goes back
    there. Void already: nothing. Refused while a charge is in doubt, and where money was collected on it: then a
    credit note is the way.
    """
    if not reason.strip():
        raise Invalid("Please say why.", field="reason")
    with transaction() as session:
        _, invoice = invoices.lock(session, invoice_ref)
        if invoice.status is InvoiceStatus.VOID:
            return ""
        _voiding.require_voidable(session, invoice)
        content = _voiding.content_of(session, invoice)
        wish = _asking.wish_for(_voiding.DEED, invoice.ref, invoice.customer_id, content, reason.strip())
        asked = _asking.done_or_asked(
            session,
            wish,
            lambda: _voiding.void(session, invoice, reason=reason.strip(), actor=actor, at=at),
            actor=actor,
            at=at,
        )
        return asked.ref if asked else ""
