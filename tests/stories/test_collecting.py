"""What happens from the first failure of a charge until it is paid or given up."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from portal.actions.create_subscription import create_subscription
from portal.actions.start_checkout import start_checkout
from portal.core.actors import Actor
from portal.customers.models import Customer
from portal.dunning.states import CaseStatus
from portal.gateways.base import Outcome
from portal.invoicing.models import Invoice
from portal.payments.models import Payment
from portal.subscriptions.models import Subscription
from portal.subscriptions.states import Collection, SubscriptionStatus
from portal.subscriptions.wishes import Beginning, StartTerms
from tests.factories import STAFF
from tests.scripted import HARD, SOFT, pages_of


@pytest.fixture
def subscribe(world, make):
    """subscribe(amount, customer=…): active from today, its first invoice collected as the gateway's script says."""

    def begin(amount_minor=10_000_00, *, customer=None, collection=Collection.PULL, beginning=Beginning.ACTIVE):
        customer = customer or make.customer()
        if collection is Collection.PULL and not customer.currency:
            make.method(customer)
        price = make.price(amount_minor)
        ref = create_subscription(
            customer.id, [(price.ref, 1)], beginning=beginning, asked=StartTerms(collection=collection),
            actor=STAFF, at=world.at,
        )  # fmt: skip
        world.work()
        return make.one(Subscription, Subscription.ref == ref)

    return begin


@pytest.fixture
def reload(world):
    def again(row):
        world.session.expire_all()
        return world.session.get_one(type(row), row.id)

    return again


def customer_of(world, subscription) -> Customer:
    return world.session.get_one(Customer, subscription.customer_id)


def test_declined_twice_and_paid_at_the_second_retry(world, make, gateway, subscribe, reload):
    gateway.will(SOFT)
    subscription = subscribe()
    invoice = make.invoice(subscription)
    assert reload(subscription).status is SubscriptionStatus.PAST_DUE
    gateway.will(SOFT, Outcome.SUCCEEDED)
    world.days(3)
    assert world.tries(invoice) == [
        ("2026-01-15", "schedule", "declined"),
        ("2026-01-16", "dunning", "declined"),
        ("2026-01-17", "dunning", "succeeded"),
    ]
    assert reload(subscription).status is SubscriptionStatus.ACTIVE
    assert world.case().status is CaseStatus.RECOVERED
    assert world.mails() == ["started", "payment_failed", "dunning_reminder", "receipt", "restored"]
    world.days(20)
    assert len(gateway.orders) == 3


def test_after_a_hard_decline_only_mails_go_on_until_a_new_card_which_is_tried_at_once(
    world, make, gateway, subscribe, reload
):
    gateway.will(HARD)
    subscription = subscribe()
    invoice = make.invoice(subscription)
    world.days(5)
    assert [trigger for _, trigger, _ in world.tries(invoice)] == ["schedule"]
    assert world.mails("dunning_reminder") == ["2026-01-16", "2026-01-17", "2026-01-19"]
    customer = customer_of(world, subscription)
    me = Actor.customer(1, customer.id, "Ada")
    start_checkout(customer_id=customer.id, invoice_ref=invoice.ref, actor=me, at=world.at)
    gateway.pays(pages_of(world.session, customer.id)[0])
    world.days(0.1)
    assert reload(invoice).status == "paid"
    assert reload(subscription).status is SubscriptionStatus.ACTIVE
    assert world.case().status is CaseStatus.RECOVERED


def test_a_new_card_is_charged_for_everything_else_that_failed(world, make, gateway, subscribe, reload):
    gateway.will(HARD)
    first = subscribe()
    customer = customer_of(world, first)
    second = subscribe(5_000_00, customer=customer)
    world.days(1)
    invoice = make.invoice(first)
    assert reload(second).status is SubscriptionStatus.PAST_DUE
    me = Actor.customer(1, customer.id, "Ada")
    start_checkout(customer_id=customer.id, invoice_ref=invoice.ref, actor=me, at=world.at)
    gateway.pays(pages_of(world.session, customer.id)[0])
    world.days(0.1)
    assert {reload(first).status, reload(second).status} == {SubscriptionStatus.ACTIVE}
    assert world.tries(make.invoice(second))[-1][1:] == ("new_method", "succeeded")


def test_a_used_up_ladder_suspends_and_payment_later_restores_with_the_rest_of_a_later_period_by_days(
    world, make, gateway, subscribe, reload
):
    subscription = subscribe(31_000_00)
    world.days(20)
    gateway.card_will(gateway.orders[0].method_token, SOFT)
    world.days(26.5)
    assert f"{world.at:%m-%d}" == "03-02"
    assert reload(subscription).status is SubscriptionStatus.SUSPENDED
    assert f"{reload(subscription).period_start_on}" == "2026-02-15"
    late = make.invoice(subscription)
    assert world.tries(late) == [
        ("2026-02-15", "schedule", "declined"),
        *[(f"2026-{day}", "dunning", "declined") for day in ("02-16", "02-17", "02-19", "02-22", "03-01")],
    ]
    assert world.mails("dunning_reminder") == ["2026-02-16", "2026-02-17", "2026-02-19", "2026-02-22", "2026-03-01"]
    assert world.mails("suspended") == ["2026-03-02"]
    assert world.case().status is CaseStatus.EXHAUSTED
    world.days(18)
    assert len(make.invoices(subscription)) == 2
    customer = customer_of(world, subscription)
    me = Actor.customer(1, customer.id, "Ada")
    start_checkout(customer_id=customer.id, invoice_ref=late.ref, actor=me, at=world.at)
    gateway.pays(pages_of(world.session, customer.id)[0])
    world.days(0.1)
    again = reload(subscription)
    assert again.status is SubscriptionStatus.ACTIVE
    assert (f"{again.anchor_on}", f"{again.period_start_on}", again.period_number) == ("2026-01-15", "2026-03-15", 2)
    rest = make.invoice(subscription)
    assert (rest.status, rest.total_minor) == ("paid", 26_000_00)
    world.days(30)
    assert [f"{one.period_start_on:%m-%d}" for one in make.invoices(subscription)] == [
        "01-15", "02-15", "03-15", "04-15",
    ]  # fmt: skip


