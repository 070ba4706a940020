"""An offer: binding while it is held, accepted once, and never charged when anything has changed."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from portal.actions.change_price import change_price
from portal.actions.quote_change import quote_change
from portal.actions.quote_resume import quote_resume
from portal.actions.quote_start import quote_start
from portal.catalogue.models import Plan
from portal.catalogue.versions import PriceWish
from portal.invoicing.models import Invoice
from portal.payments.models import Attempt
from portal.quotes.models import Quote
from portal.subscriptions.models import ScheduledChange, Subscription
from portal.subscriptions.states import SubscriptionStatus as Status
from tests.factories import MONTH, NOON, STAFF
from tests.web.account_world import HTMX, QUERIES, counted_queries, open_account

MID = NOON + timedelta(days=15)


@pytest.fixture
def account(session, make, reader, travel):
    make.tax(75_000)
    travel(MID)
    return open_account(session, make, reader)


@pytest.fixture
def plans(session, make):
    small, large = make.plan(tier=1), make.plan(tier=2)
    small.name, large.name, large.features, small.features = "Small", "Large", ["Live exports", "Mail"], ["Mail"]
    session.commit()
    make.credits(large, 9000)
    return make.price(45_000_00, plan=small), make.price(120_000_00, plan=large)


@pytest.fixture
def upgrade(account, make, plans):
    """The path of an offer from Small to Large in the middle of the period."""
    small, large = plans
    subscription = make.subscription(small, customer=account.customer)
    return "/account/quotes/" + quote_change(subscription.ref, [(large.ref, 1)], actor=STAFF, at=MID)


def accept(account, path: str, **more: str):
    return account.press(path, f"{path}/accept", **more)


def count(session, table) -> int:
    return session.scalar(select(func.count()).select_from(table))


def test_an_offer_explains_every_line_and_says_what_comes_after(account, upgrade):
    page = account.get(upgrade).text
    assert "From Small to Large, today" in page
    assert "Unused time on Small" in page
    assert "16 of 31 days of the period" in page
    assert "How this amount came about" in page
    assert "VAT 7.5%" in page
    assert "Price held until 13:30." in page
    assert "30 minutes left" in page
    assert "Charged once, now" in page
    assert "A forecast at today" in page
    assert "129,000" in page


def test_accepting_commits_one_charge_and_watches_it(account, session, make, upgrade):
    answer = accept(account, upgrade)
    assert (answer.status_code, answer.location) == (303, upgrade)
    page = account.get(upgrade).text
    assert "We are asking your bank" in page
    make.pay(account.latest_invoice())
    page = account.get(upgrade).text
    assert "Paid. Thank you." in page


def test_a_double_click_charges_once(account, session, upgrade):
    fields = {"csrf_token": account.reader.csrf, "form_key": "b" * 32}
    account.get(upgrade)
    fields["csrf_token"] = account.reader.csrf
    first = account.reader.client.post(f"{upgrade}/accept", data=fields)
    second = account.reader.client.post(f"{upgrade}/accept", data=fields)
    assert (first.status_code, second.status_code) == (303, 303)
    assert count(session, Attempt) == 2  # the first period's and the upgrade's


def test_a_declined_upgrade_leaves_the_plan_and_says_so(account, make, upgrade):
    accept(account, upgrade)
    make.decline(account.latest_invoice())
    page = account.get(upgrade).text
    assert "Not paid yet" in page
    assert "Your bank did not approve the payment this time." in page


def test_a_changed_price_shows_both_and_charges_nothing(account, session, make, plans, upgrade):
    page_before = account.get(upgrade)
    change_price(
        session.get_one(Plan, plans[1].plan_id).ref,
        PriceWish(currency="NGN", interval=MONTH, amount_minor=150_000_00, model=plans[1].model),
        actor=STAFF,
        at=MID,
    )
    assert page_before.status_code == 200
    invoices = count(session, Invoice)
    answer = accept(account, upgrade)
    assert answer.status_code == 409
    assert "What you were shown" in answer.text
    assert "What it is now" in answer.text
    assert "Nothing was charged." in answer.text
    assert count(session, Invoice) == invoices
    fresh = session.scalars(select(Quote).order_by(Quote.id.desc())).first()
    assert f'href="/account/quotes/{fresh.ref}"' in answer.text
    assert account.get(f"/account/quotes/{fresh.ref}").status_code == 200


def test_an_expired_offer_can_be_asked_for_again(account, session, travel, upgrade):
    account.get(upgrade)
    travel(MID + timedelta(minutes=31))
    page = account.get(upgrade).text
    assert "No longer held" in page
    answer = account.press(upgrade, f"{upgrade}/again")
    assert answer.status_code == 303
    assert answer.location != upgrade
    assert "This is the binding price." in account.get(answer.location).text


def test_accepting_too_late_changes_nothing(account, session, travel, upgrade):
    account.get(upgrade)
    token = account.reader.csrf
    travel(MID + timedelta(minutes=31))
    fields = {"csrf_token": token, "form_key": "a" * 32}
    answer = account.reader.client.post(f"{upgrade}/accept", data=fields)
    assert answer.status_code == 409
    assert "No longer held" in answer.text
    assert count(session, Invoice) == 1


def test_a_downgrade_says_what_stops_and_waits_for_the_end(account, session, make, plans):
    small, large = plans
    subscription = make.subscription(large, customer=account.customer)
    path = "/account/quotes/" + quote_change(subscription.ref, [(small.ref, 1)], actor=STAFF, at=MID)
    page = account.get(path).text
    assert "From Large to Small, on 10 April" in page
    assert "What stops on 10 April" in page
    assert "Live exports" in page
    assert "Nothing is due today." in page
    assert accept(account, path).status_code == 303
    assert "It begins on 10 April." in account.get(path).text
    assert session.scalars(select(ScheduledChange)).one().lapses_at is None
    home = account.get("/account/").text
    assert "Changes to Small on 10 April." in home
    account.press("/account/", f"/account/subscriptions/{subscription.ref}/take-back-change")
    assert "Changes to Small" not in account.get("/account/").text


def test_a_start_without_a_card_is_paid_at_the_gateway(account, session, plans, make):
    make.account()
    path = "/account/quotes/" + quote_start(account.customer.id, [(plans[0].ref, 1)], actor=STAFF, at=MID)
    assert "You pay by card on the next page." in account.get(path).text
    answer = accept(account, path)
    assert answer.status_code == 303
    assert answer.location.startswith(f"/account/invoices/{account.latest_invoice().ref}")  # no gateway answers here
    assert "Nothing was charged" in account.get(answer.location).text
    assert session.scalars(select(Subscription)).one().status is Status.PENDING


def test_resuming_shows_its_price_first(account, make, plans):
    subscription = make.subscription(plans[0], customer=account.customer, status=Status.PAUSED)
    path = "/account/quotes/" + quote_resume(subscription.ref, actor=STAFF, at=MID)
    assert "Resume your subscription" in account.get(path).text
    accept(account, path)
    assert make.one(Subscription).status is Status.ACTIVE


def test_the_dial_is_drawn_anew_and_ends_with_the_offer(account, travel, upgrade):
    account.get(upgrade)
    travel(MID + timedelta(minutes=7, seconds=20))
    answer = account.reader.client.get(f"{upgrade}/hold", headers=HTMX)
    assert answer.text.strip().startswith('<div id="hold"')
    assert "23 minutes left" in answer.text
    travel(MID + timedelta(minutes=30))
    assert account.reader.client.get(f"{upgrade}/hold", headers=HTMX).headers["HX-Redirect"] == upgrade


@pytest.mark.parametrize("fields", [{"amount": "1"}, {"form_key": "x"}, {"form_key": ""}, {"due_minor": "0"}])
def test_nothing_but_the_button_can_be_sent(account, session, upgrade, fields):
    assert accept(account, upgrade, **fields).status_code == 422
    assert count(session, Invoice) == 1


def test_anothers_offer_is_not_found(account, make, plans, reader, session):
    other = make.customer()
    path = "/account/quotes/" + quote_start(other.id, [(plans[0].ref, 1)], actor=STAFF, at=MID)
    for each in (path, f"{path}/hold", "/account/quotes/quo_nonsense"):
        assert account.get(each).status_code == 404
    token = {"csrf_token": account.reader.csrf, "form_key": "a" * 32}
    for deed in ("accept", "again"):
        assert account.reader.client.post(f"{path}/{deed}", data=token).status_code == 404


def test_only_an_owner_accepts(account, session, upgrade):
    account.get(upgrade)
    account.become("billing_contact")
    assert "Only an owner of the account can accept this." in account.get(upgrade).text
    token = {"csrf_token": account.reader.csrf, "form_key": "a" * 32}
    assert account.reader.client.post(f"{upgrade}/accept", data=token).status_code == 403
    assert count(session, Invoice) == 1


def test_few_queries_before_and_after(account, upgrade):
    with counted_queries() as before:
        assert account.reader.client.get(upgrade).status_code == 200
    accept(account, upgrade)
    with counted_queries() as after:
        assert account.reader.client.get(upgrade).status_code == 200
    assert len(before) <= QUERIES, before
    assert len(after) <= QUERIES, after
