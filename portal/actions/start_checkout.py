"""Opening a gateway's page on which a signed-in customer pays, and by paying stores a card."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from portal.actions import _gateways
from portal.actions.open_payable import Wish, account_for, currency_of, open_one
from portal.core.actors import Actor
from portal.core.db import transaction
from portal.core.money import Money
from portal.core.settings import current
from portal.customers import queries as customers
from portal.customers.models import Customer
from portal.invoicing import queries as invoices
from portal.payments.allocation import to_collect


@dataclass(frozen=True, slots=True)
class AddingCosts:
    """What paying for a new card will pay: an open invoice, or the gateway's minimum to the balance."""

    invoice_ref: str | None
    amount: Money


def adding_costs(session: Session, customer: Customer) -> AddingCosts:
    """What the page shows before a card is added. Raises Refused where no gateway takes the customer's currency."""
    currency = currency_of(session, customer)
    account = account_for(session, currency)
    for invoice in invoices.open_of_customer(session, customer.id, currency=currency):
        if invoice.open_minor > 0:
            least = _gateways.minimum_of(account, invoice.currency)
            return AddingCosts(invoice.ref, to_collect(invoice.open, least))
    return AddingCosts(None, _gateways.minimum_of(account, currency))


def start_checkout(*, customer_id: int, invoice_ref: str | None, actor: Actor, at: datetime) -> str:
    """The address of a page on which the invoice can be paid; without one, the page that adds a card.

    An open page is used again while it lives. A charge that was certainly not sent gives way, and so does another
    payable, once the gateway was asked about it; a charge that may have been sent does not: InDoubt.
    """
    if invoice_ref is None:
        with transaction() as session:
            invoice_ref = adding_costs(session, customers.lock(session, customer_id)).invoice_ref
    here = f"{current().app_url}/account/payments"
    wish = Wish(f"{here}/return", f"{here}/cancelled/{{reference}}", is_switching=True)
    return open_one(customer_id=customer_id, invoice_ref=invoice_ref, wish=wish, actor=actor, at=at).link
