"""How a customer's invoices reach them from the next one on: by mail, or printed and posted."""

from datetime import datetime

from portal.core import audit
from portal.core.actors import Actor
from portal.core.db import transaction
from portal.core.errors import Invalid
from portal.customers import queries as customers
from portal.customers.models import DELIVERIES
from portal.invoicing.post import BY_POST


def choose_delivery(customer_ref: str, delivery: str, *, actor: Actor, at: datetime) -> None:
    """`delivery` is mail or post. A letter needs an address. Chosen already: nothing."""
    if delivery not in DELIVERIES:
        raise Invalid("Choose mail or post.", field="delivery")
    with transaction() as session:
        customer = customers.lock(session, customers.by_ref(session, customer_ref).id)
        if customer.delivery == delivery:
            return
        if delivery == BY_POST and not customer.address.strip():
            raise Invalid("A letter needs an address.", field="address")
        customer.delivery = delivery
        customer.version += 1
        audit.record(
            session, actor, "customer.delivery_chosen", at=at, customer_id=customer.id, subject=customer.ref,
            delivery=delivery,
        )  # fmt: skip
