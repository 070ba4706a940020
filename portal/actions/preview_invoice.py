"""What an invoice by hand would come to, for staff who are about to issue it. Nothing is written."""

from datetime import datetime

from portal.actions import _by_hand
from portal.actions._by_hand import Written
from portal.core.db import transaction
from portal.customers import queries as customers
from portal.invoicing.drafts import Draft


def preview_invoice(customer_ref: str, written: Written, *, at: datetime) -> Draft:
    """The draft that `issue_invoice` would issue now; its digest covers every line. Raises Invalid, TaxMissing."""
    with transaction() as session:
        return _by_hand.drafted(session, customers.by_ref(session, customer_ref), written, at=at)
