"""The list of subscriptions, one subscription, and every deed that staff can do with it."""

from datetime import timedelta

import pytest

from portal.quotes.models import Quote
from portal.subscriptions import queries as subscriptions
from portal.subscriptions.models import ScheduledChange, SubscriptionChange
from portal.subscriptions.states import SubscriptionStatus as Status
from tests.factories import NOON
from tests.web.staff_world import QUERIES, enter_as, queries_of

LIST = "/billing/subscriptions"


@pytest.fixture
def staff(session, reader, travel):
    travel(NOON)
    return enter_as(session, reader, "billing")


def path(subscription, deed=""):
    return f"{LIST}/{subscription.ref}{deed}"


def deed(staff, subscription, name, **fields):
    """Post the deed from the subscription's page."""
    return staff.post(path(subscription, name), seen=path(subscription), **fields)


@pytest.mark.parametrize(
    ("query", "is_there"),
    [("", True), ("?tab=active", True), ("?tab=ended", False), ("?q=zuma", True), ("?q=nobody", False),
     ("?special=push", False), ("?special=changing", False), ("?currency=NGN", True), ("?currency=USD", False),
     ("?from_on=2026-04-01", True),
     ("?until_on=2026-04-01", False), ("?plan=pln_zz", False), ("?sort=-customer", True), ("?sort=created", True)],
)  # fmt: skip
def test_a_filter_leaves_those_it_names(staff, make, query, is_there):
    make.subscription(make.price(45_000_00), customer=make.customer(name="Zuma Analytics"))
    assert ("Zuma Analytics" in staff.get(LIST + query).text) is is_there


@pytest.mark.parametrize("query", ["?tab=none", "?special=free", "?from_on=soon", "?sort=price", "?currency=ABC"])
def test_a_made_up_filter_is_refused(staff, query):
    assert staff.get(LIST + query).status_code == 422


@pytest.mark.parametrize("status", [each for each in Status if each is not Status.EXPIRED])
def test_a_subscription_opens_in_every_state(staff, make, status):
    subscription = make.subscription(make.price(45_000_00), status=status)
    assert staff.get(path(subscription)).status_code == 200
    assert queries_of(staff, path(subscription)) <= QUERIES


def test_the_page_says_what_comes_next_with_its_lines_and_tax(staff, make):
    make.tax(75_000)
    subscription = make.subscription(make.price(45_000_00))
    page = staff.get(path(subscription)).text
    for words in ("Served", "Next bill on 10 Apr 2026", "48,375", "VAT", "A forecast", "Created", "Activated"):
        assert words in page


def test_lists_take_as_many_queries_for_many_as_for_one(staff, make):
    price = make.price(45_000_00)
    make.subscription(price)
    first = queries_of(staff, LIST)
    for _ in range(4):
        make.subscription(price)
    assert queries_of(staff, LIST) == first <= QUERIES


def test_a_change_is_priced_seen_and_accepted_at_that_price(session, staff, make):
    small, large = make.price(10_000_00, plan=make.plan(tier=1)), make.price(30_000_00, plan=make.plan(tier=2))
    subscription = make.subscription(small)
    assert "Show the price" in staff.get(path(subscription, "/change")).text
    priced = staff.post(path(subscription, "/change"), price=large.ref, quantity="1", replace="no")
    assert priced.status_code == 303
    shown = staff.get(priced.location).text
    assert "Unused time" in shown
    assert "20,000" in shown
    accepted = staff.post(f"{priced.location}/accept", seen=priced.location)
    assert accepted.location.endswith(path(subscription))
    make.pay(make.invoice(subscription))
    session.expire_all()
    assert subscriptions.items_of(session, subscription.id)[0].price.id == large.id
    again = staff.post(f"{priced.location}/accept", seen=priced.location)
    assert again.status_code == 303
    assert session.query(ScheduledChange).count() == 1


@pytest.mark.parametrize(
    ("field", "value"),
    [("price", "prc_none"), ("quantity", "0"), ("quantity", "1e3"), ("replace", "maybe"), ("total", "1")],
)
def test_a_wrong_change_prices_nothing(session, staff, make, field, value):
    large = make.price(30_000_00)
    subscription = make.subscription(make.price(10_000_00))
    wanted = {"price": large.ref, "quantity": "1", "replace": "no", field: value}
    assert staff.post(path(subscription, "/change"), **wanted).status_code == 422
    assert session.query(Quote).count() == 0


def test_an_offer_is_accepted_only_with_its_own_subscription(staff, make):
    large = make.price(30_000_00, plan=make.plan(tier=2))
    subscription = make.subscription(make.price(10_000_00, plan=make.plan(tier=1)))
    other = make.subscription(large)
    priced = staff.post(path(subscription, "/change"), price=large.ref, quantity="1", replace="no")
    quote = priced.location.rsplit("/", 1)[-1]
    assert staff.get(path(other, f"/quotes/{quote}")).status_code == 404
    assert staff.post(path(other, f"/quotes/{quote}/accept"), seen=path(other)).status_code == 404


def test_a_cancellation_is_noted_and_undone(session, staff, make):
    subscription = make.subscription(make.price(10_000_00))
    answer = deed(
        staff, subscription, "/cancel", when="period_end", on="", credit="keep", invoices="keep", reason="Moved"
    )
    assert answer.status_code == 303
    session.refresh(subscription)
    assert subscription.cancel_on == subscription.period_end_on
    assert "Moved" in staff.get(path(subscription)).text
    assert deed(staff, subscription, "/cancel/undo").status_code == 303
    session.refresh(subscription)
    assert subscription.cancel_on is None


