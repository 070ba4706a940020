"""Money that was booked and is taken back: the invoice and its case are open again, and the books stay whole."""

import pytest

from portal.actions import _reversing
from portal.balance import ledger
from portal.core.actors import Actor
from portal.core.db import transaction
from portal.core.money import Money
from portal.core.tasks import Task
from portal.customers import queries as customers
from portal.dunning.models import DunningCase
from portal.payments.models import Payment, PaymentMethod

ME = Actor.staff(1, "Ngozi")


def test_a_charge_that_is_taken_back_opens_its_invoice_and_is_chased_without_being_charged_again(world, make):
    subscription = make.subscription()
    invoice = make.invoice(subscription)
    reverse(world, make, stops_method=True)
    assert (invoice.status, invoice.open_minor, invoice.closed_at) == ("issued", invoice.total_minor, None)
    assert subscription.status == "past_due"
    assert world.case().status == "open"
    tries = len(world.tries(invoice))
    world.days(10)
    assert len(world.tries(invoice)) == tries
    assert "dunning_reminder" in world.mails()


def test_the_case_that_ended_with_the_payment_goes_on_with_it(world, make):
    subscription = make.subscription(status="past_due")
    case = world.case()
    make.pay(make.invoice(subscription))
    assert world.case().status == "recovered"
    world.days(20)
    reverse(world, make)
    assert make.session.query(DunningCase).one().id == case.id
    assert (world.case().status, world.case().closed_at) == ("open", None)
    assert subscription.status == "past_due"
    world.days(1)
    assert (world.case().status, subscription.status) == ("recovered", "active"), "the first day of a ladder begun anew"


def test_a_payment_is_taken_back_once(world, make):
    make.subscription()
    reverse(world, make)
    with pytest.raises(_reversing.NothingToReverse):
        reverse(world, make)
    assert make.one(Payment).status == "reversed"


def test_a_part_is_taken_back(world, make):
    invoice = make.invoice(make.subscription())
    reverse(world, make, amount=Money(1_000_00, "NGN"))
    assert (invoice.status, invoice.open_minor) == ("issued", 1_000_00)
    assert make.one(Payment).status == "booked"
    with pytest.raises(_reversing.NothingToReverse):
        reverse(world, make, amount=invoice.total)
    reverse(world, make)
    assert invoice.open_minor == invoice.total_minor


def test_the_surplus_goes_back_from_the_balance_first(world, make):
    subscription = make.subscription(status="past_due")
    invoice = make.invoice(subscription)
    make.pay(invoice, invoice.total_minor + 700_00)
    customer_id = subscription.customer_id
    assert ledger.of_customer(make.session, customer_id, "NGN").minor == 700_00
    reverse(world, make, amount=Money(500_00, "NGN"))
    assert invoice.status == "paid"
    assert ledger.of_customer(make.session, customer_id, "NGN").minor == 200_00
    reverse(world, make)
    assert invoice.open_minor == invoice.total_minor
    assert ledger.of_customer(make.session, customer_id, "NGN").is_zero


def test_what_was_spent_of_a_surplus_is_taken_from_the_invoice_it_paid(world, make):
    subscription = make.subscription(status="past_due")
    first = make.invoice(subscription)
    make.pay(first, first.total_minor * 2)
    world.days(31)
    second = make.invoice(subscription)
    assert (second.id != first.id, second.status) == (True, "paid")
    reverse(world, make)
    make.session.expire_all()
    assert {first.status, second.status} == {"issued"}
    assert make.session.query(Task).filter(Task.kind == "surplus_spent").count() == 0


def reverse(world, make, *, amount=None, stops_method=False):
    """The latest payment."""
    with transaction() as session:
        payment = session.query(Payment).order_by(Payment.id).first()
        customers.lock(session, payment.customer_id)
        _reversing.reverse(
            session, payment, reason="bounced", actor=ME, at=world.at, amount=amount, stops_method=stops_method
        )
    make.session.rollback()
    make.session.expire_all()
    if stops_method:
        assert make.one(PaymentMethod).is_refused
