"""Two people, or one who clicks twice, and the workers, at the same instant: one wins, nothing happens twice."""

import time

import pytest
from sqlalchemy import text

from portal.actions import _parking
from portal.actions.advance_dunning import advance_dunning
from portal.actions.cancel_subscription import cancel_subscription
from portal.actions.change_plan import change_plan
from portal.actions.pay_invoice import pay_invoice
from portal.actions.quote_change import quote_change
from portal.actions.quote_start import quote_start
from portal.actions.remove_payment_method import remove_payment_method
from portal.actions.resolve_attempts import ask_about
from portal.actions.start_checkout import start_checkout
from portal.actions.start_subscription import start_subscription
from portal.actions.void_invoice import void_invoice
from portal.core.actors import Actor
from portal.core.db import transaction
from portal.core.errors import Refused
from portal.customers import queries as customers
from portal.customers.models import Customer
from portal.dunning.models import DunningCase
from portal.invoicing.models import Invoice
from portal.payments import attempts
from portal.payments.attempts import InDoubt
from portal.payments.models import Attempt, Payment, PaymentMethod
from portal.payments.states import AttemptTrigger
from portal.subscriptions.models import Subscription
from portal.subscriptions.states import SubscriptionStatus
from portal.subscriptions.wishes import CancelChoices, StartTerms
from tests.concurrency.rig import RULE
from tests.factories import STAFF


def me(customer_id):
    return Actor.customer(1, customer_id, "Ada")


def of(results, kind):
    return [one for one in results if isinstance(one, kind)]


@pytest.fixture
def declined(rig):
    """declined(count): renewals whose first charge was declined for want of money."""

    def make(count):
        rig.waiting(count)
        number = rig.twin.behave("decline", code="insufficient_funds")
        rig.charge()
        rig.twin.web.delete(f"{rig.twin.url}/_twin/behaviour/{number}")
        return rig.renewals()

    return make


def pages(rig):
    return rig.all(Attempt.reference, Attempt.kind == "payable")


def test_pay_now_clicked_eight_times_charges_once(rig, declined):
    (invoice,) = declined(1)

    def pay():
        pay_invoice(invoice.ref, trigger=AttemptTrigger.CUSTOMER, actor=me(invoice.customer_id), at=rig.at)
        return rig.charge()

    rig.at_once(*[pay] * 8)
    assert rig.renewals()[0].status == "paid"
    assert len(rig.charged()) == 1
    assert rig.count(Attempt, Attempt.trigger == "customer") == 1


def test_a_checkout_clicked_eight_times_opens_one_page(rig, declined):
    (invoice,) = declined(1)
    owner = invoice.customer_id

    def begin():
        return start_checkout(customer_id=owner, invoice_ref=invoice.ref, actor=me(owner), at=rig.at)

    results = rig.at_once(*[begin] * 8)
    assert len(pages(rig)) == 1
    assert len(set(of(results, str))) == 1
    assert len(of(results, str)) + len(of(results, InDoubt)) == 8
    assert begin() in results


def test_a_card_added_twice_at_once_opens_one_page(rig):
    customer = rig.make.customer()

    def begin():
        return start_checkout(customer_id=customer.id, invoice_ref=None, actor=me(customer.id), at=rig.at)

    results = rig.at_once(*[begin] * 4)
    assert len(pages(rig)) == 1
    assert not [one for one in results if not isinstance(one, str | InDoubt)]


def test_an_upgrade_accepted_eight_times_is_invoiced_and_charged_once(rig):
    plan, better = rig.make.plan(tier=1), rig.make.plan(tier=2)
    customer = rig.make.customer()
    rig.card(customer)
    subscription = rig.make.subscription(rig.make.price(3_100_00, plan=plan), customer=customer)
    dear = rig.make.price(6_200_00, plan=better)
    quote = quote_change(subscription.ref, [(dear.ref, 1)], actor=me(customer.id), at=rig.at)

    def accept():
        change_plan(quote, actor=me(customer.id), at=rig.at)
        return rig.charge()

    results = rig.at_once(*[accept] * 8)
    assert not of(results, Exception)
    assert rig.all(Invoice.status, Invoice.kind == "change") == ["paid"]
    assert len(rig.charged()) == 1


def test_a_start_accepted_eight_times_begins_one_subscription(rig):
    customer = rig.make.customer()
    rig.card(customer)
    price = rig.make.price(3_100_00)
    quote = quote_start(customer.id, [(price.ref, 1)], asked=StartTerms(), actor=me(customer.id), at=rig.at)
    results = rig.at_once(*[lambda: start_subscription(quote, actor=me(customer.id), at=rig.at)] * 8)
    assert not of(results, Exception)
    assert rig.count(Subscription) == 1
    rig.at_once(rig.charge, rig.charge)
    assert rig.make.one(Subscription).status is SubscriptionStatus.ACTIVE
    assert len(rig.charged()) == 1


SOMEBODY_WAITS = text("SELECT count(*) FROM pg_locks WHERE NOT granted")


def under_way(rig, attempt, call):
    """Call while a worker has leased the attempt and not yet committed that."""
    rig.session.rollback()
    attempts.lease(rig.session, attempt.gateway_account_id, at=rig.at)

    def commit_when_the_other_waits():
        for _ in range(300):
            if rig.session.scalar(SOMEBODY_WAITS):
                break
            time.sleep(0.01)
        rig.session.commit()

    return rig.at_once(call, commit_when_the_other_waits)[0]


