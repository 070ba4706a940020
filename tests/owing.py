"""Customers who are to transfer money."""

from portal.actions.create_subscription import create_subscription
from portal.customers.models import Customer
from portal.invoicing.models import Invoice
from portal.subscriptions.models import Subscription
from portal.subscriptions.states import Collection
from portal.subscriptions.wishes import Beginning, StartTerms
from tests.factories import STAFF, Make


def owing(make: Make, minor: int = 45_000_00, *, customer: Customer | None = None) -> Invoice:
    """The open invoice of a new subscription that is active already; its account to pay to is there."""
    make.bank()
    customer = customer or make.customer()
    ref = create_subscription(
        customer.id, [(make.price(minor).ref, 1)], beginning=Beginning.ACTIVE,
        asked=StartTerms(collection=Collection.PUSH), actor=STAFF, at=make.at,
    )  # fmt: skip
    return make.invoice(make.one(Subscription, Subscription.ref == ref))
