"""A customer's invoices: the list and its filters, one as it was issued, paying it, and its papers."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from portal.actions.render_documents import render_documents
from portal.gateways.base import DeclineKind
from portal.payments.models import Attempt
from portal.subscriptions.states import Collection
from portal.subscriptions.states import SubscriptionStatus as Status
from tests.factories import NOON
from tests.web.account_world import HTMX, QUERIES, counted_queries, open_account

PATH = "/account/invoices"


@pytest.fixture
def account(session, make, reader, travel):
    make.tax(75_000)
    travel(NOON)
    return open_account(session, make, reader, name="Ibadan Insights")


@pytest.fixture
def price(make, account):
    return make.price(45_000_00)


@pytest.fixture
def overdue(account, make, price):
    """The path of an invoice whose charge was declined."""
    return f"{PATH}/{make.invoice(make.subscription(price, customer=account.customer, status=Status.PAST_DUE)).ref}"


@pytest.fixture
def paid(account, make, price):
    return f"{PATH}/{make.invoice(make.subscription(price, customer=account.customer)).ref}"


def test_the_list_sums_up_what_it_shows(account, travel, paid, overdue):
    travel(NOON + timedelta(days=3))
    page = account.get(PATH).text
    assert "2 invoices" in page
    assert re.sub("<[^>]+>", "", page).count("₦48,375.00") >= 3
    assert "Overdue" in account.get(f"{PATH}?state=overdue").text.split("<tbody>")[1]


@pytest.mark.parametrize(
    ("query", "number"),
    [("state=paid", 1), ("state=open", 1), ("state=void", 0), ("year=2026", 2), ("year=2025", 0), ("number=000001", 1),
     ("number=%25", 0), ("number=inv-2026", 2), ("state=nonsense", 2), ("year=abc", 2), ("year=99999999999", 2),
     ("after=x", 2), ("after=99999999999999999999", 2), ("number=" + "9" * 300, 0), ("year=%D9%A2", 2)],
)  # fmt: skip
def test_filters_narrow_and_nonsense_is_passed_over(account, paid, overdue, query, number):
    answer = account.get(f"{PATH}?{query}")
    assert answer.status_code == 200
    assert len(re.findall(r'<td class="c-main">', answer.text)) == number
    assert ("No invoice fits" in answer.text) is (number == 0)


def test_pages_go_back_and_forth_without_gaps(account, session, make, price, monkeypatch):
    for _ in range(28):
        make.subscription(price, customer=account.customer, collection=Collection.PUSH)
    first = account.get(PATH).text
    later = re.search(r'href="([^"]+after=[^"]+)"', first)[1].replace("&amp;", "&")
    second = account.get(later).text
    labels = [re.findall(r"INV-2026-\d+(?=</a></td>)", page) for page in (first, second)]
    assert [len(each) for each in labels] == [25, 3]
    assert len(set(labels[0] + labels[1])) == 28
    earlier = re.search(r'href="([^"]+before=[^"]+)"', second)[1].replace("&amp;", "&")
    assert re.findall(r"INV-2026-\d+(?=</a></td>)", account.get(earlier).text) == labels[0]
    with counted_queries() as sent:
        account.reader.client.get(later)
    assert len(sent) <= QUERIES


def test_without_invoices_the_list_says_so(account):
    assert "No invoice yet" in account.get(PATH).text


def test_an_invoice_shows_what_was_issued_and_why(account, paid):
    page = account.get(paid).text
    assert "Ibadan Insights" in page
    assert "for the whole period" in page or "1 × ₦45,000.00" in page
    assert "VAT 7.5%" in page
    assert "Sum of lines" in page
    assert "Paid by Visa ending" in page
    assert "Nothing is left to pay." in page
    assert "Receipt" in page


def test_paying_commits_one_charge_and_the_page_watches_it(account, session, make, overdue):
    page = account.get(overdue).text
    assert "Pay ₦48,375.00" in page
    assert "Another card or way" in page
    answer = account.press(overdue, f"{overdue}/pay")
    assert (answer.status_code, answer.location) == (303, overdue)
    page = account.get(overdue).text
    assert "We are waiting for your bank." in page
    watched = re.search(r'hx-get="([^"]+)"', page)[1].replace("&amp;", "&")
    assert account.get(watched, headers=HTMX).status_code == 204
    make.pay(account.latest_invoice())
    assert account.get(watched, headers=HTMX).headers["HX-Redirect"] == overdue
    assert "Nothing is left to pay." in account.get(overdue).text


def test_a_double_click_pays_once(account, session, overdue):
    account.get(overdue)
    fields = {"csrf_token": account.reader.csrf, "form_key": "a" * 32}
    for _ in range(2):
        assert account.reader.client.post(f"{overdue}/pay", data=fields).status_code == 303
    assert session.scalar(select(func.count()).select_from(Attempt)) == 2


def test_paying_what_is_paid_is_refused(account, paid):
    account.get(paid)
    fields = {"csrf_token": account.reader.csrf, "form_key": "a" * 32}
    answer = account.reader.client.post(f"{paid}/pay", data=fields)
    assert answer.status_code == 409
    assert "Nothing was charged" in answer.text


def test_a_hard_decline_says_so_and_keeps_the_other_way(account, make, price):
    subscription = make.subscription(price, customer=account.customer, status=Status.PENDING)
    make.decline(make.invoice(subscription), DeclineKind.NEVER_RETRY)
    page = account.get(f"{PATH}/{make.invoice(subscription).ref}").text
    assert "Your bank does not allow payments with this card any more." in page
    assert "The bank does not accept it any more." in page or "Another card or way" in page


@pytest.mark.parametrize("fields", [{"amount": "1"}, {"method": "x" * 41}, {"form_key": "x"}, {"currency": "USD"}])
def test_nothing_else_can_be_sent_with_a_payment(account, session, overdue, fields):
    for deed in ("pay", "open"):
        answer = account.press(overdue, f"{overdue}/{deed}", **fields)
        assert answer.status_code in (400, 422)
    assert session.scalar(select(func.count()).select_from(Attempt)) == 1


def test_what_cannot_be_opened_is_said_on_the_page_of_the_invoice(account, make, session, overdue):
    make.policy(customer_may_pay_part=True)
    answer = account.press(overdue, f"{overdue}/open", channel="page", amount="0.01")
    assert answer.status_code == 422
    assert 'id="part-page-error"' in answer.text
    assert "Left to pay" in answer.text
    assert session.scalar(select(func.count()).select_from(Attempt)) == 1


def test_a_foreign_method_is_not_found(account, make, session, overdue):
    foreign = make.method(make.customer())
    answer = account.press(overdue, f"{overdue}/pay", method=foreign.ref)
    assert answer.status_code == 404
    assert session.scalar(select(func.count()).select_from(Attempt)) == 1


def test_anothers_invoice_is_not_found(account, make, price):
    foreign = make.invoice(make.subscription(price, status=Status.PAST_DUE)).ref
    for each in ("", "/pdf", "/receipt/pay_x", "/notes/cn_x"):
        assert account.get(f"{PATH}/{foreign}{each}").status_code == 404
    token = {"csrf_token": account.reader.csrf, "form_key": "a" * 32}
    for deed in ("pay", "open"):
        assert account.reader.client.post(f"{PATH}/{foreign}/{deed}", data=token).status_code == 404


def test_a_viewer_reads_and_does_not_pay(account, overdue):
    account.become("viewer")
    page = account.get(overdue).text
    assert "You may look, but not pay." in page
    token = {"csrf_token": account.reader.csrf, "form_key": "a" * 32}
    assert account.reader.client.post(f"{overdue}/pay", data=token).status_code == 403


def test_the_pdf_is_prepared_once_and_then_handed_over(account, paid):
    page = account.get(f"{paid}/pdf")
    assert "Your PDF is being prepared" in page.text
    watched = re.search(r'hx-get="([^"]+)"', page.text)[1].replace("&amp;", "&")
    assert account.get(watched, headers=HTMX).status_code == 204
    while render_documents(limit=5, at=NOON):
        pass
    assert account.get(watched, headers=HTMX).headers["HX-Redirect"] == f"{paid}/pdf"
    answer = account.reader.client.get(f"{paid}/pdf")
    assert answer.data.startswith(b"%PDF-")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="INV-2026-000001.pdf"'
    assert answer.headers["Cache-Control"] == "private, no-cache"
    again = account.reader.client.get(f"{paid}/pdf", headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304


def test_few_queries_for_one_invoice(account, paid, overdue):
    for path in (paid, overdue):
        with counted_queries() as sent:
            assert account.reader.client.get(path).status_code == 200
        assert len(sent) <= QUERIES, sent
