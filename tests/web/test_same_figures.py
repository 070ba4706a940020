"""One fact shows one figure: on the customer's page, the staff's page, the paper, in the mail and in the books."""

import io
import re

import pypdf
import pytest
from sqlalchemy import select

from portal.actions.relay_outbox import relay_outbox
from portal.actions.render_documents import render_documents
from portal.actions.send_messages import send_messages
from portal.notifications.models import Message
from tests.factories import NOON
from tests.web.account_world import open_account
from tests.web.browsing import Browser
from tests.web.staff_world import enter_as

AMOUNT = re.compile(r"₦\s?([0-9,]+\.[0-9]{2})")


def amounts(text: str) -> set[str]:
    """Every sum in naira that a reader sees."""
    return set(AMOUNT.findall(re.sub(r"<[^>]*>", "", text).replace("\xa0", " ")))


@pytest.mark.parametrize(("minor", "quantity", "ppm"), [(45_000_00, 1, 75_000), (333_33, 7, 191_234), (19_99, 3, 0)])
def test_an_invoice_is_the_same_wherever_it_is_read(session, app, reader, make, travel, mails, minor, quantity, ppm):
    travel(NOON)
    account = open_account(session, make, reader)
    make.tax(ppm)
    subscription = make.subscription(make.price(minor), customer=account.customer, quantity=quantity)
    invoice = make.invoice(subscription)
    due = {f"{value / 100:,.2f}" for value in (invoice.net_minor, invoice.total_minor, invoice.tax_minor) if value}
    account.get(f"/account/invoices/{invoice.ref}/pdf")
    while relay_outbox(limit=100, at=NOON) or render_documents(limit=10, at=NOON) or send_messages(limit=10, at=NOON):
        pass

    customers_page = amounts(account.get(f"/account/invoices/{invoice.ref}").text)
    paper = account.reader.client.get(f"/account/invoices/{invoice.ref}/pdf").data
    printed = amounts("".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(paper)).pages))
    staff = enter_as(session, Browser(app.test_client()), "billing")
    staffs_page = amounts(staff.get(f"/billing/invoices/{invoice.ref}").text)
    session.expire_all()
    told = [amounts(mail.text) for mail in session.scalars(select(Message).where(Message.status == "sent"))]

    assert due <= customers_page
    assert due <= staffs_page
    assert due <= printed
    assert any(told)
    for sums in told:
        assert sums <= customers_page | staffs_page
