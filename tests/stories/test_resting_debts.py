"""Nobody is chased for money that they say to have sent, while nobody has looked; but not for ever."""

from datetime import timedelta

import pytest

from portal.actions.create_subscription import create_subscription
from portal.actions.reject_proof import reject_proof
from portal.actions.submit_proof import Claim, submit_proof
from portal.core.actors import Actor
from portal.core.money import Money
from portal.invoicing.states import InvoiceStatus
from portal.subscriptions.models import Subscription
from portal.subscriptions.states import Collection, SubscriptionStatus
from portal.subscriptions.wishes import Beginning, StartTerms
from tests.factories import STAFF
from tests.rules.polyglots import picture
from tests.scripted import SOFT

PAYER = Actor.operator("payer")
BEFORE, AFTER = "invoice_reminder", "dunning_reminder"


@pytest.fixture
def owing(world, make):
    """owing(…): a subscription, and its invoice, which is due a week later where its customer sends the money."""

    def begin(collection=Collection.PUSH, beginning=Beginning.ACTIVE):
        customer = make.customer()
        if collection is Collection.PULL:
            make.method(customer)
        ref = create_subscription(
            customer.id, [(make.price(10_000_00).ref, 1)], beginning=beginning,
            asked=StartTerms(collection=collection), actor=STAFF, at=world.at,
        )  # fmt: skip
        world.work()
        subscription = make.one(Subscription, Subscription.ref == ref)
        return subscription, make.invoice(subscription)

    return begin


@pytest.fixture
def send(world):
    """send(invoice): its customer sends a proof; another picture each time. Its reference."""

    def sent(invoice, kind="PNG"):
        claim = Claim(Money(10_000_00, "NGN"), world.at.date())
        ref = submit_proof(invoice.ref, picture(kind), claim, actor=PAYER, at=world.at)
        world.session.rollback()
        return ref

    return sent


def test_reminders_that_fall_into_the_rest_are_not_sent_and_not_made_up_for(world, owing, send):
    _subscription, invoice = owing()
    world.days(2)
    send(invoice)
    world.days(4)
    assert world.mails(BEFORE) == []
    world.days(2)
    assert world.mails(BEFORE) == ["2026-01-22"]


def test_nobody_falls_past_due_while_a_proof_waits_and_does_when_the_rest_is_over(world, make, owing, send):
    subscription, invoice = owing()
    world.days(7)
    send(invoice)
    world.days(2)
    assert make.one(Subscription, Subscription.id == subscription.id).status is SubscriptionStatus.ACTIVE
    world.days(2)
    assert make.one(Subscription, Subscription.id == subscription.id).status is SubscriptionStatus.PAST_DUE
    assert world.mails(AFTER) == ["2026-01-25"]


def test_a_case_rests_and_another_proof_wins_no_time(world, owing, send):
    _subscription, invoice = owing()
    world.days(9)
    send(invoice)
    world.days(2)
    send(invoice, "JPEG")
    assert world.mails(AFTER) == []
    world.days(2)
    assert world.mails(AFTER) == ["2026-01-27"]


def test_no_card_is_tried_while_its_customer_shows_a_transfer(world, gateway, owing, send):
    gateway.will(SOFT)
    _subscription, invoice = owing(Collection.PULL)
    send(invoice)
    world.days(2.5)
    assert [trigger for _day, trigger, _status in world.tries(invoice)] == ["schedule"]
    world.days(1)
    assert [day for day, trigger, _status in world.tries(invoice) if trigger == "dunning"] == ["2026-01-18"]


def test_what_was_rejected_is_chased_from_the_next_morning_on(world, owing, send):
    _subscription, invoice = owing()
    world.days(9)
    proof = send(invoice)
    world.days(1.1)
    assert world.mails(AFTER) == []
    reject_proof(proof, reason="It shows another invoice.", actor=STAFF, at=world.at)
    world.work()
    assert world.mails(AFTER) == []
    world.days(1)
    assert world.mails(AFTER) == ["2026-01-26"]


def test_a_first_purchase_does_not_lapse_under_a_proof_and_does_after_it(world, make, owing, send):
    subscription, invoice = owing(beginning=Beginning.PENDING)
    send(invoice)
    world.days(2)
    assert make.one(Subscription, Subscription.id == subscription.id).status is SubscriptionStatus.PENDING
    world.days(2)
    assert make.one(Subscription, Subscription.id == subscription.id).status is SubscriptionStatus.EXPIRED
    assert make.invoice(subscription).status is InvoiceStatus.VOID


def test_the_company_says_how_long_it_may_be(world, make, owing, send):
    make.policy(proof_rest_days=0)
    _subscription, invoice = owing()
    world.at += timedelta(hours=1)
    send(invoice)
    world.days(4)
    assert world.mails(BEFORE) == ["2026-01-19"]
