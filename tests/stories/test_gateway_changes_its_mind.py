"""Answers that come late, take days, or contradict each other: money is booked once, and people are asked."""

import pytest
from sqlalchemy import select

from portal.actions.create_subscription import create_subscription
from portal.actions.resolve_attempts import ask_about
from portal.actions.void_invoice import void_invoice
from portal.actions.write_off_invoice import write_off_invoice
from portal.balance import ledger
from portal.core.actors import Actor
from portal.core.tasks import Task
from portal.gateways.base import Outcome
from portal.invoicing.models import Invoice
from portal.invoicing.states import InvoiceStatus
from portal.payments.models import Attempt, Payment
from portal.payments.states import AttemptStatus, PaymentStatus
from portal.subscriptions.states import Collection
from portal.subscriptions.wishes import Beginning, StartTerms
from tests.scripted import SOFT, give_card

RULE = Actor.system("story")


@pytest.fixture
def first(world, make, gateway):
    """first(outcome): the first charge of a subscription, 6,000, with a stored card."""

    def charge(*outcomes, beginning=Beginning.PENDING):
        customer = make.customer()
        give_card(world.session, customer, at=world.at)
        gateway.will(*outcomes)
        price, terms = make.price(6_000_00), StartTerms(collection=Collection.PULL)
        create_subscription(customer.id, [(price.ref, 1)], beginning=beginning, asked=terms, actor=RULE, at=world.at)
        world.work()
        return make.one(Attempt)

    return charge


@pytest.fixture
def says(world, gateway):
    def now(attempt, said):
        gateway.becomes(attempt.reference, said)
        ask_about(attempt.reference, actor=RULE, at=world.at)
        return world.make.one(Attempt, Attempt.id == attempt.id)

    return now


def tasks(world):
    world.session.rollback()
    return list(world.session.scalars(select(Task.kind).where(Task.closed_at.is_(None)).order_by(Task.id)))


def test_paid_then_declined_then_paid_is_paid_once_and_looked_at(world, first, says):
    attempt = first(Outcome.SUCCEEDED)
    assert says(attempt, Outcome.DECLINED).status is AttemptStatus.SUCCEEDED
    assert "settlement_contradicted" in tasks(world)
    says(attempt, {"outcome": Outcome.SUCCEEDED, "gateway_ref": world.make.one(Payment).gateway_ref})
    assert world.make.one(Payment).status is PaymentStatus.BOOKED
    assert world.make.one(Invoice).status is InvoiceStatus.PAID


@pytest.mark.parametrize("ends", [Outcome.SUCCEEDED, Outcome.DECLINED])
def test_processing_for_three_days_holds_everything_until_it_ends(world, first, gateway, ends):
    attempt = first(Outcome.PENDING)
    world.days(3)
    assert len(gateway.orders) == 1
    assert "attempt_in_doubt" in tasks(world)
    assert world.mails().count("dunning_reminder") == 0
    gateway.becomes(attempt.reference, ends)
    world.days(1.1)
    assert world.make.one(Attempt, Attempt.id == attempt.id).status == str(ends)
    assert "attempt_in_doubt" not in tasks(world)
    paid = ends is Outcome.SUCCEEDED
    assert len(world.session.scalars(select(Payment.id)).all()) == int(paid)


def voided(invoice, at):
    void_invoice(invoice.ref, reason="wrong customer", actor=RULE, at=at)


def written_off(invoice, at):
    write_off_invoice(invoice.ref, reason="bankrupt", actor=RULE, at=at)


@pytest.mark.parametrize("end", [voided, written_off])
def test_late_money_is_booked_whatever_became_of_its_invoice(world, make, first, says, end):
    attempt = first(SOFT)
    invoice = make.one(Invoice)
    end(invoice, world.at)
    assert says(attempt, Outcome.SUCCEEDED).status is AttemptStatus.SUCCEEDED
    balance = ledger.of_customer(world.session, invoice.customer_id, "NGN").minor
    if end is voided:
        assert (balance, make.one(Invoice).status) == (6_000_00, InvoiceStatus.VOID)
        assert "money_without_debt" in tasks(world)
    else:
        assert (balance, make.one(Invoice).status) == (0, InvoiceStatus.PAID)


def test_late_money_beside_another_payment_is_on_the_balance(world, make, first, says):
    attempt = first(SOFT, beginning=Beginning.ACTIVE)
    invoice = make.one(Invoice)
    world.days(1.1)
    assert make.one(Invoice).status is InvoiceStatus.PAID
    says(attempt, Outcome.SUCCEEDED)
    assert ledger.of_customer(world.session, invoice.customer_id, "NGN").minor == 6_000_00
    assert "money_without_debt" in tasks(world)
