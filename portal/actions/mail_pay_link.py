"""Mailing a fresh link for paying an invoice, to its customer's billing address and to no other."""

from datetime import datetime

from portal.actions import _owed
from portal.core import audit, outbox
from portal.core.actors import Actor
from portal.core.db import transaction
from portal.invoicing import queries as invoices

SLOT_MINUTES = 10


def mail_pay_link(invoice_ref: str, *, actor: Actor, at: datetime) -> None:
    """At most one mail in ten minutes, however often it is asked for. Raises NothingToPay."""
    with transaction() as session:
        customer, invoice = invoices.lock(session, invoice_ref)
        _owed.require_open(invoice)
        slot = at.replace(minute=at.minute - at.minute % SLOT_MINUTES, second=0, microsecond=0)
        outbox.post(
            session, "invoice.link_asked", at=at, customer_id=customer.id, invoice=invoice.ref, slot=slot.isoformat()
        )
        audit.record(session, actor, "pay_link.mailed", at=at, customer_id=customer.id, subject=invoice.ref)
