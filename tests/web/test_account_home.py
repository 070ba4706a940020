"""The customer's home: how they stand in every state, in one sentence, within eight queries."""

from datetime import date, timedelta

import pytest

from portal.actions.cancel_subscription import cancel_subscription
from portal.actions.expire_subscription import expire_subscription
from portal.actions.pause_subscription import pause_subscription
from portal.subscriptions.states import Collection
from portal.subscriptions.states import SubscriptionStatus as Status
from tests.factories import NOON, STAFF, YEAR
from tests.web.account_world import HTMX, QUERIES, counted_queries, open_account


@pytest.fixture
def account(session, make, reader, travel):
    travel(NOON)
    return open_account(session, make, reader)


@pytest.fixture
def price(make):
    make.tax(75_000)
    return make.price(45_000_00)


def test_an_active_subscription_says_when_it_renews_for_how_much_and_with_what(account, make, price):
    make.subscription(price, customer=account.customer)
    page = account.get("/account/").text
    assert "Renews 10 April for ₦48,375.00" in page
    assert "We charge Visa ending" in page
    assert "₦45,000.00 for Plan" in page
    assert "and ₦3,375.00 VAT." in page
    assert "today is day 1 of 31" in page


def test_what_is_a_year_away_is_said_with_its_year(account, make):
    make.subscription(make.price(480_000_00, interval=YEAR), customer=account.customer)
    page = account.get("/account/").text
    assert "Renews 10 March 2027 for ₦480,000.00" in page
    assert ">10 Mar 2027</text>" in page


def test_without_a_subscription_the_plans_are_offered(account, price):
    page = account.get("/account/").text
    assert "Choose a plan to begin" in page
    assert 'href="/account/plan"' in page
    assert "Compare them" in page


def test_who_is_past_due_sees_what_to_pay_by_when_and_what_happens_else(account, make, price):
    make.subscription(price, customer=account.customer, status=Status.PAST_DUE)
    page = account.get("/account/").text
    assert "Pay ₦48,375.00 by 24 March" in page
    assert "Everything keeps working until 25 March." in page
    assert "face alarm" in page
    assert "We try the card again on 11 March, 12 March, 14 March, 17 March and 24 March." in page
    assert "Day 14" in page
    assert "What is open" in page


def test_who_is_suspended_sees_what_releases_it(account, make, price):
    make.subscription(price, customer=account.customer, status=Status.SUSPENDED)
    page = account.get("/account/").text
    assert "Pay ₦48,375.00 and it runs again" in page
    assert "within a minute of your payment" in page


def test_a_charge_in_doubt_says_that_nobody_is_to_pay_again(account, make, price):
    make.method(account.customer)
    make.subscription(price, customer=account.customer, status=Status.PENDING)
    page = account.get("/account/").text
    assert "We are waiting for your bank" in page
    assert "No need to pay again" in page
    assert "Pay now" not in page
    watched = page.split('hx-get="')[1].split('"')[0].replace("&amp;", "&")
    assert account.get(watched, headers=HTMX).status_code == 204
    make.pay(account.latest_invoice())
    assert account.get(watched, headers=HTMX).headers["HX-Redirect"] == "/account/"
    assert "Renews 10 April" in account.get("/account/").text


def test_a_first_purchase_waits_for_its_payment(account, make, price):
    make.customer()
    subscription = make.subscription(price, customer=account.customer, status=Status.PENDING)
    make.decline(make.invoice(subscription))
    page = account.get("/account/").text
    assert "Pay ₦48,375.00 to begin" in page
    assert "We keep it for you until 11 Mar 2026, 13:00." in page
    assert "Pay now" in page


def test_a_trial_says_what_it_will_cost_and_that_a_card_is_missing(account, make, price):
    make.subscription(price, customer=account.customer, status=Status.TRIALING)
    page = account.get("/account/").text
    assert "Free until 24 March" in page
    assert "costs ₦48,375.00" in page
    assert "Without a payment method it is paused then." in page


def test_a_canceled_one_that_still_runs_can_be_kept(account, make, price):
    subscription = make.subscription(price, customer=account.customer)
    cancel_subscription(subscription.ref, actor=STAFF, at=NOON)
    page = account.get("/account/").text
    assert "Ends 10 April" in page
    action = f"/account/subscriptions/{subscription.ref}/undo-cancel"
    assert account.press("/account/", action).status_code == 303
    assert "Renews 10 April" in account.get("/account/").text
    assert account.press("/account/", "/sign-out").status_code in (302, 303)


