"""Taking back every link on which an invoice can be paid without signing in."""

from datetime import datetime

from portal.core import audit
from portal.core.actors import Actor
from portal.core.db import transaction
from portal.core.errors import NotFound
from portal.invoicing import queries as invoices


def revoke_pay_links(invoice_ref: str, *, customer_id: int | None = None, actor: Actor, at: datetime) -> None:
    """From now on only links that are written later open anything. `customer_id`: only if the invoice is theirs."""
    with transaction() as session:
        customer, invoice = invoices.lock(session, invoice_ref)
        if customer_id not in (None, customer.id):
            raise NotFound("There is no such invoice.")
        invoice.link_version += 1
        audit.record(
            session,
            actor,
            "pay_links.revoked",
            at=at,
            customer_id=customer.id,
            subject=invoice.ref,
            version=invoice.link_version,
        )