def test_what_stays_suspended_is_given_up_and_the_case_stays_until_it_is_paid(world, make, gateway, subscribe, reload):
    gateway.card_will("AUTH", SOFT)
    gateway.will(*[SOFT] * 6)
    subscription = subscribe()
    world.days(60)
    assert reload(subscription).status is SubscriptionStatus.CANCELED
    assert f"{reload(subscription).ended_on}" == "2026-03-01"
    assert world.case().status is CaseStatus.EXHAUSTED
    assert len(world.tries(make.invoice(subscription))) == 6
    make.pay(make.invoice(subscription))
    assert world.case().status is CaseStatus.RECOVERED
    assert reload(subscription).status is SubscriptionStatus.CANCELED


def test_several_invoices_are_one_case_one_mail_and_each_its_own_ladder(world, make, gateway, subscribe, reload):
    gateway.will(SOFT)
    first = subscribe()
    customer = customer_of(world, first)
    gateway.card_will(gateway.orders[0].method_token, SOFT)
    world.days(2)
    second = subscribe(5_000_00, customer=customer)
    third = subscribe(7_000_00, customer=customer)
    world.days(13.5)
    assert [reload(one).status for one in (first, second, third)] == [
        SubscriptionStatus.SUSPENDED, SubscriptionStatus.PAST_DUE, SubscriptionStatus.PAST_DUE,
    ]  # fmt: skip
    days = world.mails("dunning_reminder")
    assert len(days) == len(set(days))
    assert len(days) == 9 - 1
    assert [len(world.tries(make.invoice(one))) for one in (first, second, third)] == [6, 5, 5]
    assert len(set(world.session.scalars(select(Invoice.customer_id)))) == 1


def test_a_customer_who_sends_money_is_reminded_around_the_due_day_and_then_chased(
    world, make, gateway, subscribe, reload
):
    subscription = subscribe(collection=Collection.PUSH)
    invoice = make.invoice(subscription)
    assert f"{invoice.due_on}" == "2026-01-22"
    world.days(7.5)
    assert world.mails("invoice_reminder") == ["2026-01-19", "2026-01-22"]
    assert reload(subscription).status is SubscriptionStatus.ACTIVE
    world.days(1)
    assert reload(subscription).status is SubscriptionStatus.PAST_DUE
    world.days(13.5)
    assert world.mails("dunning_reminder") == ["2026-01-25", "2026-01-29", "2026-02-05"]
    assert reload(subscription).status is SubscriptionStatus.SUSPENDED
    assert gateway.orders == []


def test_a_first_purchase_that_nobody_pays_expires_with_its_invoice(world, make, gateway, subscribe, reload):
    gateway.will(SOFT)
    subscription = subscribe(beginning=Beginning.PENDING)
    assert reload(subscription).status is SubscriptionStatus.PENDING
    world.days(0.9)
    assert reload(subscription).status is SubscriptionStatus.PENDING
    world.days(0.2)
    assert reload(subscription).status is SubscriptionStatus.EXPIRED
    assert make.invoice(subscription).status == "void"
    assert world.mails("dunning_reminder") == []


def test_a_first_purchase_does_not_expire_while_the_bank_is_asked(world, make, gateway, subscribe, reload):
    gateway.will(Outcome.PENDING)
    subscription = subscribe(beginning=Beginning.PENDING)
    world.days(1.5)
    assert reload(subscription).status is SubscriptionStatus.PENDING
    gateway.becomes(gateway.orders[0].reference, Outcome.SUCCEEDED)
    world.days(1)
    assert reload(subscription).status is SubscriptionStatus.ACTIVE
    assert world.session.scalars(select(Payment.amount_minor)).all() == [10_000_00]


def test_a_try_in_doubt_holds_the_ladder_and_nothing_is_charged_twice(world, make, gateway, subscribe, reload):
    gateway.will(SOFT, Outcome.UNKNOWN)
    subscription = subscribe()
    world.days(9)
    invoice = make.invoice(subscription)
    assert [status for _, _, status in world.tries(invoice)] == ["declined", "unknown"]
    assert world.mails("dunning_reminder") == []
    gateway.becomes(gateway.orders[1].reference, SOFT)
    world.days(1.1)
    assert len(gateway.orders) == 3
    assert reload(invoice).status == "paid"


def test_after_weeks_of_downtime_one_step_is_taken_one_mail_sent_and_notice_given(
    world, make, gateway, subscribe, reload
):
    gateway.will(*[SOFT] * 4)
    subscription = subscribe()
    world.sleep(35)
    assert [day for day, trigger, _ in world.tries(make.invoices(subscription)[0])] == ["2026-01-15", "2026-02-19"]
    assert world.mails("dunning_reminder") == ["2026-02-19"]
    assert reload(subscription).status is SubscriptionStatus.PAST_DUE
    world.days(1)
    assert reload(subscription).status is SubscriptionStatus.SUSPENDED
    assert [f"{one.period_start_on}" for one in make.invoices(subscription)] == ["2026-01-15", "2026-02-15"]
    assert world.at - timedelta(days=36) == world.seen[0]
