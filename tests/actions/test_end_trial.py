"""A trial ends by the company's rule: billed where there is a way to collect, else as staff have set it."""

from datetime import date, timedelta

import pytest

from portal.actions.end_trial import end_trial
from portal.actions.extend_trial import extend_trial
from portal.actions.quote_resume import quote_resume
from portal.actions.resume_subscription import resume_subscription
from portal.core.errors import Invalid, Refused
from portal.customers.models import Customer
from portal.invoicing.states import InvoiceStatus
from portal.subscriptions.models import Subscription
from portal.subscriptions.states import Collection, SubscriptionStatus
from tests.factories import STAFF


def in_trial(make, **how):
    return make.subscription(status=SubscriptionStatus.TRIALING, **how)


def ended(make, subscription):
    make.run(make.at + timedelta(days=14))
    return make.one(Subscription, Subscription.id == subscription.id)


def with_card(make, subscription):
    make.method(make.one(Customer, Customer.id == subscription.customer_id))
    return subscription


def test_with_a_card_it_is_billed_and_its_end_is_the_anchor(make):
    subscription = with_card(make, in_trial(make))

    active = ended(make, subscription)

    assert (active.status, active.anchor_on, active.period_end_on) == ("active", date(2026, 3, 24), date(2026, 4, 24))
    assert (make.invoice(subscription).kind, make.invoice(subscription).status) == ("period", InvoiceStatus.ISSUED)


def test_who_pays_by_transfer_gets_an_invoice(make):
    subscription = in_trial(make, collection=Collection.PUSH)

    assert ended(make, subscription).status is SubscriptionStatus.ACTIVE
    assert make.invoice(subscription).due_on == date(2026, 3, 31)


@pytest.mark.parametrize(
    ("rule", "status", "invoices"),
    [("pause", "paused", 0), ("cancel", "canceled", 0), ("chase", "past_due", 1), ("await", "pending", 1)],
)
def test_without_a_card_the_rule_decides(make, rule, status, invoices):
    make.policy(trial_without_method=rule)
    subscription = in_trial(make)

    assert ended(make, subscription).status == status
    assert len(make.invoices(subscription)) == invoices


def test_what_paused_with_its_trial_begins_a_whole_period_when_it_resumes(make):
    subscription = in_trial(make)
    ended(make, subscription)
    with_card(make, subscription)
    make.at += timedelta(days=7)

    resume_subscription(quote_resume(subscription.ref, actor=STAFF, at=make.at), actor=STAFF, at=make.at)

    active = make.one(Subscription)
    assert (active.status, active.anchor_on) == (SubscriptionStatus.ACTIVE, date(2026, 3, 31))
    assert make.invoice(subscription).total_minor == 10_000_00


def test_the_awaited_first_payment_starts_it(make):
    make.policy(trial_without_method="await")
    subscription = in_trial(make)
    ended(make, subscription)

    make.pay(make.invoice(subscription))

    assert make.one(Subscription).status is SubscriptionStatus.ACTIVE


def test_a_free_plan_needs_no_card(make):
    subscription = in_trial(make, price=make.price(0))

    assert ended(make, subscription).status is SubscriptionStatus.ACTIVE


def test_staff_end_it_today(make):
    subscription = with_card(make, in_trial(make))
    make.at += timedelta(days=3)

    end_trial(subscription.ref, actor=STAFF, at=make.at)

    assert make.one(Subscription).anchor_on == date(2026, 3, 13)
    with pytest.raises(Refused):
        end_trial(subscription.ref, actor=STAFF, at=make.at)


def test_staff_extend_it(make):
    subscription = in_trial(make)

    extend_trial(subscription.ref, until_on=date(2026, 4, 30), reason="asked for it", actor=STAFF, at=make.at)

    assert make.one(Subscription).next_bill_on == date(2026, 4, 30)
    with pytest.raises(Invalid):
        extend_trial(subscription.ref, until_on=date(2026, 4, 1), reason="", actor=STAFF, at=make.at)


def test_a_late_run_ends_it_on_its_day_and_bills_each_period_since(make):
    subscription = with_card(make, in_trial(make))

    make.run(make.at + timedelta(days=60))

    starts = [invoice.period_start_on for invoice in make.invoices(subscription)]
    assert starts == [date(2026, 3, 24), date(2026, 4, 24)]
