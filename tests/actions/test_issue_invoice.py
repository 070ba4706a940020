"""Invoices that staff write by hand."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import text

from portal.actions._by_hand import Written
from portal.actions.issue_invoice import issue_invoice
from portal.core.actors import Actor
from portal.core.errors import Invalid, Refused
from portal.core.money import Money
from portal.invoicing.drafts import ManualLine

AT = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
STAFF = Actor.staff(1, "Halima")


@pytest.fixture(autouse=True)
def vat(make):
    return make.tax(75_000)


def line(minor: int = 250_000, quantity: int = 2, currency: str = "NGN") -> ManualLine:
    return ManualLine("Data import", quantity, Money(minor, currency))


def write(customer_id: int, *lines: ManualLine, **more: object) -> str:
    asked = {"currency": "NGN", "due_days": 14} | more
    return issue_invoice(customer_id, Written(lines=lines or [line()], **asked), actor=STAFF, at=AT)


def test_a_written_invoice_is_numbered_taxed_and_posted(make, session):
    ref = write(make.customer().id)

    row = session.execute(
        text("SELECT label, status, net_minor, tax_minor, due_on FROM invoices WHERE ref = :r"), {"r": ref}
    )
    label, status, net, tax, due_on = row.one()
    assert (label, status, net) == ("INV-2026-000001", "issued", 500_000)
    assert tax == 37_500
    assert due_on.isoformat() == "2026-12-04"
    posted = session.scalar(text("SELECT sum(amount_minor) FROM journal_entries WHERE debit = 'receivable'"))
    assert posted == net + tax


def test_a_written_invoice_charges_no_stored_card(make, session):
    write(make.customer().id)
    assert session.scalar(text("SELECT count(*) FROM attempts")) == 0


def test_a_customer_is_billed_in_one_currency(make):
    customer = make.customer()
    write(customer.id)
    with pytest.raises(Refused):
        write(customer.id, line(currency="GHS"), currency="GHS")


@pytest.mark.parametrize(
    ("lines", "more", "field"),
    [
        ([], {}, "lines"),
        ([line(quantity=0)], {}, "quantity"),
        ([ManualLine(" ", 1, Money(1, "NGN"))], {}, "text"),
        ([line()], {"due_days": 4000}, "due_days"),
        ([line()], {"currency": "XYZ"}, "currency"),
        ([line(minor=-5)], {}, "lines"),
    ],
)
def test_nonsense_is_refused_with_its_field(make, session, lines, more, field):
    asked = Written(**({"lines": lines, "currency": "NGN", "due_days": 14} | more))
    with pytest.raises(Invalid) as refused:
        issue_invoice(make.customer().id, asked, actor=STAFF, at=AT)
    assert refused.value.field == field
    assert session.scalar(text("SELECT count(*) FROM invoices")) == 0


def test_a_form_that_is_sent_twice_issues_one_invoice(make, session):
    customer = make.customer()
    asked = Written(lines=[line()], currency="NGN", due_days=14)
    first = issue_invoice(customer.id, asked, form_key="k" * 32, actor=STAFF, at=AT)
    assert issue_invoice(customer.id, asked, form_key="k" * 32, actor=STAFF, at=AT) == first
    assert session.scalar(text("SELECT count(*) FROM invoices")) == 1
