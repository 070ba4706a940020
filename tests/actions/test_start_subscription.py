"""A start is offered, and accepted at exactly its price or not at all."""

from datetime import date, timedelta

import pytest

from portal.actions.change_price import change_price
from portal.actions.quote_start import quote_start
from portal.actions.retire_plan import retire_plan
from portal.actions.start_subscription import start_subscription
from portal.catalogue.models import Plan
from portal.catalogue.versions import PriceWish
from portal.core.errors import Invalid, NotFound
from portal.credits.models import CreditBalance
from portal.invoicing.states import InvoiceStatus
from portal.payments.models import Attempt
from portal.quotes.binding import QuoteExpired, QuoteOutdated, QuoteReplaced
from portal.quotes.models import Quote
from portal.subscriptions import queries
from portal.subscriptions.items import CurrencyFixed, NoLongerOffered
from portal.subscriptions.models import Subscription
from portal.subscriptions.states import SubscriptionStatus
from portal.subscriptions.wishes import StartTerms
from tests.factories import MONTH, STAFF, YEAR


def offered(make, customer, *prices, **asked):
    items = [(price.ref, 1) for price in prices]
    terms = StartTerms(**asked) if asked else None
    ref = quote_start(customer.id, items, asked=terms, actor=STAFF, at=make.at)
    return make.one(Quote, Quote.ref == ref)


def started(make, quote):
    ref = start_subscription(quote.ref, actor=STAFF, at=make.at)
    return make.one(Subscription, Subscription.ref == ref)


def test_an_accepted_start_waits_for_its_first_payment(make):
    customer = make.customer()
    make.method(customer)
    make.tax(75_000)
    quote = offered(make, customer, make.price(10_000_00))

    subscription = started(make, quote)

    invoice = make.invoice(subscription)
    assert quote.due_minor == quote.total_minor == invoice.total_minor == 10_750_00
    assert subscription.status is SubscriptionStatus.PENDING
    assert (subscription.period_start_on, subscription.period_end_on) == (date(2026, 3, 10), date(2026, 4, 10))
    assert (invoice.kind, invoice.quote_id, invoice.next_action_at) == ("first", quote.id, make.at + timedelta(days=1))
    assert make.one(Attempt).trigger == "first_purchase"
    assert make.one(type(customer), type(customer).id == customer.id).currency == "NGN"


def test_the_first_payment_starts_the_service(make):
    customer = make.customer()
    make.method(customer)
    subscription = started(make, offered(make, customer, make.price()))

    make.pay(make.invoice(subscription))

    assert make.one(Subscription).status is SubscriptionStatus.ACTIVE
    assert make.one(Subscription).next_bill_on == date(2026, 4, 10)
    assert make.posted() == ["quote.accepted", "invoice.issued", "invoice.paid", "subscription.started"]


def test_a_free_plan_is_active_at_once(make):
    subscription = started(make, offered(make, make.customer(), make.price(0)))

    assert subscription.status is SubscriptionStatus.ACTIVE
    assert make.invoice(subscription).status is InvoiceStatus.PAID


def test_a_balance_that_covers_the_price_starts_it_without_a_charge(make):
    customer = make.customer()
    make.balance(customer, 12_000_00)
    quote = offered(make, customer, make.price(10_000_00))

    subscription = started(make, quote)

    assert quote.due_minor == 0
    assert quote.inputs["from_balance_minor"] == 10_000_00
    assert subscription.status is SubscriptionStatus.ACTIVE


def test_a_price_below_the_gateways_minimum_says_so_and_collects_the_minimum(make):
    customer = make.customer()
    make.method(customer)
    quote = offered(make, customer, make.price(20_00))

    started(make, quote)

    assert (quote.total_minor, quote.due_minor, quote.inputs["to_balance_minor"]) == (20_00, 50_00, 30_00)
    assert make.one(Attempt).amount_minor == 50_00


def test_a_trial_starts_without_a_charge_and_grants_its_credits(make):
    plan = make.plan(trial_days=14)
    make.credits(plan, 500)
    quote = offered(make, make.customer(), make.price(plan=plan))

    subscription = started(make, quote)

    assert (quote.due_minor, quote.inputs["following"]["on"]) == (0, "2026-03-24")
    assert (subscription.status, subscription.trial_ends_on) == (SubscriptionStatus.TRIALING, date(2026, 3, 24))
    assert make.invoices(subscription) == []
    assert make.one(CreditBalance).units == 500
    assert "subscription.trial_started" in make.posted()


