"""Pausing and resuming: what was paid for is served, what was skipped is never billed, the anchor stays."""

from datetime import date, timedelta

import pytest

from portal.actions.change_plan import change_plan
from portal.actions.pause_subscription import pause_subscription
from portal.actions.quote_change import quote_change
from portal.actions.quote_resume import quote_resume
from portal.actions.resume_subscription import resume_subscription
from portal.actions.undo_pause import undo_pause
from portal.core.actors import Actor
from portal.core.errors import Forbidden, Invalid
from portal.core.states import MoveRefused
from portal.quotes.binding import QuoteOutdated
from portal.quotes.models import Quote
from portal.subscriptions.models import Subscription
from portal.subscriptions.states import SubscriptionStatus
from tests.factories import STAFF


def paused(make, subscription, **how):
    pause_subscription(subscription.ref, actor=how.pop("actor", STAFF), at=make.at, **how)
    return make.one(Subscription, Subscription.id == subscription.id)


def resumed(make, subscription):
    ref = quote_resume(subscription.ref, actor=STAFF, at=make.at)
    resume_subscription(ref, actor=STAFF, at=make.at)
    return make.one(Quote, Quote.ref == ref), make.one(Subscription, Subscription.id == subscription.id)


def test_it_pauses_with_the_end_of_the_period_and_is_not_renewed(make):
    subscription = make.subscription()

    waiting = paused(make, subscription)
    make.run(make.at + timedelta(days=31))

    assert (waiting.status, waiting.pause_on, waiting.next_bill_on) == ("active", date(2026, 4, 10), None)
    assert make.one(Subscription).status is SubscriptionStatus.PAUSED
    assert len(make.invoices(subscription)) == 1


def test_a_pause_ahead_can_be_taken_back(make):
    subscription = make.subscription()
    paused(make, subscription, resume_on=date(2026, 6, 1))

    undo_pause(subscription.ref, actor=STAFF, at=make.at)
    make.run(make.at + timedelta(days=31))

    assert make.one(Subscription).status is SubscriptionStatus.ACTIVE
    assert len(make.invoices(subscription)) == 2


def test_resuming_within_the_paid_period_costs_nothing(make):
    subscription = make.subscription(status=SubscriptionStatus.PAUSED)
    make.at += timedelta(days=10)

    quote, active = resumed(make, subscription)

    assert (quote.total_minor, active.status) == (0, SubscriptionStatus.ACTIVE)
    assert (active.period_end_on, len(make.invoices(subscription))) == (date(2026, 4, 10), 1)


def test_resuming_later_bills_the_rest_of_that_period_and_keeps_the_anchor(make):
    subscription = make.subscription(make.price(3_000_00), status=SubscriptionStatus.PAUSED)
    make.at = make.at.replace(month=6, day=20)

    quote, active = resumed(make, subscription)

    invoice = make.invoice(subscription)
    assert quote.due_minor == invoice.total_minor == 2_000_00
    assert (invoice.kind, invoice.period_start_on, invoice.quote_id) == ("period", date(2026, 6, 10), quote.id)
    assert (active.anchor_on, active.period_number) == (date(2026, 3, 10), 3)
    assert len(make.invoices(subscription)) == 2
    make.run(make.at.replace(month=7, day=10))
    assert make.invoice(subscription).total_minor == 3_000_00


def test_a_resume_day_wakes_it_by_itself(make):
    subscription = make.subscription(make.price(3_000_00))
    paused(make, subscription, on=date(2026, 3, 10), resume_on=date(2026, 6, 20))

    make.run(make.at.replace(month=6, day=20))

    active = make.one(Subscription)
    assert (active.status, active.resume_on, active.period_end_on) == ("active", None, date(2026, 7, 10))
    assert make.invoice(subscription).total_minor == 2_000_00


def test_a_late_run_resumes_it_as_of_its_day_and_renews_it_since(make):
    subscription = make.subscription(make.price(3_000_00))
    paused(make, subscription, on=date(2026, 3, 10), resume_on=date(2026, 6, 20))

    make.run(make.at.replace(month=8, day=1))

    assert [invoice.total_minor for invoice in make.invoices(subscription)] == [3_000_00, 2_000_00, 3_000_00]


def test_the_day_counts_so_a_later_day_outdates_the_offer(make):
    subscription = make.subscription(make.price(3_000_00), status=SubscriptionStatus.PAUSED)
    make.at = make.at.replace(month=6, day=20, hour=22, minute=50)
    ref = quote_resume(subscription.ref, actor=STAFF, at=make.at)
    make.at += timedelta(minutes=20)

    with pytest.raises(QuoteOutdated):
        resume_subscription(ref, actor=STAFF, at=make.at)

    assert make.one(Subscription).status is SubscriptionStatus.PAUSED


def test_a_downgrade_that_fell_due_meanwhile_is_what_is_resumed(make):
    dear, cheap = make.price(6_000_00, plan=make.plan(tier=2)), make.price(3_000_00, plan=make.plan(tier=1))
    subscription = make.subscription(dear)
    change = quote_change(subscription.ref, [(cheap.ref, 1)], actor=STAFF, at=make.at)
    change_plan(change, actor=STAFF, at=make.at)
    paused(make, subscription)
    make.run(make.at.replace(month=6, day=20))

    quote, _ = resumed(make, subscription)

    assert quote.due_minor == make.invoice(subscription).total_minor == 2_000_00


def test_only_what_is_active_can_be_paused_and_only_forward(make):
    with pytest.raises(MoveRefused):
        paused(make, make.subscription(status=SubscriptionStatus.PAST_DUE))
    with pytest.raises(Invalid):
        paused(make, make.subscription(), on=date(2026, 3, 1))
    with pytest.raises(Invalid):
        paused(make, make.subscription(), on=date(2026, 4, 1), resume_on=date(2026, 4, 1))


def test_customers_pause_only_where_the_company_allows_it(make):
    make.policy(customer_may_pause=False)
    subscription = make.subscription()

    with pytest.raises(Forbidden):
        paused(make, subscription, actor=Actor.customer(1, subscription.customer_id, "Ada"))
