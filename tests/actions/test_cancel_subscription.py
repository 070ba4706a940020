"""Canceling: at the end of what was paid for, on a day, or at once; and taking it back."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from portal.actions.cancel_subscription import cancel_subscription
from portal.actions.change_plan import change_plan
from portal.actions.quote_change import quote_change
from portal.actions.quote_start import quote_start
from portal.actions.resubscribe import resubscribe
from portal.actions.undo_cancellation import undo_cancellation
from portal.balance.models import CustomerBalance
from portal.core.actors import Actor
from portal.core.errors import Forbidden, Invalid, Refused
from portal.invoicing.models import CreditNote
from portal.invoicing.states import InvoiceStatus
from portal.payments.models import Attempt
from portal.subscriptions import queries
from portal.subscriptions.models import Subscription
from portal.subscriptions.states import SubscriptionStatus
from portal.subscriptions.wishes import CancelChoices, OpenInvoices
from tests.factories import STAFF


def canceled(make, subscription, **how):
    cancel_subscription(subscription.ref, actor=how.pop("actor", STAFF), at=make.at, **how)
    return make.one(Subscription, Subscription.id == subscription.id)


def test_without_more_it_ends_with_what_was_paid_for(make):
    ending = canceled(make, make.subscription(), reason="too dear")

    assert (ending.status, ending.cancel_on) == (SubscriptionStatus.ACTIVE, date(2026, 4, 10))
    assert (ending.next_bill_on, ending.cancel_reason) == (None, "too dear")
    assert make.posted()[-1] == "subscription.cancellation_scheduled"


def test_at_the_boundary_it_is_canceled_and_not_renewed(make):
    subscription = make.subscription()
    canceled(make, subscription)

    make.run(make.at + timedelta(days=31))

    ended = make.one(Subscription)
    assert (ended.status, ended.ended_on, ended.next_action_at) == (
        SubscriptionStatus.CANCELED,
        date(2026, 4, 10),
        None,
    )
    assert len(make.invoices(subscription)) == 1


def test_a_late_run_still_ends_it_on_its_day(make):
    subscription = make.subscription()
    canceled(make, subscription)

    make.run(make.at + timedelta(days=100))

    assert make.one(Subscription).ended_on == date(2026, 4, 10)
    assert len(make.invoices(subscription)) == 1


def test_it_can_be_taken_back_until_its_day(make):
    subscription = make.subscription()
    canceled(make, subscription)

    undo_cancellation(subscription.ref, actor=STAFF, at=make.at)
    undo_cancellation(subscription.ref, actor=STAFF, at=make.at)
    make.run(make.at + timedelta(days=31))

    assert make.one(Subscription).status is SubscriptionStatus.ACTIVE
    assert len(make.invoices(subscription)) == 2


def test_what_has_ended_cannot_be_taken_back(make):
    subscription = make.subscription(status=SubscriptionStatus.CANCELED)

    with pytest.raises(Refused):
        undo_cancellation(subscription.ref, actor=STAFF, at=make.at)


def test_a_scheduled_downgrade_ends_with_it(make):
    dear, cheap = make.price(2_000_00, plan=make.plan(tier=2)), make.price(1_000_00, plan=make.plan(tier=1))
    subscription = make.subscription(dear)
    quote = quote_change(subscription.ref, [(cheap.ref, 1)], actor=STAFF, at=make.at)
    change_plan(quote, actor=STAFF, at=make.at)
    canceled(make, subscription)

    make.run(make.at + timedelta(days=31))

    assert make.one(Subscription).status is SubscriptionStatus.CANCELED
    assert queries.pending_change(make.session, subscription.id) is None


def test_a_trial_ends_without_a_charge(make):
    ending = canceled(make, make.subscription(status=SubscriptionStatus.TRIALING))
    make.run(make.at + timedelta(days=20))

    assert ending.cancel_on == ending.trial_ends_on
    assert make.one(Subscription).status is SubscriptionStatus.CANCELED
    assert make.invoices(ending) == []


def test_at_once_with_credit_gives_back_the_days_that_are_left(make):
    make.tax(100_000)
    subscription = make.subscription(make.price(3_100_00))
    make.at += timedelta(days=10)

    ended = canceled(make, subscription, now=CancelChoices(credit_unused=True))

    assert (ended.status, ended.ended_on) == (SubscriptionStatus.CANCELED, date(2026, 3, 20))
    assert make.one(CreditNote).total_minor == 2_310_00
    assert make.one(CustomerBalance).amount_minor == 2_310_00


def test_at_once_may_void_what_is_open(make):
    subscription = make.subscription(status=SubscriptionStatus.PAST_DUE)

    canceled(make, subscription, now=CancelChoices(open_invoices=OpenInvoices.VOID))

    assert make.invoice(subscription).status is InvoiceStatus.VOID


def test_at_once_keeps_what_is_owed_unless_chosen_otherwise(make):
    subscription = make.subscription(status=SubscriptionStatus.PAST_DUE)

    canceled(make, subscription, now=CancelChoices())

    assert make.invoice(subscription).status is InvoiceStatus.ISSUED


def test_what_is_canceled_is_charged_by_nobody_without_being_asked_to(make):
    subscription = make.subscription()
    make.run(make.at + timedelta(days=31))

    canceled(make, subscription, now=CancelChoices())

    statuses = make.session.scalars(select(Attempt.status).order_by(Attempt.id)).all()
    assert statuses == ["succeeded", "canceled"]
    assert make.invoice(subscription).status is InvoiceStatus.ISSUED


def test_what_waits_for_its_first_payment_ends_at_once_with_its_invoice(make):
    subscription = make.subscription(status=SubscriptionStatus.PENDING)

    ended = canceled(make, subscription)

    assert ended.status is SubscriptionStatus.CANCELED
    assert make.invoice(subscription).status is InvoiceStatus.VOID
    assert make.one(Attempt).status == "canceled"


def test_a_customer_ends_at_once_only_where_the_company_allows_it(make):
    subscription = make.subscription()
    someone = Actor.customer(1, subscription.customer_id, "Ada")

    with pytest.raises(Forbidden):
        canceled(make, subscription, now=CancelChoices(), actor=someone)
    make.policy(customer_may_cancel_now=True)

    assert canceled(make, subscription, now=CancelChoices(), actor=someone).status is SubscriptionStatus.CANCELED


def test_a_day_in_the_past_is_refused_and_a_second_click_changes_nothing(make):
    subscription = make.subscription()

    with pytest.raises(Invalid):
        canceled(make, subscription, on=date(2026, 3, 1))
    once, twice = (canceled(make, subscription, now=CancelChoices()) for _ in range(2))

    assert once.version == twice.version


def test_resubscribing_begins_a_successor_and_keeps_the_history_on_both(make):
    price = make.price(plan=make.plan(trial_days=14))
    former = make.subscription(price, status=SubscriptionStatus.CANCELED)
    quote = quote_start(former.customer_id, [(price.ref, 1)], previous_ref=former.ref, actor=STAFF, at=make.at)

    ref = resubscribe(quote, actor=STAFF, at=make.at)

    successor = make.one(Subscription, Subscription.ref == ref)
    assert successor.previous_id == former.id
    assert resubscribe(quote, actor=STAFF, at=make.at) == ref
    assert queries.history(make.session, former.id)[0].event == "resubscribed"
