"""Somebody who acts for several customers chooses one of them."""

from sqlalchemy import select, update

from portal.core.db import transaction
from portal.core.errors import NotFound
from portal.customers.models import Customer, Membership
from portal.identity.models import SignInSession


def switch_customer(session_id: int, user_id: int, ref: str) -> None:
    """The session acts for the customer from the next request on. Raises NotFound for one that is not theirs."""
    with transaction() as session:
        own = select(Customer.id).join(Membership, Membership.customer_id == Customer.id)
        customer_id = session.scalar(own.where(Membership.user_id == user_id, Customer.ref == ref))
        if customer_id is None:
            raise NotFound("There is no such customer.")
        session.execute(
            update(SignInSession)
            .where(SignInSession.id == session_id, SignInSession.user_id == user_id)
            .values(customer_id=customer_id)
        )
