"""A change is offered and accepted at exactly its price: now for upgrades, at the end of the period for downgrades."""

from datetime import UTC, date, datetime, timedelta

import pytest

from portal.actions._change_price import NothingChanges, RenewalDue
from portal.actions.cancel_change import cancel_change
from portal.actions.change_plan import change_plan
from portal.actions.quote_change import quote_change
from portal.balance.models import CustomerBalance
from portal.core.errors import Refused
from portal.invoicing.models import CreditNote
from portal.invoicing.states import InvoiceStatus
from portal.quotes.binding import QuoteExpired, QuoteOutdated
from portal.quotes.models import Quote
from portal.subscriptions import queries
from portal.subscriptions.changes import ChangePending
from portal.subscriptions.items import CurrencyFixed
from portal.subscriptions.lifecycle import NotChangeable
from portal.subscriptions.models import Subscription
from portal.subscriptions.states import SubscriptionStatus
from tests.factories import MONTH, STAFF, YEAR


def offered(make, subscription, *items, replace=False):
    wanted = [(price.ref, quantity) for price, quantity in items]
    ref = quote_change(subscription.ref, wanted, replace=replace, actor=STAFF, at=make.at)
    return make.one(Quote, Quote.ref == ref)


def accepted(make, quote):
    change_plan(quote.ref, actor=STAFF, at=make.at)
    return make.one(Subscription, Subscription.id == quote.subscription_id)


def items_of(make, subscription):
    make.session.expire_all()
    return [(row.price.id, row.item.quantity) for row in queries.items_of(make.session, subscription.id)]


@pytest.fixture
def tiers(make):
    """Basic for 3 100, Pro for 6 200: a hundred a day, and two hundred, in a month of 31 days."""
    return make.price(3_100_00, plan=make.plan(tier=1)), make.price(6_200_00, plan=make.plan(tier=2))


def test_an_upgrade_is_charged_by_days_and_waits_for_its_invoice(make, tiers):
    basic, pro = tiers
    subscription = make.subscription(basic)
    make.at += timedelta(days=10)
    quote = offered(make, subscription, (pro, 1))

    accepted(make, quote)

    invoice = make.invoice(subscription)
    assert quote.due_minor == invoice.total_minor == 2_100_00
    assert make.lines(invoice) == [("unused_time", -2_100_00), ("plan", 4_200_00)]
    assert (invoice.kind, invoice.quote_id) == ("change", quote.id)
    assert items_of(make, subscription) == [(basic.id, 1)]
    assert queries.pending_change(make.session, subscription.id).id == invoice.scheduled_change_id


def test_a_settled_upgrade_switches_the_items_and_keeps_the_anchor(make, tiers):
    basic, pro = tiers
    subscription = make.subscription(basic)
    make.at += timedelta(days=10)
    accepted(make, offered(make, subscription, (pro, 1)))

    make.pay(make.invoice(subscription))

    changed = make.one(Subscription)
    assert items_of(make, subscription) == [(pro.id, 1)]
    assert (changed.anchor_on, changed.period_end_on) == (date(2026, 3, 10), date(2026, 4, 10))
    assert queries.pending_change(make.session, subscription.id) is None
    assert make.posted()[-2:] == ["invoice.paid", "subscription.changed"]


def test_a_declined_upgrade_leaves_the_plan_and_nobody_past_due(make, tiers):
    basic, pro = tiers
    subscription = make.subscription(basic)
    accepted(make, offered(make, subscription, (pro, 1)))

    make.decline(make.invoice(subscription))

    assert make.one(Subscription).status is SubscriptionStatus.ACTIVE
    assert items_of(make, subscription) == [(basic.id, 1)]


def test_an_upgrade_that_the_balance_covers_switches_at_once(make, tiers):
    basic, pro = tiers
    customer = make.customer()
    subscription = make.subscription(basic, customer=customer)
    make.balance(customer, 9_000_00)
    quote = offered(make, subscription, (pro, 1))

    accepted(make, quote)

    assert (quote.due_minor, quote.total_minor) == (0, 3_100_00)
    assert items_of(make, subscription) == [(pro.id, 1)]


def test_unused_time_comes_back_as_it_was_charged_and_taxed(make):
    make.tax(75_000)
    basic, pro = make.price(3_100_00, plan=make.plan(tier=1)), make.price(6_200_00, plan=make.plan(tier=2))
    subscription = make.subscription(basic)
    make.tax(200_000, from_on=date(2026, 3, 15))
    make.at += timedelta(days=10)

    quote = offered(make, subscription, (pro, 1))

    amounts = [(line["kind"], line["amount_minor"]) for line in quote.lines]
    assert amounts == [("unused_time", -2_100_00), ("tax", -157_50), ("plan", 4_200_00), ("tax", 840_00)]


