"""Comparing plans and choosing: what is marked, what is asked for, and that choosing only leads to an offer."""

import re

import pytest
from sqlalchemy import func, select

from portal.actions.change_plan import change_plan
from portal.actions.quote_change import quote_change
from portal.catalogue.pricing import PriceModel
from portal.invoicing.models import Invoice
from portal.quotes.models import Quote
from portal.subscriptions.states import SubscriptionStatus as Status
from tests.factories import MONTH, NOON, STAFF, YEAR
from tests.web.account_world import HTMX, QUERIES, counted_queries, open_account

PATH = "/account/plan"


@pytest.fixture
def account(session, make, reader, travel):
    travel(NOON)
    return open_account(session, make, reader)


@pytest.fixture
def prices(session, make):
    """Small, middle and large, monthly and yearly, and an add-on."""
    found = {}
    for place, name in enumerate(("Small", "Middle", "Large"), start=1):
        plan = make.plan(tier=place)
        plan.name, plan.features = name, [f"{place} projects", "Mail"]
        session.commit()
        make.credits(plan, 1000 * place)
        found[name] = make.price(10_000_00 * place, plan=plan)
        found[f"{name} a year"] = make.price(100_000_00 * place, plan=plan, interval=YEAR)
    addon = make.plan(family="seats", kind="addon")
    found["Seat"] = make.price(2_500_00, plan=addon, interval=MONTH)
    return found


def wanted(page: str, price) -> dict[str, str]:
    """The fields of the one form of the page, with the button of `price` pressed."""
    fields = dict(
        re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page.split('<form class="stack-l"')[1])
    )
    numbers = re.findall(r'<input class="input"[^>]*type="number"[^>]*value="(\d*)"[^>]*name="([^"]+)"', page)
    return fields | {name: value for value, name in numbers} | {"price": price.ref}


def choose(account, chosen, path: str = PATH, /, **changed: str):
    return account.reader.client.post(PATH, data=wanted(account.get(path).text, chosen) | changed)


def offers(session) -> int:
    return session.scalar(select(func.count()).select_from(Quote))


def test_plans_are_compared_with_the_one_that_is_had(account, make, prices):
    make.subscription(prices["Middle"], customer=account.customer)
    page = account.get(PATH).text
    assert page.index("Small") < page.index("Middle") < page.index("Large")
    assert "Your plan" in page
    assert "Move on 10 April" in page
    assert "See the price for today" in page
    assert "2 months free" in page
    assert page.count("is-now") == page.count("is-up") == 1
    assert "each, a month, before tax" in page


def test_of_two_larger_plans_the_next_one_is_pointed_at(account, make, prices):
    make.subscription(prices["Small"], customer=account.customer)
    assert account.get(PATH).text.count("is-up") == 1


def test_a_change_that_waits_stands_on_the_plans_it_is_about(account, make):
    tiers = [make.plan(tier=place, family="flat") for place in (1, 2, 3)]
    flat = [make.price(5_000_00 * plan.tier, plan=plan, model=PriceModel.FLAT) for plan in tiers]
    subscription = make.subscription(flat[1], customer=account.customer)
    change_plan(quote_change(subscription.ref, [(flat[0].ref, 1)], actor=STAFF, at=NOON), actor=STAFF, at=NOON)
    page = account.get(PATH).text
    assert "Starts 10 April" in page
    assert "Ends 10 April" in page
    assert "Renews 10 April" not in page
    assert "Move on 10 April" not in page
    assert "See the price for today" in page


def test_choosing_a_larger_plan_leads_to_an_offer_and_charges_nothing(account, session, make, prices):
    subscription = make.subscription(prices["Middle"], customer=account.customer)
    answer = choose(account, prices["Large"])
    assert answer.status_code == 303
    assert answer.location.startswith("/account/quotes/quo_")
    quote = session.scalars(select(Quote)).one()
    assert (quote.kind, quote.subscription_id) == ("change", subscription.id)
    assert session.scalar(select(func.count()).select_from(Invoice)) == 1


def test_the_interval_is_switched_by_address(account, make, prices):
    make.subscription(prices["Middle"], customer=account.customer)
    page = account.get(f"{PATH}?every=year-1").text
    assert "200,000" in page
    assert choose(account, prices["Middle a year"], f"{PATH}?every=year-1").status_code == 303
    assert "Your plan" in account.get(f"{PATH}?every=nonsense-99").text


