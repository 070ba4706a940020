"""What customers send money by, in plain words: the gateway as it writes its own name, and the way they chose."""

import re

import pytest

from portal.customers.models import Customer
from tests.people import make_user
from tests.pushing import PushWorld


@pytest.fixture
def staff(session, pushed: PushWorld, reader, travel):
    travel(pushed.at)
    reader.enter(session, make_user(session, "billing", name="Halima Bello"))
    return reader


def words_of(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


def test_an_open_account_number_is_called_what_it_is(staff, pushed):
    invoice = pushed.owed()
    pushed.open(invoice, "virtual_account", "bni")
    (attempt,) = pushed.attempts(invoice)
    customer = f"/clients/{pushed.session.get_one(Customer, invoice.customer_id).ref}"
    for path in (f"/billing/invoices/{invoice.ref}", f"/billing/payments/attempts/{attempt.reference}", customer):
        page = words_of(staff.get(path).text)
        assert "Virtual account, BNI" in page, path
        assert ", payment page" not in page, path
        assert "Ipaymu" not in page, path


def test_money_that_came_names_its_way_and_its_gateway(staff, pushed):
    invoice = pushed.owed()
    pushed.open(invoice, "qris")
    pushed.pays(invoice)
    pushed.work()
    listed = staff.get("/billing/payments").text
    assert "QRIS" in words_of(listed)
    shown = words_of(staff.get(re.search(r"/billing/payments/pay_\w+", listed)[0]).text)
    for words in ("QRIS", "iPaymu, test"):
        assert words in shown
    assert "Ipaymu" not in shown