def test_canceling_at_once_takes_the_choices_with_it(session, staff, make):
    subscription = make.subscription(make.price(31_000_00))
    deed(staff, subscription, "/cancel", when="now", on="", credit="credit", invoices="void", reason="Closed")
    session.refresh(subscription)
    assert subscription.status is Status.CANCELED
    customer = subscriptions.lock(session, subscription.id).customer
    assert "31,000" in staff.get(f"/clients/{customer.ref}").text


@pytest.mark.parametrize(
    ("status", "name", "fields", "after"),
    [
        (Status.TRIALING, "/trial", {"until_on": "2026-04-20", "reason": "Asked"}, Status.TRIALING),
        (Status.ACTIVE, "/pause", {"on": "2026-03-10", "resume_on": "2026-05-01", "reason": "Season"}, Status.PAUSED),
        (Status.PAST_DUE, "/suspend", {"reason": "No answer"}, Status.SUSPENDED),
        (Status.ACTIVE, "/access", {"until_on": "2026-03-20", "reason": "Promise"}, Status.ACTIVE),
        (Status.DRAFT, "/begin", {"beginning": "pending", "trial_days": ""}, Status.PENDING),
    ],
)
def test_a_deed_moves_it_and_is_told_in_its_history(session, staff, make, status, name, fields, after):
    subscription = make.subscription(make.price(10_000_00), status=status)
    assert deed(staff, subscription, name, **fields).status_code == 303
    session.refresh(subscription)
    assert subscription.status is after
    told = session.query(SubscriptionChange).order_by(SubscriptionChange.id.desc()).first()
    assert told.actor == "staff:Halima Bello"


def test_resuming_shows_its_price_first(session, staff, make):
    subscription = make.subscription(make.price(10_000_00), status=Status.PAUSED)
    asked = deed(staff, subscription, "/resume")
    assert "Price of resuming" in staff.get(asked.location).text
    session.refresh(subscription)
    assert subscription.status is Status.PAUSED
    assert staff.post(f"{asked.location}/accept", seen=asked.location).status_code == 303
    session.refresh(subscription)
    assert subscription.status is Status.ACTIVE


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("/suspend", {"reason": ""}),
        ("/suspend", {"reason": "x" * 501}),
        ("/restore", {"reason": " "}),
        ("/cancel", {"when": "period_end", "on": "", "credit": "keep", "invoices": "keep", "reason": ""}),
        ("/cancel", {"when": "yesterday", "on": "", "credit": "keep", "invoices": "keep", "reason": "x"}),
        ("/cancel", {"when": "day", "on": "", "credit": "keep", "invoices": "keep", "reason": "x"}),
        ("/cancel", {"when": "day", "on": "2020-01-01", "credit": "keep", "invoices": "keep", "reason": "x"}),
        ("/cancel", {"when": "now", "on": "", "credit": "all", "invoices": "keep", "reason": "x"}),
        ("/pause", {"on": "soon", "resume_on": "", "reason": "x"}),
        ("/trial", {"until_on": "", "reason": "x"}),
        ("/access", {"until_on": "2020-01-01", "reason": "x"}),
        ("/cancel/undo", {"price": "0"}),
    ],
)
def test_a_deed_without_reason_or_sense_changes_nothing(session, staff, make, name, fields):
    subscription = make.subscription(make.price(10_000_00), status=Status.PAST_DUE)
    version = subscription.version
    assert deed(staff, subscription, name, **fields).status_code == 422
    session.refresh(subscription)
    assert subscription.version == version


def test_what_still_owes_is_not_restored(staff, make):
    subscription = make.subscription(make.price(10_000_00), status=Status.SUSPENDED)
    assert deed(staff, subscription, "/restore", reason="Cash came").status_code == 409


def test_two_who_edit_at_once_are_told(session, staff, make):
    subscription = make.subscription(make.price(10_000_00))
    wanted = {"version": str(subscription.version), "collection": "push", "due_days": "14", "method": ""}
    assert staff.post(path(subscription, "/edit"), **wanted).status_code == 303
    session.refresh(subscription)
    assert (subscription.collection, subscription.due_days) == ("push", 14)
    second = staff.post(path(subscription, "/edit"), **(wanted | {"due_days": "30"}))
    assert second.status_code == 409
    assert 'value="14"' in second.text
    session.refresh(subscription)
    assert subscription.due_days == 14


@pytest.mark.parametrize(
    ("field", "value"), [("due_days", "400"), ("collection", "both"), ("method", "pm_none"), ("version", "x")]
)
def test_a_wrong_way_of_collecting_is_refused(staff, make, field, value):
    subscription = make.subscription(make.price(10_000_00))
    wanted = {"version": str(subscription.version), "collection": "pull", "due_days": "0", "method": "", field: value}
    assert staff.post(path(subscription, "/edit"), **wanted).status_code == 422


def test_onboarding_changes_but_does_not_suspend(session, reader, make, travel):
    travel(NOON + timedelta(hours=1))
    staff = enter_as(session, reader, "onboarding")
    subscription = make.subscription(make.price(10_000_00), status=Status.PAST_DUE)
    page = staff.get(path(subscription)).text
    assert "Edit collection" in page
    assert 'id="suspend"' not in page
    assert deed(staff, subscription, "/suspend", reason="x").status_code == 403