def test_two_upgrades_in_one_period_give_back_what_each_was_charged(make, tiers):
    basic, pro = tiers
    best = make.price(12_400_00, plan=make.plan(tier=3))
    subscription = make.subscription(basic)
    make.at += timedelta(days=10)
    accepted(make, offered(make, subscription, (pro, 1)))
    make.pay(make.invoice(subscription))
    make.at += timedelta(days=1)

    quote = offered(make, subscription, (best, 1))

    assert [line["amount_minor"] for line in quote.lines] == [-4_000_00, 8_000_00]


def test_more_seats_are_charged_and_fewer_wait(make, tiers):
    basic, _ = tiers
    subscription = make.subscription(basic, quantity=2)

    more, fewer = offered(make, subscription, (basic, 5)), offered(make, subscription, (basic, 1))

    assert (more.due_minor, more.inputs["takeover"]) == (9_300_00, "now")
    assert (fewer.due_minor, fewer.inputs["takeover"]) == (0, "period_end")


def test_a_downgrade_waits_for_the_end_of_the_period_and_is_then_billed(make, tiers):
    basic, pro = tiers
    subscription = make.subscription(pro)
    quote = offered(make, subscription, (basic, 1))

    accepted(make, quote)

    assert (quote.due_minor, quote.inputs["takes_over_on"]) == (0, "2026-04-10")
    assert items_of(make, subscription) == [(pro.id, 1)]
    make.run(make.at.replace(month=4))
    assert items_of(make, subscription) == [(basic.id, 1)]
    assert make.invoice(subscription).total_minor == quote.inputs["following"]["total_minor"] == 3_100_00


def test_a_longer_interval_begins_a_full_period_today(make, tiers):
    basic, _ = tiers
    yearly = make.price(31_000_00, plan=make.plan(tier=1, family="main-yearly"), interval=YEAR)
    subscription = make.subscription(basic)
    make.at += timedelta(days=10)

    accepted(make, offered(make, subscription, (yearly, 1)))
    make.pay(make.invoice(subscription))

    changed = make.one(Subscription)
    assert make.lines(make.invoice(subscription)) == [("unused_time", -2_100_00), ("plan", 31_000_00)]
    assert (changed.anchor_on, changed.period_end_on) == (date(2026, 3, 20), date(2027, 3, 20))
    assert changed.interval == YEAR


def test_a_shorter_interval_waits_and_is_billed_from_the_boundary_on(make, tiers):
    basic, _ = tiers
    yearly = make.price(31_000_00, plan=make.plan(tier=1, family="main-yearly"), interval=YEAR)
    subscription = make.subscription(yearly)
    accepted(make, offered(make, subscription, (basic, 1)))

    make.run(make.at.replace(year=2027))

    changed, invoice = make.one(Subscription), make.invoice(subscription)
    assert (changed.period_number, changed.period_start_on, changed.period_end_on) == (
        0, date(2027, 3, 10), date(2027, 4, 10),
    )  # fmt: skip
    assert (invoice.kind, invoice.total_minor, invoice.period_start_on) == ("period", 3_100_00, date(2027, 3, 10))


@pytest.mark.parametrize("interval", [MONTH, YEAR])
def test_on_the_morning_of_the_renewal_an_upgrade_takes_over_with_it(make, tiers, interval):
    basic, _ = tiers
    pro = make.price(62_000_00, plan=make.plan(tier=3), interval=interval)
    subscription = make.subscription(basic)
    make.at = datetime(2026, 4, 10, 1, tzinfo=UTC)
    quote = offered(make, subscription, (pro, 1))
    assert (quote.due_minor, quote.inputs["takes_over_on"]) == (0, "2026-04-10")
    accepted(make, quote)
    make.run(make.at + timedelta(hours=4))
    assert items_of(make, subscription) == [(pro.id, 1)]
    assert make.lines(make.invoice(subscription)) == [("plan", 62_000_00)]
    assert make.one(Subscription).period.start == date(2026, 4, 10)


def test_while_a_renewal_is_late_nothing_is_priced_on_top_of_it(make, tiers):
    basic, pro = tiers
    subscription = make.subscription(basic)
    make.at = datetime(2026, 4, 11, 1, tzinfo=UTC)
    with pytest.raises(RenewalDue):
        offered(make, subscription, (pro, 1))
    make.run(make.at)
    make.pay(make.invoice(subscription))
    assert offered(make, subscription, (pro, 1)).due_minor == 2_996_66


def test_an_upgrade_that_costs_less_leaves_the_rest_on_the_balance(make):
    dear, cheap = make.price(6_200_00, plan=make.plan(tier=1)), make.price(3_100_00, plan=make.plan(tier=2))
    subscription = make.subscription(dear)
    quote = offered(make, subscription, (cheap, 1))

    accepted(make, quote)

    assert (quote.total_minor, quote.due_minor) == (-3_100_00, 0)
    assert items_of(make, subscription) == [(cheap.id, 1)]
    assert make.one(CreditNote).total_minor == 6_200_00
    assert make.invoice(subscription).status is InvoiceStatus.PAID
    assert make.one(CustomerBalance).amount_minor == 3_100_00


