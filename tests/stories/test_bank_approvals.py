"""A second person for transfers above a limit: what was asked for is booked, or nothing."""

import pytest
from sqlalchemy import func, select

from portal.actions._wires import Part
from portal.actions.create_subscription import create_subscription
from portal.actions.decide_approval import Outcome, decide_approval, foreseen
from portal.actions.record_payment import record_payment
from portal.actions.reverse_payment import reverse_payment
from portal.banking.receipts import Wire
from portal.core.actors import Actor
from portal.core.money import Money
from portal.core.tasks import open_tasks
from portal.customers.models import Customer
from portal.identity.approvals import Decision, OwnRequest
from portal.identity.models import Approval, Role
from portal.invoicing.states import InvoiceStatus
from portal.payments.models import Payment
from portal.payments.states import PaymentStatus
from portal.subscriptions.models import Subscription
from portal.subscriptions.states import Collection
from portal.subscriptions.wishes import Beginning, StartTerms
from tests.factories import STAFF
from tests.people import make_user


@pytest.fixture
def clerk(session):
    user = make_user(session, "billing", name="Ada Eze")
    role = session.scalars(select(Role).where(Role.name == "billing")).one()
    role.limits = {"NGN": 5_000_00}
    session.commit()
    return Actor.staff(user.id, user.name)


@pytest.fixture
def chief(session):
    user = make_user(session, "super_admin", name="Halima Bello")
    return Actor.staff(user.id, user.name)


@pytest.fixture
def owed(world, make):
    make.bank()
    customer = make.customer()
    ref = create_subscription(
        customer.id, [(make.price(10_000_00).ref, 1)], beginning=Beginning.ACTIVE,
        asked=StartTerms(collection=Collection.PUSH), actor=STAFF, at=world.at,
    )  # fmt: skip
    return make.invoice(make.one(Subscription, Subscription.ref == ref))


@pytest.fixture
def record(world, make, owed):
    def recorded(actor, minor=10_000_00, reference="RF"):
        wire = Wire(make.bank().ref, Money(minor, "NGN"), world.at.date(), reference)
        return record_payment(owed.customer_id, wire, [Part(owed.ref)], form_key="k" * 32, actor=actor, at=world.at)

    return recorded


def waiting(session):
    return session.scalars(select(Approval).where(Approval.decision.is_(None))).one()


def count(session):
    return session.scalar(select(func.count()).select_from(Payment))


def test_up_to_the_limit_one_person_is_enough(session, clerk, record):
    assert not record(clerk, 5_000_00).waits
    assert count(session) == 1


def test_above_it_a_second_person_books_what_was_asked_for(session, world, clerk, chief, owed, record):
    asked = record(clerk)
    assert asked.waits
    assert record(clerk).ref == asked.ref
    approval = waiting(session)
    assert [task.kind for task in open_tasks(session)] == ["approval_waiting"]
    assert [(one.before.minor, one.after.minor) for one in foreseen(session, approval).changes] == [(10_000_00, 0)]
    session.rollback()
    with pytest.raises(OwnRequest):
        decide_approval(approval.ref, Decision.APPROVED, reason="", actor=clerk, at=world.at)
    assert count(session) == 0
    done = decide_approval(approval.ref, Decision.APPROVED, reason="", actor=chief, at=world.at)
    session.expire_all()
    assert done is Outcome.CARRIED_OUT
    assert owed.status is InvoiceStatus.PAID
    assert session.scalars(select(Payment.ref)).one() == approval.subject


def test_what_has_changed_meanwhile_is_asked_for_again(session, world, make, clerk, chief, owed, record):
    record(clerk)
    approval = waiting(session)
    wire = Wire(make.bank().ref, Money(4_000_00, "NGN"), world.at.date(), "another")
    record_payment(owed.customer_id, wire, [Part(owed.ref)], actor=STAFF, at=world.at)
    done = decide_approval(approval.ref, Decision.APPROVED, reason="", actor=chief, at=world.at)
    assert done is Outcome.CHANGED
    assert count(session) == 1
    again = waiting(session)
    assert again.facts["to_balance_minor"] == 4_000_00
    decide_approval(again.ref, Decision.APPROVED, reason="", actor=chief, at=world.at)
    session.expire_all()
    assert (owed.status, count(session)) == (InvoiceStatus.PAID, 2)


def test_what_is_rejected_is_never_booked(session, world, clerk, chief, record):
    record(clerk)
    decide_approval(waiting(session).ref, Decision.REJECTED, reason="not on the statement", actor=chief, at=world.at)
    assert count(session) == 0
    assert open_tasks(session) == []


def test_taking_back_above_the_limit_wants_a_second_person_too(session, world, clerk, chief, owed, record):
    ref = record(STAFF).ref
    asked = reverse_payment(ref, reason="bounced", actor=clerk, at=world.at)
    session.expire_all()
    assert asked
    assert owed.status is InvoiceStatus.PAID
    content = foreseen(session, waiting(session))
    assert [(one.before.minor, one.after.minor) for one in content.changes] == [(0, 10_000_00)]
    assert [(str(one.debit), str(one.credit), one.amount.minor) for one in content.moves] == [
        ("receivable", "bank", 10_000_00)
    ]
    session.rollback()
    decide_approval(asked, Decision.APPROVED, reason="", actor=chief, at=world.at)
    session.expire_all()
    assert session.scalars(select(Payment.status)).one() is PaymentStatus.REVERSED
    assert owed.status is InvoiceStatus.ISSUED
    assert session.get_one(Customer, owed.customer_id).currency == "NGN"
