"""Payments that arrived, attempts in doubt, asking the gateway now; and the box that finds everything."""

from datetime import timedelta

import pytest

from portal.payments.models import Attempt, Payment
from portal.payments.states import AttemptStatus
from portal.subscriptions.states import SubscriptionStatus as Status
from tests.factories import NOON
from tests.web.staff_world import HTMX, QUERIES, enter_as, queries_of

LIST = "/billing/payments"
SEARCH = "/billing/search"


@pytest.fixture
def staff(session, reader, travel):
    travel(NOON)
    return enter_as(session, reader, "billing")


@pytest.fixture
def paid(make):
    subscription = make.subscription(make.price(45_000_00), customer=make.customer(name="Zuma Analytics"))
    return make.one(Payment, Payment.customer_id == subscription.customer_id)


@pytest.fixture
def doubted(session, make):
    """A charge that nobody has heard of since it was sent."""
    subscription = make.subscription(make.price(45_000_00), status=Status.PAST_DUE)
    attempt = session.query(Attempt).filter(Attempt.invoice_id == make.invoice(subscription).id).one()
    attempt.status, attempt.closed_at, attempt.decline = AttemptStatus.UNKNOWN, None, None
    attempt.reason, attempt.next_action_at = "Read timed out", NOON + timedelta(minutes=5)
    session.commit()
    return attempt


@pytest.mark.parametrize(
    ("query", "is_there"),
    [("", True), ("?q=zuma", True), ("?q=nobody", False), ("?status=booked", True), ("?status=reversed", False),
     ("?currency=USD", False), ("?from_on=2026-03-10", True), ("?until_on=2026-03-09", False),
     ("?tab=declined", False)],
)  # fmt: skip
def test_a_filter_leaves_those_it_names(staff, paid, query, is_there):
    assert ("Zuma Analytics" in staff.get(LIST + query).text) is is_there


@pytest.mark.parametrize("query", ["?tab=all", "?status=lost", "?currency=ABC", "?from_on=x", "?after=1~x"])
def test_a_made_up_filter_is_refused(staff, query):
    assert staff.get(LIST + query).status_code == 422


def test_a_payment_shows_where_it_went_and_what_it_posted(staff, paid):
    page = staff.get(f"{LIST}/{paid.ref}").text
    for words in ("Where it went", "INV-2026-000001", "Receivable", "Visa", paid.gateway_ref, "Every try"):
        assert words in page
    assert queries_of(staff, f"{LIST}/{paid.ref}") <= QUERIES
    assert staff.get(f"{LIST}/pay_none").status_code == 404


def test_what_is_in_doubt_stands_in_its_own_tab_until_the_gateway_answers(staff, doubted):
    page = staff.get(f"{LIST}?tab=doubt").text
    assert "Read timed out" in page
    assert "Ask now" in page
    one = staff.get(f"{LIST}/attempts/{doubted.reference}").text
    assert "Ask the gateway now" in one
    assert queries_of(staff, f"{LIST}/attempts/{doubted.reference}") <= QUERIES
    assert "<html" not in staff.client.get(f"{LIST}?tab=doubt", headers=HTMX).text


def test_a_gateway_that_cannot_be_asked_changes_nothing(session, staff, doubted):
    answer = staff.post(f"{LIST}/attempts/{doubted.reference}/ask", seen=f"{LIST}?tab=doubt")
    assert answer.status_code == 303
    session.refresh(doubted)
    assert doubted.status is AttemptStatus.UNKNOWN
    assert "not decided yet" in staff.get(answer.location).text


def test_nobody_asks_about_what_never_was(staff):
    assert staff.post(f"{LIST}/attempts/at-none/ask", seen=LIST).status_code == 404
    assert staff.get(f"{LIST}/attempts/at-none").status_code == 404


def test_lists_take_as_many_queries_for_many_as_for_one(staff, make, paid):
    first = queries_of(staff, LIST)
    for _ in range(4):
        make.subscription(make.price(45_000_00))
    assert queries_of(staff, LIST) == first <= QUERIES


def test_support_looks_but_does_not_ask(session, reader, travel, doubted):
    travel(NOON)
    staff = enter_as(session, reader, "support")
    assert "Ask now" not in staff.get(f"{LIST}?tab=doubt").text
    assert staff.post(f"{LIST}/attempts/{doubted.reference}/ask", seen=LIST).status_code == 403


def test_an_exact_number_reference_mail_or_id_is_opened_at_once(session, staff, make):
    customer = make.customer(name="Zuma Analytics", email="Tunde@zuma.ng", external_id="zuma-ng-01")
    subscription = make.subscription(make.price(45_000_00), customer=customer)
    invoice, payment = make.invoice(subscription), make.one(Payment)
    attempt = session.query(Attempt).one()
    wanted = {
        "INV-2026-000001": f"/billing/invoices/{invoice.ref}",
        "inv-2026-1": f"/billing/invoices/{invoice.ref}",
        invoice.ref: f"/billing/invoices/{invoice.ref}",
        customer.ref: f"/clients/{customer.ref}",
        "zuma-ng-01": f"/clients/{customer.ref}",
        "tunde@ZUMA.ng": f"/clients/{customer.ref}",
        subscription.ref: f"/billing/subscriptions/{subscription.ref}",
        payment.ref: f"{LIST}/{payment.ref}",
        payment.gateway_ref: f"{LIST}/{payment.ref}",
        attempt.reference: f"{LIST}/attempts/{attempt.reference}",
    }
    for words, address in wanted.items():
        answer = staff.get(SEARCH, query_string={"q": words})
        assert (answer.status_code, answer.location) == (303, address), words


def test_words_find_customers_and_nothing_says_so(staff, make):
    make.customer(name="Zuma Analytics")
    make.customer(name="Zuma Foods")
    assert staff.get(f"{SEARCH}?q=zuma").text.count("Zuma ") >= 2
    assert "Nothing found" in staff.get(f"{SEARCH}?q=%27%20OR%201%3D1").text
    assert "What are you looking for?" in staff.get(SEARCH).text
    assert staff.get(f"{SEARCH}?q=" + "a" * 201).status_code == 422
    assert queries_of(staff, f"{SEARCH}?q=zuma") <= QUERIES
