"""Taking an invoice back, and letting a customer who was set aside be billed again."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from portal.actions import _parking
from portal.actions._changing import ChargeInDoubt
from portal.actions._voiding import NotVoidable
from portal.actions.release_customer import release_customer
from portal.actions.void_invoice import void_invoice
from portal.balance import ledger
from portal.core.actors import Actor
from portal.core.db import transaction
from portal.core.errors import Invalid
from portal.core.tasks import Task
from portal.customers import queries as customers
from portal.customers.models import Customer
from portal.dunning.models import DunningCase
from portal.dunning.states import CaseStatus
from portal.payments import attempts, queries
from portal.payments.models import Attempt
from portal.runs.models import BillingRun, RunItem
from portal.subscriptions.models import Subscription, SubscriptionItem
from portal.subscriptions.states import SubscriptionStatus

ME = Actor.operator("Ngozi")


def test_a_voided_debt_is_chased_no_more_and_its_subscription_is_served_again(make):
    subscription = make.subscription(status=SubscriptionStatus.PAST_DUE)
    invoice = make.invoice(subscription)
    void_invoice(invoice.ref, reason="Wrong price", actor=ME, at=make.at)
    void_invoice(invoice.ref, reason="Wrong price", actor=ME, at=make.at)
    assert make.invoice(subscription).status == "void"
    assert make.one(DunningCase).status is CaseStatus.STOPPED
    assert make.one(Subscription).status is SubscriptionStatus.ACTIVE
    assert make.posted().count("invoice.voided") == 1


def test_voiding_what_a_pending_subscription_waits_for_lets_it_go(make):
    subscription = make.subscription(status=SubscriptionStatus.PENDING)
    void_invoice(make.invoice(subscription).ref, reason="Not wanted", actor=ME, at=make.at)
    assert make.one(Subscription).status is SubscriptionStatus.EXPIRED
    assert make.session.scalars(select(Attempt.status)).all() == ["canceled"]


def test_paid_is_not_voided_nor_what_may_be_being_paid_nor_without_a_reason(make):
    subscription = make.subscription()
    with pytest.raises(NotVoidable):
        void_invoice(make.invoice(subscription).ref, reason="x", actor=ME, at=make.at)
    waiting = make.invoice(make.subscription(status=SubscriptionStatus.PENDING))
    attempts.lease(make.session, make.account().id, at=make.at + timedelta(seconds=1))
    make.session.commit()
    with pytest.raises(ChargeInDoubt):
        void_invoice(waiting.ref, reason="x", actor=ME, at=make.at)
    with pytest.raises(Invalid):
        void_invoice(waiting.ref, reason=" ", actor=ME, at=make.at)


def test_what_the_balance_paid_comes_back(make):
    customer = make.customer()
    make.balance(customer, 4_000_00)
    subscription = make.subscription(customer=customer, status=SubscriptionStatus.PAST_DUE)
    invoice = make.invoice(subscription)
    assert invoice.paid_minor == 4_000_00
    void_invoice(invoice.ref, reason="x", actor=ME, at=make.at)
    assert ledger.of_customer(make.session, customer.id, "NGN").minor == 4_000_00


def test_release_opens_what_parking_canceled_and_closes_the_task(make):
    subscription = make.subscription()
    make.run(make.at + timedelta(days=31))
    invoice = make.invoice(subscription)
    _park(make, subscription.customer_id)
    assert queries.live_attempt(make.session, invoice.id) is None
    release_customer(subscription.customer_id, reason="Fixed", actor=ME, at=make.at)
    release_customer(subscription.customer_id, reason="Fixed", actor=ME, at=make.at)
    make.session.expire_all()
    attempt = queries.live_attempt(make.session, invoice.id)
    assert (attempt.trigger, attempt.status, attempt.amount_minor) == ("schedule", "waiting", invoice.open_minor)
    assert make.one(Customer, Customer.id == subscription.customer_id).parked_at is None
    assert make.one(Task, Task.kind == "customer_parked").closed_by == "Ngozi"


def test_a_bill_that_a_stop_line_held_is_billed_once_a_person_let_it_pass_and_the_next_is_looked_at_again(make):
    subscription = make.subscription(make.price(1_000_00))
    make.policy(run_hold_clock_hours=10_000, stop_line_total_times=100)
    for _ in range(2):
        make.run(make.at + timedelta(days=31))
        make.pay(make.invoice(subscription))
    _multiply(make, subscription)
    make.run(make.at + timedelta(days=31))
    assert len(make.invoices(subscription)) == 3
    assert make.one(RunItem).status == "held"
    release_customer(subscription.customer_id, reason="They are growing", actor=ME, at=make.at)
    assert make.one(RunItem).status == "released"
    assert {str(run.status) for run in make.session.scalars(select(BillingRun))} == {"finished"}
    make.run(make.at + timedelta(hours=1))
    assert make.invoice(subscription).total_minor == 9_000_00
    assert len(make.invoices(subscription)) == 4
    make.pay(make.invoice(subscription))
    make.run(make.at + timedelta(days=31))
    assert len(make.invoices(subscription)) == 4, "the next one is held again"


def _park(make, customer_id):
    with transaction() as session:
        _parking.park(session, customers.lock(session, customer_id), "Broken", actor=ME, at=make.at)
    make.session.expire_all()


def _multiply(make, subscription):
    """Nine times as much as before."""
    make.session.execute(
        SubscriptionItem.__table__.update()
        .where(SubscriptionItem.subscription_id == subscription.id)
        .values(quantity=9)
    )
    make.session.commit()
