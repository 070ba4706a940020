"""A payer chooses how to send the money for an invoice: on the gateway's page, to an account number, by a code."""

from datetime import datetime

from portal.actions import _payables
from portal.actions._payables import Opened, Wish
from portal.core.actors import Actor
from portal.core.db import transaction
from portal.invoicing import queries as invoices


def open_payable(invoice_ref: str, wish: Wish, *, actor: Actor, at: datetime) -> Opened:
    """What can be paid now, opened or found open; whoever has the invoice's link may ask for it.

    Another way that is open gives way only to who says that no money was sent, and after the gateway was asked.
    Raises PayableOpen, InDoubt, PageNotOpened, NothingToPay, and Invalid for a way or a part that is not offered.
    """
    with transaction() as session:
        customer_id = invoices.by_ref(session, invoice_ref).customer_id
    return _payables.open_one(customer_id=customer_id, invoice_ref=invoice_ref, wish=wish, actor=actor, at=at)
