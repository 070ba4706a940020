"""Debts that are given up: voided, written off or no longer chased, and money that comes all the same."""

import pytest
from sqlalchemy import select

from portal.actions._changing import ChargeInDoubt
from portal.actions._writing_off import NothingToWriteOff
from portal.actions.decide_approval import Outcome as Became
from portal.actions.decide_approval import decide_approval
from portal.actions.settle_payments import Heard, settle_payments
from portal.actions.stop_dunning import stop_dunning
from portal.actions.void_invoice import void_invoice
from portal.actions.write_off_invoice import write_off_invoice
from portal.core.actors import Actor
from portal.core.errors import Invalid
from portal.core.money import Money
from portal.gateways.base import ChargeOutcome, Outcome
from portal.identity.approvals import Decision
from portal.identity.models import Approval
from portal.payments.models import Attempt
from tests.people import make_user


@pytest.fixture
def people(session):
    return [Actor.staff(make_user(session, "billing", name=name).id, name) for name in ("Ngozi", "Bayo")]


def test_a_debt_is_written_off_by_two_people_and_is_chased_no_more(world, make, people):
    ngozi, bayo = people
    subscription = make.subscription(status="suspended")
    invoice = make.invoice(subscription)
    asked = write_off_invoice(invoice.ref, reason="Gone out of business", actor=ngozi, at=world.at)
    assert asked == write_off_invoice(invoice.ref, reason="Gone out of business", actor=ngozi, at=world.at)
    assert make.invoice(subscription).status == "issued"
    assert decide_approval(asked, Decision.APPROVED, reason="", actor=bayo, at=world.at) == "carried_out"
    invoice = make.invoices(subscription)[0]
    assert (invoice.status, invoice.written_off_minor, invoice.open_minor) == ("written_off", invoice.total_minor, 0)
    assert (world.case().status, subscription.status) == ("stopped", "active")
    assert write_off_invoice(invoice.ref, reason="x", actor=ngozi, at=world.at) == ""


def test_money_that_comes_late_takes_the_write_off_back_for_its_amount(world, make):
    subscription = make.subscription(status="past_due")
    invoice = make.invoice(subscription)
    me = Actor.operator("me")
    make.decline(invoice)
    write_off_invoice(invoice.ref, reason="Lost", actor=me, at=world.at)
    first, second = make.session.scalars(select(Attempt).order_by(Attempt.id)).all()
    arrives(make, first, 4_000_00)
    invoice = make.invoice(subscription)
    assert (invoice.status, invoice.paid_minor, invoice.written_off_minor) == ("written_off", 4_000_00, 6_000_00)
    arrives(make, second, 6_000_00)
    invoice = make.invoice(subscription)
    assert (invoice.status, invoice.paid_minor, invoice.written_off_minor) == ("paid", 10_000_00, 0)


def test_only_what_is_open_is_written_off_with_a_reason(world, make):
    me = Actor.operator("me")
    invoice = make.invoice(make.subscription())
    with pytest.raises(NothingToWriteOff):
        write_off_invoice(invoice.ref, reason="x", actor=me, at=world.at)
    with pytest.raises(Invalid):
        write_off_invoice(invoice.ref, reason=" ", actor=me, at=world.at)
    owed = make.invoice(make.subscription(status="past_due"))
    make._attempt(owed)
    with pytest.raises(ChargeInDoubt):
        write_off_invoice(owed.ref, reason="x", actor=me, at=world.at)
    make.pay(owed)


def test_a_payment_before_the_approval_makes_an_end_of_it(world, make, people):
    ngozi, bayo = people
    invoice = make.invoice(make.subscription(status="past_due"))
    asked = void_invoice(invoice.ref, reason="Billed twice", actor=ngozi, at=world.at)
    make.pay(invoice)
    assert decide_approval(asked, Decision.APPROVED, reason="", actor=bayo, at=world.at) is Became.GONE
    assert make.one(Approval).decision == "outdated"


def test_while_a_charge_is_in_doubt_the_decision_waits(world, make, people):
    ngozi, bayo = people
    invoice = make.invoice(make.subscription(status="past_due"))
    asked = write_off_invoice(invoice.ref, reason="Lost", actor=ngozi, at=world.at)
    make._attempt(invoice)
    with pytest.raises(ChargeInDoubt):
        decide_approval(asked, Decision.APPROVED, reason="", actor=bayo, at=world.at)
    assert make.one(Approval).decision is None
    make.decline(invoice)
    assert decide_approval(asked, Decision.APPROVED, reason="", actor=bayo, at=world.at) == "carried_out"


def test_a_void_waits_for_a_second_person(world, make, people):
    ngozi, bayo = people
    subscription = make.subscription(status="past_due")
    asked = void_invoice(make.invoice(subscription).ref, reason="Billed twice", actor=ngozi, at=world.at)
    assert make.invoice(subscription).status == "issued"
    decide_approval(asked, Decision.APPROVED, reason="", actor=bayo, at=world.at)
    assert (make.invoice(subscription).status, subscription.status) == ("void", "active")


def test_a_case_that_is_stopped_stays_stopped_and_its_invoices_stay_open(world, make, people):
    subscription = make.subscription(status="suspended")
    case, invoice = world.case(), make.invoice(subscription)
    stop_dunning(case.ref, reason="A friend of the house", actor=people[0], at=world.at)
    stop_dunning(case.ref, reason="A friend of the house", actor=people[0], at=world.at)
    make.session.expire_all()
    assert (case.status, invoice.status, subscription.status) == ("stopped", "issued", "active")
    tries = len(world.tries(invoice))
    world.days(20)
    assert len(world.tries(invoice)) == tries
    make.pay(invoice)
    assert make.invoices(subscription)[0].status == "paid"


def arrives(make, attempt, minor):
    """The gateway says after all that so much was paid."""
    amount = Money(minor, "NGN")
    said = ChargeOutcome(
        Outcome.SUCCEEDED,
        attempt.reference,
        gateway_ref=f"late-{attempt.id}",
        amount=amount,
        currency="NGN",
        mode="test",
    )
    settle_payments([Heard(attempt.id, said)], actor=Actor.gateway("paystack"), at=make.at)
    make.session.expire_all()
