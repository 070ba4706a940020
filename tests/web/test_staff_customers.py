"""The list of customers and one customer: what is shown, what can be done, by whom, and how many queries it takes."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from portal.actions._parking import park
from portal.actions.relay_outbox import relay_outbox
from portal.actions.render_documents import render_documents
from portal.actions.send_messages import send_messages
from portal.core.actors import Actor
from portal.core.db import transaction
from portal.customers import queries as customers
from portal.customers.models import Note
from portal.notifications.models import Message
from portal.reporting import customer_list
from portal.subscriptions.models import Subscription
from portal.subscriptions.states import SubscriptionStatus as Status
from tests.factories import NOON
from tests.web.staff_world import HTMX, QUERIES, enter_as, queries_of

LIST = "/clients/"


@pytest.fixture
def staff(session, reader, travel):
    travel(NOON)
    return enter_as(session, reader, "super_admin")


@pytest.fixture
def zuma(make):
    return make.customer(name="Zuma Analytics", external_id="zuma-ng-01")


def parked(make, customer, reason="No tax rule covers it."):
    with transaction() as session:
        park(session, customers.lock(session, customer.id), reason, actor=Actor.system("billing run"), at=NOON)


@pytest.mark.parametrize(
    ("query", "is_there"),
    [("", True), ("?q=zuma", True), ("?q=ZUMA-ng-01", False), ("?q=zuma-ng-01", True), ("?q=nobody", False),
     ("?country=NG", True), ("?country=GH", False), ("?tab=none", True), ("?tab=overdue", False),
     ("?status=active", False), ("?sort=name", True), ("?sort=-name", True)],
)  # fmt: skip
def test_a_filter_leaves_those_it_names(staff, zuma, query, is_there):
    assert ("Zuma Analytics" in staff.get(LIST + query).text) is is_there


@pytest.mark.parametrize(
    "query",
    ["?country=ZZ", "?currency=nowhere", "?tab=rich", "?status=late", "?sort=id", "?after=x", "?before=1~2~3",
     "?q=" + "a" * 201, "?after=99999999999999999999~1"],
)  # fmt: skip
def test_a_made_up_filter_is_refused_with_its_name(staff, query):
    assert staff.get(LIST + query).status_code == 422


def test_pages_turn_both_ways_and_lose_nobody(staff, make):
    for number in range(30):
        make.customer(name=f"Company {number:02}")
    seen, page = [], staff.get(f"{LIST}?sort=name").text
    for _ in range(2):
        seen += [number for number in range(30) if f"Company {number:02}" in page]
        later = page.split('rel="next"')[0].rsplit('href="', 1)[-1].split('"')[0].replace("&amp;", "&")
        page = staff.get(later).text if 'rel="next"' in page else page
    assert sorted(set(seen)) == list(range(30))
    earlier = page.split('rel="prev"')[0].rsplit('href="', 1)[-1].split('"')[0].replace("&amp;", "&")
    assert "Company 00" in staff.get(earlier).text


def test_a_customer_shows_what_is_owed_and_every_try_with_its_code(staff, make, zuma):
    make.subscription(make.price(45_000_00), customer=zuma, status=Status.PAST_DUE)
    page = staff.get(f"{LIST}{zuma.ref}").text
    for words in (
        "45,000",
        "Past due",
        "declined",
        "Renewal",
        "External id zuma-ng-01",
        "Visa",
        "Dunning, 0 steps done",
    ):
        assert words in page


@pytest.mark.parametrize(
    "tab", ["", "/invoices", "/payments", "/credit-notes", "/refunds", "/credits", "/messages", "/history", "/notes"]
)
def test_every_tab_opens_with_and_without_anything_in_it(staff, make, zuma, tab):
    assert staff.get(f"{LIST}{zuma.ref}{tab}").status_code == 200
    plan = make.plan()
    make.credits(plan, 500)
    make.subscription(make.price(45_000_00, plan=plan), customer=zuma)
    make.balance(zuma, 1_000_00)
    assert staff.get(f"{LIST}{zuma.ref}{tab}").status_code == 200
    part = staff.client.get(f"{LIST}{zuma.ref}{tab}", headers=HTMX).text
    assert "<html" not in part
    assert queries_of(staff, f"{LIST}{zuma.ref}{tab}") <= QUERIES


def test_units_and_balance_show_their_ledgers(staff, make, zuma):
    plan = make.plan()
    make.credits(plan, 25_000)
    make.subscription(make.price(45_000_00, plan=plan), customer=zuma)
    make.balance(zuma, 1_000_00)
    page = staff.get(f"{LIST}{zuma.ref}/credits").text
    assert "Granted" in page
    assert "25,000" in page
    assert "Paid beyond a debt" in page


def test_a_note_stands_with_its_author(session, staff, zuma):
    answer = staff.post(f"{LIST}{zuma.ref}/notes", text="Salaries first.")
    assert answer.status_code == 303
    note = session.query(Note).one()
    assert (note.text, note.author) == ("Salaries first.", "Halima Bello")
    assert "Salaries first." in staff.get(f"{LIST}{zuma.ref}").text
    assert staff.post(f"{LIST}{zuma.ref}/notes", text="Salaries first.").status_code == 303
    assert session.query(Note).count() == 1


@pytest.mark.parametrize("text", ["", "x" * 2001, "bad\x01"])
def test_a_note_that_says_nothing_or_too_much_is_refused(session, staff, zuma, text):
    assert staff.post(f"{LIST}{zuma.ref}/notes", text=text).status_code == 422
    assert session.query(Note).count() == 0


def test_who_is_parked_says_why_and_is_released_with_a_reason(session, staff, make, zuma):
    make.subscription(make.price(45_000_00), customer=zuma)
    parked(make, zuma)
    assert "No tax rule covers it." in staff.get(f"{LIST}{zuma.ref}").text
    assert "Zuma" in staff.get(f"{LIST}?tab=parked").text
    path = f"{LIST}{zuma.ref}/release"
    assert staff.post(path, seen=f"{LIST}{zuma.ref}", reason="").status_code == 422
    assert staff.post(path, seen=f"{LIST}{zuma.ref}", reason="Rule added").status_code == 303
    session.refresh(zuma)
    assert zuma.parked_at is None


def test_support_reads_and_writes_notes_but_releases_nobody(app, session, make, reader, travel, zuma):
    travel(NOON)
    parked(make, zuma)
    support = enter_as(session, reader, "support")
    page = support.get(f"{LIST}{zuma.ref}").text
    assert "No tax rule covers it." in page
    assert "Release" not in page
    assert "New subscription" not in page
    assert support.post(f"{LIST}{zuma.ref}/release", seen=f"{LIST}{zuma.ref}", reason="x").status_code == 403


def test_nobody_else_is_found(staff):
    assert staff.get(f"{LIST}cus_zzzzzzzzzzzzzzzz").status_code == 404


def test_a_list_takes_as_many_queries_for_many_as_for_one(staff, make, zuma):
    price = make.price(45_000_00)
    make.subscription(price, customer=zuma)
    first = queries_of(staff, LIST)
    for _ in range(5):
        make.subscription(price)
    assert queries_of(staff, LIST) == first <= QUERIES


def test_staff_give_a_subscription_as_previewed_or_not_at_all(session, staff, make, zuma):
    price = make.price(45_000_00)
    path = f"{LIST}{zuma.ref}/subscription"
    wanted = {"price": price.ref, "quantity": "2", "beginning": "active", "start_on": "", "trial_days": "",
              "collection": "push", "due_days": "10", "shown": ""}  # fmt: skip
    preview = staff.post(path, **wanted)
    assert preview.status_code == 200
    assert "90,000" in preview.text
    assert session.query(Subscription).count() == 0
    digest = preview.text.split('name="shown" value="')[-1].split('"')[0]
    assert len(digest) == 64
    assert staff.post(path, **(wanted | {"shown": digest, "quantity": "3"})).status_code == 409
    assert session.query(Subscription).count() == 0
    made = staff.post(path, **(wanted | {"shown": digest}))
    assert made.status_code == 303
    subscription = session.query(Subscription).one()
    assert (subscription.status, subscription.collection, subscription.due_days) == (Status.ACTIVE, "push", 10)
    assert made.location.endswith(subscription.ref)
    again = staff.post(path, **(wanted | {"shown": digest}))
    assert again.location == made.location
    assert session.query(Subscription).count() == 1


@pytest.mark.parametrize(
    ("field", "value"),
    [("price", "prc_zz"), ("quantity", "0"), ("quantity", "-1"), ("quantity", "1e9"), ("quantity", "१"),
     ("start_on", "soon"), ("start_on", "2020-01-01"), ("trial_days", "999"), ("beginning", "free"),
     ("collection", "steal"), ("due_days", "400"), ("shown", "x" * 65), ("discount", "100")],
)  # fmt: skip
def test_a_wrong_wish_for_a_subscription_writes_nothing(session, staff, make, zuma, field, value):
    price = make.price(45_000_00)
    wanted = {"price": price.ref, "quantity": "1", "beginning": "pending", "start_on": "", "trial_days": "",
              "collection": "pull", "due_days": "", "shown": ""}  # fmt: skip
    assert staff.post(f"{LIST}{zuma.ref}/subscription", **(wanted | {field: value})).status_code == 422
    assert session.query(Subscription).count() == 0


def test_a_mail_is_sent_again_once_per_click(session, staff, make, mails):
    make.tax(75_000)
    customer = make.customer()
    make.subscription(make.price(1_000_00), customer=customer)
    tell(NOON)
    first = session.scalars(select(Message).where(Message.status == "sent")).first()
    path = f"/clients/{customer.ref}/messages/{first.ref}/again"
    for _click in range(2):
        assert staff.post(path, seen=f"/clients/{customer.ref}/messages").status_code == 303
    tell(NOON)
    assert len(mails.found(to=first.recipient, subject=first.subject)) == 2


def test_the_mail_of_another_customer_is_not_found(session, staff, make, mails):
    make.tax(75_000)
    customer, other = make.customer(), make.customer()
    make.subscription(make.price(1_000_00), customer=customer)
    tell(NOON)
    ref = session.scalars(select(Message.ref).where(Message.status == "sent")).first()
    answer = staff.post(f"/clients/{other.ref}/messages/{ref}/again", seen=f"/clients/{other.ref}/messages")
    assert answer.status_code == 404


def tell(at):
    while relay_outbox(limit=100, at=at) or render_documents(limit=10, at=at) or send_messages(limit=100, at=at):
        pass


def test_a_large_book_counts_who_has_no_subscription_only_where_that_is_shown(session, make, monkeypatch):
    for name in ("Ada", "Bola", "Chidi"):
        make.customer(name=name)
    today = date(2031, 1, 1)
    assert customer_list.counts(session, customer_list.Filters(), today=today)["none"] == 3
    monkeypatch.setattr(customer_list, "MOST_COUNTED", 2)
    tomorrow = today + timedelta(days=1)
    assert "none" not in customer_list.counts(session, customer_list.Filters(), today=tomorrow)
    assert customer_list.counts(session, customer_list.Filters(tab="none"), today=tomorrow)["none"] == 3
