"""Where to send money: the same on paper, in the mail, on the pages; on paper for ever."""

import io

import pypdf
import pytest
from sqlalchemy import select

from portal.actions.close_bank_account import close_bank_account
from portal.actions.create_subscription import create_subscription
from portal.actions.open_bank_account import AccountDetails, open_bank_account
from portal.banking.instructions import instructions_for
from portal.customers.models import Customer
from portal.invoicing import references
from portal.invoicing.documents import pdf_of
from portal.invoicing.models import Invoice
from portal.notifications.papers import html_for
from portal.notifications.rendering import preview
from portal.subscriptions.states import Collection
from portal.subscriptions.wishes import Beginning, StartTerms
from tests.factories import NOON, STAFF

SAID = ("Northwind GmbH", "Sparkasse Köln", "DE89 3704 0044 0532 0130 00", "COLSDE33XXX")


@pytest.fixture
def euros(make):
    details = AccountDetails("Main", "EUR", "Northwind GmbH", "Sparkasse Köln", "DE89370400440532013000", "COLSDE33XXX")
    return open_bank_account(details, reason="first", actor=STAFF, at=NOON)


@pytest.fixture
def owed(session, make, euros):
    customer = make.customer(country="DE", zone="Europe/Berlin")
    price = make.price(119_00, currency="EUR")
    asked = StartTerms(collection=Collection.PUSH)
    create_subscription(customer.id, [(price.ref, 1)], beginning=Beginning.ACTIVE, asked=asked, actor=STAFF, at=NOON)
    return session.scalars(select(Invoice)).one()


def paper_of(session, invoice):
    session.rollback()
    return pdf_of(html_for(session, invoice.ref, "en"), identifier=invoice.ref)


def words_of(content):
    return "\n".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(content)).pages)


def test_paper_and_mail_say_where_to_send_money_and_under_which_reference(session, owed):
    reference = references.printed(owed.payment_reference)
    paper = words_of(paper_of(session, owed))
    customer = session.get_one(Customer, owed.customer_id)
    mail = preview(session, "invoice.issued", customer=customer, facts={"invoice": owed.ref}, at=NOON).mail
    for words in (*SAID, reference):
        assert words in paper
        assert words in mail.text
    assert "Code for your banking app" in html_for(session, owed.ref, "en")
    assert instructions_for(session, owed).qr_text.splitlines()[6:8] == ["DE89370400440532013000", "EUR119.00"]


def test_the_paper_stays_what_it_was_when_the_account_is_another(session, owed, euros):
    before = paper_of(session, owed)
    other = AccountDetails("New", "EUR", "Northwind GmbH", "Commerzbank", "DE02120300000000202051")
    open_bank_account(other, reason="we moved", actor=STAFF, at=NOON)
    session.expire_all()
    assert instructions_for(session, owed).number == "DE89370400440532013000"
    close_bank_account(euros, reason="we moved", actor=STAFF, at=NOON)
    assert paper_of(session, owed) == before
    session.expire_all()
    told = instructions_for(session, owed)
    assert (told.number, told.is_changed) == ("DE02120300000000202051", True)
    customer = session.get_one(Customer, owed.customer_id)
    mail = preview(session, "invoice.reminded", customer=customer, facts={"invoice": owed.ref}, at=NOON).mail
    assert "our new account" in mail.text
    assert "DE89" not in mail.text


def test_without_an_account_of_the_currency_nothing_is_said(session, make, euros):
    asked = StartTerms(collection=Collection.PUSH)
    customer = make.customer()
    create_subscription(
        customer.id, [(make.price(5_00).ref, 1)], beginning=Beginning.ACTIVE, asked=asked, actor=STAFF, at=NOON
    )
    invoice = session.scalars(select(Invoice)).one()
    assert instructions_for(session, invoice) is None
    assert "bank" not in invoice.parties
    assert "By bank transfer" not in words_of(paper_of(session, invoice))
