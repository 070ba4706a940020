"""A customer came back from a gateway's page. That proves nothing: the gateway is asked at once."""

from datetime import datetime

from portal.core.db import transaction
from portal.core.errors import NotFound
from portal.customers import queries as customers
from portal.payments import queries
from portal.payments.states import ASKED_ABOUT


def confirm_return(reference: str, *, customer_id: int, at: datetime) -> None:
    """Let the attempt be asked about now instead of later. Another customer's reference is not found."""
    with transaction() as session:
        customers.lock(session, customer_id)
        attempt = queries.by_reference(session, reference)
        if attempt is None or attempt.customer_id != customer_id:
            raise NotFound("There is no such payment.")
        if attempt.status in ASKED_ABOUT:
            attempt.next_action_at = at
