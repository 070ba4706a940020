"""The address on a printed invoice: the same for ever, and worth nothing to whoever finds the paper."""

import io
import re
from datetime import timedelta

import pypdf
import pytest
from sqlalchemy import func, select

from portal.actions.create_subscription import create_subscription
from portal.actions.revoke_pay_links import revoke_pay_links
from portal.core.outbox import OutboxEntry
from portal.core.settings import current
from portal.customers.models import Customer
from portal.invoicing.documents import pdf_of
from portal.invoicing.models import Invoice
from portal.invoicing.pay_links import printed_address
from portal.notifications.papers import html_for
from portal.payments.models import Attempt
from portal.subscriptions.models import Subscription
from portal.subscriptions.states import Collection
from portal.subscriptions.wishes import Beginning, StartTerms
from tests.factories import NOON, STAFF
from tests.people import join, make_user


@pytest.fixture
def owed(make, travel) -> Invoice:
    travel(NOON)
    make.account()
    customer = make.customer(name="Ibadan Insights", email="books@ibadan.example")
    terms = StartTerms(collection=Collection.PUSH)
    items = [(make.price().ref, 1)]
    ref = create_subscription(customer.id, items, beginning=Beginning.ACTIVE, asked=terms, actor=STAFF, at=NOON)
    return make.invoice(make.one(Subscription, Subscription.ref == ref))


def path_of(invoice: Invoice) -> str:
    return printed_address(invoice, current()).removeprefix(current().app_url)


def asked(session) -> int:
    session.rollback()
    wanted = select(func.count()).select_from(OutboxEntry).where(OutboxEntry.topic == "invoice.link_asked")
    return session.scalar(wanted)


def press(client, path: str):
    page = client.get(path).text
    return client.post(path, data=dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', page)))


def test_paper_carries_it_as_text_and_as_a_code_and_it_is_the_same_for_ever(session, owed, travel):
    first = html_for(session, owed.ref, "en")
    printed = "".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf_of(first, identifier="x"))).pages)
    assert path_of(owed) in re.sub(r"\s", "", printed)
    assert "Code for paying online" in first
    revoke_pay_links(owed.ref, actor=STAFF, at=NOON)
    travel(NOON + timedelta(days=400))
    session.rollback()
    session.expire_all()
    assert html_for(session, owed.ref, "en") == first


def test_whoever_finds_the_paper_learns_nothing_of_it_and_a_link_goes_to_the_customer_alone(client, session, owed):
    answer = client.get(path_of(owed))
    assert answer.status_code == 200
    for secret in (owed.label, "Ibadan", "10,000", "books@"):
        assert secret not in answer.text
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    page = press(client, path_of(owed))
    assert "A link is on its way" in page.text
    assert "books@" not in page.text
    assert asked(session) == 1
    assert session.scalar(select(func.count()).select_from(Attempt)) == 0


def test_mails_are_not_sent_without_end(client, owed):
    answers = [press(client, path_of(owed)).status_code for _ in range(5)]
    assert answers == [200, 200, 200, 429, 429]


def test_nothing_is_mailed_of_what_is_paid(client, make, session, owed):
    form = client.get(path_of(owed)).text
    make.pay(owed)
    assert "Nothing is left to pay" in client.get(path_of(owed)).text
    kept = dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', form))
    assert "Nothing is left to pay" in client.post(path_of(owed), data=kept).text
    assert asked(session) == 0


def test_its_customer_who_is_signed_in_is_led_to_the_invoice(reader, session, owed):
    user = make_user(session)
    join(session, user, session.get_one(Customer, owed.customer_id), "owner")
    reader.enter(session, user)
    answer = reader.get(path_of(owed))
    assert (answer.status_code, answer.location) == (302, f"/account/invoices/{owed.ref}")


@pytest.mark.parametrize("ref", ["inv_" + "a" * 16, "INV-2026-000001", "x" * 5000, "%ff%fe", "..%2f..", "inv_%00"])
def test_what_is_no_invoice_is_not_found(client, owed, ref):
    assert client.get(f"/pay/paper/{ref}").status_code in (400, 404)


def test_a_post_without_its_form_does_nothing(client, session, owed):
    assert client.post(path_of(owed)).status_code == 400
    assert asked(session) == 0