def test_a_pause_ahead_can_be_taken_back(account, make, price):
    subscription = make.subscription(price, customer=account.customer)
    pause_subscription(subscription.ref, actor=STAFF, at=NOON)
    assert "Pauses 10 April" in account.get("/account/").text
    account.press("/account/", f"/account/subscriptions/{subscription.ref}/undo-pause")
    assert "Renews 10 April" in account.get("/account/").text


def test_what_is_paused_can_be_resumed_and_what_has_ended_taken_up_again(account, make, price):
    make.subscription(price, customer=account.customer, status=Status.PAUSED)
    assert "Resume now" in account.get("/account/").text
    other = open_account(account.session, make, account.reader)
    make.subscription(price, customer=other.customer, status=Status.CANCELED)
    page = other.get("/account/").text
    assert "Ended 10 March" in page
    assert "Take it up again" in page


def test_credits_are_shown_by_type(account, make, price):
    plan = make.plan()
    own = make.price(10_000_00, plan=plan)
    make.credits(plan, 25_000)
    make.subscription(own, customer=account.customer)
    page = account.get("/account/").text
    assert "25,000" in page
    assert "Full again on 10 April." in page


def test_credits_of_what_has_stopped_name_no_period_and_of_what_never_began_are_not_shown(account, make):
    plan = make.plan()
    own = make.price(10_000_00, plan=plan)
    make.credits(plan, 25_000)
    make.subscription(own, customer=account.customer, status=Status.CANCELED)
    page = account.get("/account/").text
    assert "Credits" in page
    assert "For the running period." not in page
    assert "Used for" not in page
    other = open_account(account.session, make, account.reader)
    never = make.subscription(own, customer=other.customer, status=Status.PENDING)
    make.decline(make.invoice(never))
    expire_subscription(never.ref, actor=STAFF, at=NOON + timedelta(days=2))
    assert "Credits" not in other.get("/account/").text


def test_who_sends_the_money_is_told_what_to_send_by_when(account, make, price, travel):
    make.subscription(price, customer=account.customer, collection=Collection.PUSH)
    assert "Renews 10 April for ₦48,375.00" in account.get("/account/").text
    later = NOON + timedelta(days=31)
    make.run(later)
    travel(later)
    page = account.get("/account/").text
    assert "Pay ₦48,375.00 by 17 April" in page
    assert "Renews 10 May for ₦48,375.00. We send you an invoice." in page
    assert f"/account/invoices/{account.latest_invoice().ref}" in page.split("hero-act")[1]
    account.become("viewer")
    assert "Pay now" not in account.get("/account/").text


def test_the_most_urgent_of_several_is_the_face_and_the_others_are_listed(account, make, price):
    make.subscription(price, customer=account.customer)
    make.subscription(price, customer=account.customer, status=Status.PAST_DUE)
    page = account.get("/account/").text
    assert page.count('class="face') == 1
    assert "Pay ₦48,375.00 by" in page
    assert "Your other subscriptions" in page


def test_a_viewer_is_offered_nothing_that_they_may_not_do(account, make, price):
    make.subscription(price, customer=account.customer, status=Status.PAST_DUE)
    account.become("viewer")
    page = account.get("/account/").text
    assert "Pay ₦48,375.00 by" in page
    assert "Pay now" not in page
    assert "Use another card" not in page


@pytest.mark.parametrize("status", [Status.ACTIVE, Status.PAST_DUE, Status.TRIALING, Status.CANCELED])
def test_the_home_needs_few_queries_however_much_there_is(account, make, price, status):
    make.credits(make.plan(), 5)
    make.subscription(price, customer=account.customer, status=status)
    with counted_queries() as few:
        assert account.reader.client.get("/account/").status_code == 200
    for _ in range(4):
        make.subscription(price, customer=account.customer, status=status)
    with counted_queries() as many:
        account.reader.client.get("/account/")
    assert len(few) <= QUERIES, few
    assert len(many) <= QUERIES, many


def test_the_face_never_promises_a_day_that_has_passed(account, make, price, travel):
    make.subscription(price, customer=account.customer, status=Status.PAST_DUE)
    travel(NOON + timedelta(days=60))
    page = account.get("/account/").text
    assert f"Everything keeps working until {date(2026, 5, 10).day} May" in page