def test_in_trial_a_change_is_free_and_at_once(make, tiers):
    basic, pro = tiers
    subscription = make.subscription(basic, status=SubscriptionStatus.TRIALING)

    accepted(make, offered(make, subscription, (pro, 3)))

    assert items_of(make, subscription) == [(pro.id, 3)]
    assert make.invoices(subscription) == []


def test_who_is_past_due_pays_first(make, tiers):
    subscription = make.subscription(tiers[0], status=SubscriptionStatus.PAST_DUE)

    with pytest.raises(NotChangeable):
        offered(make, subscription, (tiers[1], 1))


def test_one_change_waits_at_a_time_unless_it_is_replaced(make, tiers):
    basic, pro = tiers
    subscription = make.subscription(pro, quantity=3)
    accepted(make, offered(make, subscription, (pro, 2)))

    with pytest.raises(ChangePending):
        offered(make, subscription, (basic, 1))
    accepted(make, offered(make, subscription, (basic, 1), replace=True))

    assert queries.pending_change(make.session, subscription.id).items == [{"price_id": basic.id, "quantity": 1}]


def test_a_replaced_upgrade_takes_its_invoice_with_it(make, tiers):
    basic, pro = tiers
    subscription = make.subscription(basic)
    accepted(make, offered(make, subscription, (pro, 1)))

    accepted(make, offered(make, subscription, (pro, 2), replace=True))

    assert [invoice.status for invoice in make.invoices(subscription)] == ["paid", "void", "issued"]


def test_a_waiting_change_can_be_taken_back(make, tiers):
    basic, pro = tiers
    subscription = make.subscription(basic)
    accepted(make, offered(make, subscription, (pro, 1)))

    cancel_change(subscription.ref, actor=STAFF, at=make.at)
    cancel_change(subscription.ref, actor=STAFF, at=make.at)

    assert queries.pending_change(make.session, subscription.id) is None
    assert make.invoice(subscription).status is InvoiceStatus.VOID


def test_an_unpaid_upgrade_lapses_at_the_boundary(make, tiers):
    basic, pro = tiers
    subscription = make.subscription(basic)
    make.at = make.at.replace(month=4, day=9)
    accepted(make, offered(make, subscription, (pro, 1)))

    make.run(make.at + timedelta(days=1))

    lapsed, renewal = make.invoices(subscription)[-2:]
    assert (lapsed.kind, lapsed.status, renewal.total_minor) == ("change", InvoiceStatus.VOID, 3_100_00)
    assert items_of(make, subscription) == [(basic.id, 1)]


def test_a_day_later_the_upgrade_costs_less_and_is_refused_with_both_prices(make, tiers):
    basic, pro = tiers
    subscription = make.subscription(basic)
    make.at = make.at.replace(hour=22, minute=50)
    quote = offered(make, subscription, (pro, 1))
    make.at += timedelta(minutes=20)

    with pytest.raises(QuoteOutdated) as refusal:
        accepted(make, quote)

    assert (refusal.value.shown.minor, refusal.value.now.minor) == (3_100_00, 3_000_00)
    assert len(make.invoices(subscription)) == 1


def test_items_that_changed_meanwhile_outdate_the_offer(make, tiers):
    basic, pro = tiers
    subscription = make.subscription(basic, status=SubscriptionStatus.TRIALING)
    quote = offered(make, subscription, (pro, 1))
    change_plan(offered(make, subscription, (basic, 4)).ref, actor=STAFF, at=make.at)

    with pytest.raises(Refused):
        accepted(make, quote)

    assert items_of(make, subscription) == [(basic.id, 4)]


def test_an_offer_expires_and_a_second_click_changes_nothing(make, tiers):
    basic, pro = tiers
    subscription = make.subscription(basic)
    quote = offered(make, subscription, (pro, 1))
    accepted(make, quote)
    make.at += timedelta(hours=2)

    accepted(make, quote)

    assert len(make.invoices(subscription)) == 2
    late = offered(make, make.subscription(basic), (pro, 1))
    make.at += timedelta(hours=1)
    with pytest.raises(QuoteExpired):
        accepted(make, late)


def test_what_changes_nothing_or_the_currency_is_refused(make, tiers):
    subscription = make.subscription(tiers[0])

    with pytest.raises(NothingChanges):
        offered(make, subscription, (tiers[0], 1))
    with pytest.raises(CurrencyFixed):
        offered(make, subscription, (make.price(currency="GHS"), 1))