def test_a_trial_is_given_once_per_family(make):
    customer = make.customer()
    started(make, offered(make, customer, make.price(plan=make.plan(trial_days=14))))

    quote = offered(make, customer, make.price(10_000_00, plan=make.plan(trial_days=30)))

    assert quote.due_minor == 10_000_00


def test_a_start_day_ahead_is_waited_for(make):
    quote = offered(make, make.customer(), make.price(), start_on=date(2026, 4, 1))

    subscription = started(make, quote)

    assert quote.due_minor == 0
    assert (subscription.status, subscription.next_bill_on) == (SubscriptionStatus.PENDING, date(2026, 4, 1))
    assert subscription.next_action_at.isoformat() == "2026-03-31T23:00:00+00:00"


def test_a_second_click_starts_nothing_more(make, session):
    quote = offered(make, make.customer(), make.price())

    first, second = started(make, quote), started(make, quote)

    assert first.id == second.id
    assert len(make.invoices(first)) == 1


def test_an_offer_expires(make):
    quote = offered(make, make.customer(), make.price())
    make.at += timedelta(minutes=31)

    with pytest.raises(QuoteExpired):
        started(make, quote)


def test_a_later_offer_replaces_the_one_before(make):
    customer = make.customer()
    former = offered(make, customer, make.price())
    offered(make, customer, make.price())

    with pytest.raises(QuoteReplaced):
        started(make, former)


def test_a_changed_price_is_refused_with_both_prices(make):
    customer, price = make.customer(), make.price(10_000_00)
    quote = offered(make, customer, price)
    plan = make.one(Plan, Plan.id == price.plan_id)
    change_price(plan.ref, PriceWish(currency="NGN", interval=MONTH, amount_minor=12_000_00), actor=STAFF, at=make.at)

    with pytest.raises(QuoteOutdated) as refusal:
        started(make, quote)

    assert (refusal.value.shown.minor, refusal.value.now.minor) == (10_000_00, 12_000_00)
    assert queries.of_customer(make.session, customer.id) == []


def test_a_changed_tax_is_refused_with_both_prices(make):
    make.tax(75_000)
    quote = offered(make, make.customer(), make.price(10_000_00))
    make.tax(100_000, from_on=date(2026, 3, 1))

    with pytest.raises(QuoteOutdated) as refusal:
        started(make, quote)

    assert (refusal.value.shown.minor, refusal.value.now.minor) == (10_750_00, 11_000_00)


def test_a_balance_that_came_meanwhile_changes_what_is_due(make):
    customer = make.customer()
    quote = offered(make, customer, make.price(10_000_00))
    make.balance(customer, 1_000_00)

    with pytest.raises(QuoteOutdated) as refusal:
        started(make, quote)

    assert refusal.value.now.minor == 9_000_00


def test_a_retired_plan_is_not_sold_any_more(make):
    price = make.price()
    quote = offered(make, make.customer(), price)
    retire_plan(make.one(Plan).ref, actor=STAFF, at=make.at)

    with pytest.raises(NoLongerOffered):
        started(make, quote)


def test_past_midnight_the_same_price_still_holds(make):
    make.at = make.at.replace(hour=22, minute=50)
    quote = offered(make, make.customer(), make.price(10_000_00))
    make.at += timedelta(minutes=20)

    assert started(make, quote).period_start_on == date(2026, 3, 11)


def test_a_customer_is_billed_in_one_currency(make):
    customer = make.customer()
    make.subscription(make.price(currency="NGN"), customer=customer)

    with pytest.raises(CurrencyFixed):
        offered(make, customer, make.price(currency="GHS"))


def test_what_does_not_fit_together_is_refused(make):
    customer, price = make.customer(), make.price()
    addon = make.price(plan=make.plan(kind="addon"), interval=YEAR)

    for items in ([], [(addon.ref, 1)], [(price.ref, 1), (addon.ref, 1)], [(price.ref, 1), (price.ref, 2)]):
        with pytest.raises(Invalid):
            quote_start(customer.id, items, actor=STAFF, at=make.at)
    for quantity in (0, -1, 10**7):
        with pytest.raises(Invalid):
            quote_start(customer.id, [(price.ref, quantity)], actor=STAFF, at=make.at)
    with pytest.raises(NotFound):
        quote_start(customer.id, [("pri_unknown", 1)], actor=STAFF, at=make.at)