def test_quantities_and_add_ons_go_into_the_offer(account, session, make, prices):
    make.subscription(prices["Middle"], customer=account.customer, quantity=2)
    answer = choose(
        account, prices["Middle"], **{f"quantity_{prices['Middle'].ref}": "5", f"addon_{prices['Seat'].ref}": "3"}
    )
    assert answer.status_code == 303
    items = session.scalars(select(Quote)).one().inputs["items"]
    assert {(item["price_id"], item["quantity"]) for item in items} == {
        (prices["Middle"].id, 5),
        (prices["Seat"].id, 3),
    }


def test_who_has_nothing_yet_starts(account, session, prices):
    page = account.get(PATH).text
    assert "Choose Small" in page
    assert choose(account, prices["Small"]).status_code == 303
    assert session.scalars(select(Quote)).one().kind == "start"


def test_who_has_ended_takes_it_up_again_with_any_plan(account, session, make, prices):
    make.subscription(prices["Small"], customer=account.customer, status=Status.CANCELED)
    assert choose(account, prices["Large"]).status_code == 303
    assert session.scalars(select(Quote)).one().kind == "resubscribe"


def test_what_is_had_already_is_refused_in_words_on_the_page(account, session, make, prices):
    make.subscription(prices["Middle"], customer=account.customer)
    answer = choose(account, prices["Middle"])
    assert answer.status_code == 409
    assert "This is what the subscription has already." in answer.text
    assert offers(session) == 0


@pytest.mark.parametrize("status", [Status.PAST_DUE, Status.SUSPENDED, Status.PAUSED, Status.PENDING])
def test_who_cannot_change_now_is_told_why(account, make, prices, status):
    make.subscription(prices["Middle"], customer=account.customer, status=status)
    page = account.get(PATH).text
    assert "first" in page.split('class="note warn"')[1][:400]
    assert "See the price for today" not in page


@pytest.mark.parametrize(
    "changed",
    [{"price": "price_nonsense"}, {"price": ""}, {"quantity": "1"}, {"amount_minor": "1"}, {"family": "x" * 61},
     {"form_key": "short"}, {"addon_x": "1"}],
)  # fmt: skip
def test_hostile_choices_are_refused_and_offer_nothing(account, session, make, prices, changed):
    make.subscription(prices["Middle"], customer=account.customer)
    answer = choose(account, prices["Large"], **changed)
    assert answer.status_code == 422
    assert offers(session) == 0


@pytest.mark.parametrize("number", ["0", "-1", "1e9", "10001", "1.5", "٣", "x", "9" * 50])
def test_a_wrong_quantity_is_named_beside_its_field(account, session, make, prices, number):
    make.subscription(prices["Middle"], customer=account.customer)
    answer = choose(account, prices["Large"], **{f"quantity_{prices['Large'].ref}": number})
    assert answer.status_code == 422
    assert "Write a whole number from 1 to 10,000." in answer.text
    assert offers(session) == 0


def test_another_customers_subscription_is_not_taken(account, session, make, prices):
    mine = make.subscription(prices["Middle"], customer=account.customer)
    foreign = make.subscription(prices["Middle"])
    page = account.get(f"{PATH}?subscription={foreign.ref}").text
    assert f'value="{mine.ref}"' in page
    assert foreign.ref not in page.split("<main")[1].replace(f"subscription={foreign.ref}", "")
    choose(account, prices["Large"], subscription=foreign.ref)
    assert session.scalars(select(Quote)).one().subscription_id == mine.id


def test_only_an_owner_may_choose(account, session, make, prices):
    make.subscription(prices["Middle"], customer=account.customer)
    fields = wanted(account.get(PATH).text, prices["Large"])
    account.become("billing_contact")
    page = account.get(PATH).text
    assert "Only an owner of the account can change the plan." in page
    assert "See the price for today" not in page
    answer = account.reader.client.post(PATH, data=fields | {"csrf_token": account.reader.csrf})
    assert answer.status_code == 403
    assert offers(session) == 0


def test_htmx_gets_the_partial_and_is_sent_to_the_offer(account, make, prices):
    make.subscription(prices["Middle"], customer=account.customer)
    fields = wanted(account.get(PATH).text, prices["Large"])
    assert account.get(PATH, headers=HTMX).text.strip().startswith('<div id="plan">')
    answer = account.reader.client.post(PATH, data=fields, headers=HTMX)
    assert answer.headers["HX-Redirect"].startswith("/account/quotes/")


def test_nothing_on_sale_says_so(account):
    assert "Nothing is on sale yet" in account.get(PATH).text


def test_few_queries_however_many_plans(account, make, prices):
    make.subscription(prices["Middle"], customer=account.customer)
    for tier in range(10, 20):
        make.price(1_000_00 * tier, plan=make.plan(tier=tier))
    with counted_queries() as sent:
        assert account.reader.client.get(PATH).status_code == 200
    assert len(sent) <= QUERIES, sent
