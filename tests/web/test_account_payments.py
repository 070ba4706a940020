"""Payment methods, and what became of a payment at the gateway."""

import re
from datetime import date

import pytest
from sqlalchemy import select

from portal.core.money import Money
from portal.payments import attempts
from portal.payments.models import Attempt
from portal.payments.states import AttemptEvent, AttemptTrigger
from portal.subscriptions.states import SubscriptionStatus as Status
from tests.factories import NOON
from tests.web.account_world import HTMX, QUERIES, counted_queries, open_account

PATH = "/account/payments"


@pytest.fixture
def account(session, make, reader, travel):
    travel(NOON)
    return open_account(session, make, reader)


@pytest.fixture
def payable(account, session, make):
    """A page at the gateway that was opened for an unpaid invoice."""
    subscription = make.subscription(customer=account.customer, status=Status.PENDING)
    invoice = make.invoice(subscription)
    make.decline(invoice)
    attempt = attempts.open_payable(
        session,
        customer_id=account.customer.id,
        invoice_id=invoice.id,
        account_id=make.account().id,
        amount=Money(10_000_00, "NGN"),
        trigger=AttemptTrigger.FIRST_PURCHASE,
        at=NOON,
    )
    attempt.payable = {"link": "https://checkout.example/x", "expires_at": "2026-03-11T12:00:00+00:00"}
    attempts.move(attempt, AttemptEvent.ACTION_REQUIRED, at=NOON)
    session.commit()
    return attempt


def token(account) -> dict[str, str]:
    account.get(PATH)
    return {"csrf_token": account.reader.csrf, "form_key": "a" * 32}


def test_methods_say_what_they_are_charged_for(account, make):
    make.method(account.customer, expires_on=date(2026, 3, 31))
    make.subscription(customer=account.customer)
    page = account.get(PATH).text
    assert "Visa ending" in page
    assert "Expires 03/2026" in page
    assert "Card expiring" in page
    assert "Used for Plan" in page
    assert "It is the only one that can be charged" in page


def test_one_that_was_declined_needs_a_look_here_as_on_the_first_page(account, make):
    make.subscription(customer=account.customer, status=Status.PAST_DUE)
    assert "Needs check" in account.get("/account/").text
    assert "Needs check" in account.get(PATH).text


def test_without_a_method_adding_one_is_offered(account):
    assert "No payment method yet" in account.get(PATH).text


def test_another_one_becomes_the_default(account, make):
    first, second = make.method(account.customer), make.method(account.customer)
    assert account.press(PATH, f"{PATH}/methods/{first.ref}/default").status_code == 303
    account.session.expire_all()
    assert (first.is_default, second.is_default) == (True, False)


def test_a_removed_one_is_gone_from_the_page(account, make):
    method = make.method(account.customer)
    assert account.press(PATH, f"{PATH}/methods/{method.ref}/remove").status_code == 303
    assert "No payment method yet" in account.get(PATH).text


def test_before_adding_it_is_said_what_will_be_paid(account, make):
    make.account()
    page = account.get(f"{PATH}/add").text
    assert "Onto your balance with us" in page
    make.subscription(customer=account.customer, status=Status.PAST_DUE)
    page = account.get(f"{PATH}/add").text
    assert "You pay your oldest open invoice:" in page
    assert re.search(r"10,000<", page)


def test_a_currency_that_nobody_takes_is_refused_in_words(account):
    page = account.get(f"{PATH}/add").text
    assert "cannot be taken online yet" in page
    assert "Go to the payment page" not in page


def test_coming_back_asks_the_gateway_and_shows_that_we_do(account, session, payable):
    answer = account.get(f"{PATH}/return?trxref={payable.reference}&reference={payable.reference}")
    assert (answer.status_code, answer.location) == (303, f"{PATH}/{payable.reference}")
    session.expire_all()
    assert payable.next_action_at == NOON
    page = account.get(answer.location).text
    assert "We are asking your bank" in page
    assert '<noscript><meta http-equiv="refresh"' in page
    watched = re.search(r'hx-get="([^"]+)"', page)[1].replace("&amp;", "&")
    assert account.get(watched, headers=HTMX).status_code == 204


def test_what_was_paid_leads_to_the_invoice_and_its_receipt(account, session, make, payable):
    make.pay(account.latest_invoice())
    page = account.get(f"{PATH}/{payable.reference}").text
    assert "Paid, thank you" in page
    assert "Your subscription is active." in page
    assert f'href="/account/invoices/{account.latest_invoice().ref}"' in page


def test_what_was_declined_says_why_and_offers_other_ways(account, make, payable):
    make.decline(account.latest_invoice())
    page = account.get(f"{PATH}/{payable.reference}").text
    assert "The payment did not go through" in page
    assert "Your bank did not approve the payment this time." in page
    assert "Other ways to pay" in page


def test_turning_back_says_that_nothing_was_charged(account, payable):
    page = account.get(f"{PATH}/cancelled/{payable.reference}").text
    assert "You did not pay" in page
    assert "If you have already sent the money, wait" in page


@pytest.mark.parametrize("reference", ["", "at-x", "at-" + "z" * 26, "../../x", "at-" + "a" * 300, "%00", "' or 1=1"])
def test_references_that_are_nobodys_are_not_found(account, reference):
    assert account.get(f"{PATH}/return", query_string={"reference": reference}).status_code in (400, 404)
    if reference and "/" not in reference and reference != "%00":
        assert account.get(f"{PATH}/{reference}").status_code == 404
        assert account.get(f"{PATH}/cancelled/{reference}").status_code == 404


def test_anothers_payment_and_method_are_not_found(account, session, make):
    other = make.subscription(status=Status.PAST_DUE)
    reference = session.scalars(select(Attempt.reference).where(Attempt.customer_id == other.customer_id)).one()
    for path in (f"{PATH}/{reference}", f"{PATH}/cancelled/{reference}", f"{PATH}/return?reference={reference}"):
        assert account.get(path).status_code == 404
    foreign = make.method(make.customer())
    for deed in ("default", "remove"):
        answer = account.reader.client.post(f"{PATH}/methods/{foreign.ref}/{deed}", data=token(account))
        assert answer.status_code == 404


def test_a_viewer_looks_and_changes_nothing(account, make):
    method = make.method(account.customer)
    account.become("viewer")
    page = account.get(PATH).text
    assert "You may look, but not change how it is paid." in page
    assert "Remove" not in page
    assert account.get(f"{PATH}/add").status_code == 403
    for path in (f"{PATH}/add", f"{PATH}/methods/{method.ref}/default", f"{PATH}/methods/{method.ref}/remove"):
        assert account.reader.client.post(path, data=token(account)).status_code == 403


def test_unknown_fields_are_refused(account, make):
    method = make.method(account.customer)
    for path in (f"{PATH}/add", f"{PATH}/methods/{method.ref}/default", f"{PATH}/methods/{method.ref}/remove"):
        assert account.reader.client.post(path, data=token(account) | {"amount": "1"}).status_code == 422


def test_few_queries_however_many_methods(account, make, payable):
    for _ in range(5):
        make.method(account.customer)
    for path in (PATH, f"{PATH}/add", f"{PATH}/{payable.reference}", f"{PATH}/cancelled/{payable.reference}"):
        with counted_queries() as sent:
            assert account.reader.client.get(path).status_code == 200
        assert len(sent) <= QUERIES, sent