@pytest.mark.parametrize("deed", ["checkout", "void", "cancel", "park"])
def test_what_is_just_being_sent_is_not_called_back(rig, deed):
    """A worker took the charge in the moment in which somebody called it off: it is in doubt, not canceled."""
    (attempt,) = rig.waiting(1)
    (invoice,) = rig.renewals()
    owner = attempt.customer_id
    calls = {
        "checkout": lambda: start_checkout(customer_id=owner, invoice_ref=invoice.ref, actor=me(owner), at=rig.at),
        "void": lambda: void_invoice(invoice.ref, reason="mistake", actor=STAFF, at=rig.at),
        "cancel": lambda: cancel_subscription(invoice.subscription_id, now=CancelChoices(), actor=STAFF, at=rig.at),
        "park": lambda: park(rig, owner),
    }
    result = under_way(rig, attempt, calls[deed])
    assert isinstance(result, Refused) if deed in ("checkout", "void") else result is None
    assert rig.all(Attempt.status, Attempt.id == attempt.id) == ["sending"]
    assert pages(rig) == []
    if deed == "park":
        rig.sql("UPDATE customers SET parked_at = NULL, parked_reason = NULL")
        rig.sql("UPDATE tasks SET closed_at = now()")
    rig.live(minutes=40)
    assert len(rig.charged()) == 1


def park(rig, customer_id):
    with transaction() as session:
        _parking.park(session, customers.lock(session, customer_id), "test", actor=STAFF, at=rig.at)


def test_a_removed_card_is_not_charged_any_more_and_the_next_one_takes_over(rig):
    (attempt,) = rig.waiting(1)
    customer = rig.session.get_one(Customer, attempt.customer_id)
    card = rig.session.get_one(PaymentMethod, attempt.method_id)
    other = rig.card(customer)
    remove_payment_method(card.ref, customer_id=customer.id, actor=me(customer.id), at=rig.at)
    rig.charge()
    paid = rig.all(Attempt.method_id, Attempt.status == "succeeded", Attempt.trigger == "schedule")[-1:]
    assert paid == [other.id]
    assert len(rig.charged()) == 1


def test_the_only_card_removed_before_it_was_charged_is_not_charged(rig):
    (attempt,) = rig.waiting(1)
    card = rig.session.get_one(PaymentMethod, attempt.method_id)
    remove_payment_method(card.ref, customer_id=attempt.customer_id, actor=me(attempt.customer_id), at=rig.at)
    rig.charge()
    assert rig.charged() == []
    rig.live(days=2)
    assert rig.make.one(Subscription).status is SubscriptionStatus.PAST_DUE


def test_a_card_removed_while_it_is_charged_is_charged_once_at_most(rig):
    waiting = rig.waiting(4)

    def remove(attempt):
        card = rig.session.get_one(PaymentMethod, attempt.method_id).ref
        owner = attempt.customer_id
        return lambda: remove_payment_method(card, customer_id=owner, actor=me(owner), at=rig.at)

    rig.at_once(rig.charge, *[remove(attempt) for attempt in waiting], rig.charge)
    outcomes = {one.reference: str(one.status) for one in rig.all(Attempt, Attempt.id.in_([one.id for one in waiting]))}
    assert set(outcomes.values()) <= {"succeeded", "canceled", "declined"}  # the twin forgot the card
    assert sorted(rig.charged()) == sorted(reference for reference, status in outcomes.items() if status == "succeeded")


def test_a_new_card_and_the_ladder_at_the_same_instant_try_each_debt_once(rig, declined):
    (invoice,) = declined(1)
    customer = rig.session.get_one(Customer, invoice.customer_id)
    second = rig.make.subscription(rig.make.price(4_000_00), customer=customer, status=SubscriptionStatus.PAST_DUE)
    rig.go(rig.make.one(DunningCase).next_action_at)
    owner = customer.id
    page = start_checkout(customer_id=owner, invoice_ref=invoice.ref, actor=me(owner), at=rig.at)
    rig.twin.pay(page, card="4084084084084081", do="pay")
    (reference,) = pages(rig)
    chase = lambda: advance_dunning(limit=10, actor=RULE, at=rig.at)  # noqa: E731
    ask = lambda: ask_about(reference, actor=RULE, at=rig.at)  # noqa: E731
    results = rig.at_once(chase, ask, chase, ask)
    assert not of(results, Exception)
    rig.at_once(rig.charge, rig.charge)
    assert {one.status for one in rig.make.invoices(second)} | {one.status for one in rig.renewals()} == {"paid"}
    assert rig.count(Payment, Payment.amount_minor == 4_000_00) == 1
    assert rig.count(Customer, Customer.parked_at.is_not(None)) == 0
    assert set(rig.all(Subscription.status)) == {SubscriptionStatus.ACTIVE}


@pytest.mark.parametrize("now", [None, CancelChoices()])
def test_who_cancels_in_the_second_of_the_renewal_is_not_charged_for_nothing(rig, now):
    subscriptions = rig.due(4)
    cancels = [lambda ref=one.ref: cancel_subscription(ref, now=now, actor=STAFF, at=rig.at) for one in subscriptions]
    results = rig.at_once(rig.renew, *cancels)
    assert not of(results, Exception)
    rig.renew() if rig.count(Subscription, Subscription.next_action_at <= rig.at) else None
    rig.charge()
    renewed = {one.subscription_id: one.status for one in rig.renewals()}
    for one in subscriptions:
        again = rig.session.get_one(Subscription, one.id)
        if one.id not in renewed:
            assert again.status is SubscriptionStatus.CANCELED
        elif again.status is SubscriptionStatus.CANCELED:
            assert renewed[one.id] == "issued"  # owed, but charged by nobody without being asked to
        else:
            assert (renewed[one.id], again.cancel_on) == ("paid", again.period_end_on)
