"""A bank wants a renewal confirmed, and nobody confirms it."""

from sqlalchemy import select

from portal.actions.create_subscription import create_subscription
from portal.dunning.models import DunningCase, DunningStep
from portal.gateways.base import Outcome
from portal.invoicing.models import Invoice
from portal.payments.models import Attempt
from portal.subscriptions.models import Subscription
from portal.subscriptions.states import SubscriptionStatus
from portal.subscriptions.wishes import Beginning
from tests.factories import STAFF
from tests.scripted import SOFT


def test_a_charge_that_nobody_confirms_lapses_after_a_day_and_is_chased(world, make, gateway, session):
    customer = make.customer()
    make.method(customer)
    price = make.price(1_000_00)
    gateway.will({"outcome": Outcome.ACTION_REQUIRED, "action_url": "https://bank.example/confirm"}, SOFT, SOFT)
    ref = create_subscription(customer.id, [(price.ref, 1)], beginning=Beginning.ACTIVE, actor=STAFF, at=world.at)
    world.work()
    attempt = make.one(Attempt, Attempt.customer_id == customer.id)
    gateway.becomes(attempt.reference, Outcome.PENDING)

    world.days(2)

    session.expire_all()
    assert make.one(Attempt, Attempt.id == attempt.id).status == "expired"
    assert make.one(Subscription, Subscription.ref == ref).status is SubscriptionStatus.PAST_DUE
    assert make.one(Invoice, Invoice.customer_id == customer.id).open_minor == 1_000_00


def test_who_confirms_nothing_is_written_to_before_being_suspended(world, make, gateway, session):
    customer = make.customer()
    make.method(customer)
    price = make.price(1_000_00)
    gateway.will(*[{"outcome": Outcome.ACTION_REQUIRED, "action_url": "https://bank.example/confirm"}] * 8)
    ref = create_subscription(customer.id, [(price.ref, 1)], beginning=Beginning.ACTIVE, actor=STAFF, at=world.at)
    for _ in range(30):
        world.work()
        for attempt in session.scalars(select(Attempt).where(Attempt.status == "action_required")):
            gateway.becomes(attempt.reference, Outcome.PENDING)
        world.days(1)

    session.expire_all()
    assert make.one(Subscription, Subscription.ref == ref).status is SubscriptionStatus.SUSPENDED
    case = make.one(DunningCase, DunningCase.customer_id == customer.id)
    steps = select(DunningStep.kind).where(DunningStep.case_id == case.id).order_by(DunningStep.id)
    kinds = list(session.scalars(steps))
    assert kinds.count("reminded") >= 5
    assert kinds.index("reminded") < kinds.index("suspended")
