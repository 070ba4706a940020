"""What a customer sees of money that comes back: on the invoice it was paid for."""

import pytest

from portal.actions.refund_payments import refund_payments
from portal.actions.request_refund import request_refund
from portal.actions.resolve_refunds import ask_about_refund
from portal.core.actors import Actor
from portal.core.money import Money
from portal.gateways.base import Outcome
from portal.invoicing.models import Invoice
from portal.payments.models import Payment
from tests.factories import NOON
from tests.people import join, make_user
from tests.scripted import gateway, give_card
from tests.web.account_world import QUERIES, counted_queries

__all__ = ["gateway"]
RULE = Actor.system("tests")


@pytest.fixture
def invoice(session, make, gateway, reader, travel):
    """Paid by card, its customer signed in, and 1,500 of it asked back."""
    travel(NOON)
    customer = make.customer(name="Zuma Analytics")
    give_card(session, customer, at=NOON)
    make.subscription(make.price(6_000_00), customer=customer)
    make.balance(customer, 1_500_00)
    user = make_user(session)
    join(session, user, customer)
    reader.enter(session, user)
    return make.one(Invoice)


def test_it_is_on_its_way_and_then_refunded(make, reader, invoice, gateway):
    page = f"/account/invoices/{invoice.ref}"
    assert "Refunds" not in reader.get(page).text
    ref = request_refund(make.one(Payment).ref, Money(1_500_00, "NGN"), reason="our mistake", actor=RULE, at=NOON)
    refund_payments(limit=5, actor=RULE, at=NOON)
    shown = reader.get(page).text
    assert "On its way to you" in shown
    assert "1,500" in shown
    assert "our mistake" not in shown
    gateway.back.becomes(ref, Outcome.SUCCEEDED)
    ask_about_refund(ref, actor=RULE, at=NOON)
    with counted_queries() as asked:
        assert "back to what you paid with" in reader.get(page).text
    assert len(asked) <= QUERIES
