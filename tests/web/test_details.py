"""The customer's billing details: who may change them, what is kept, and two people at once."""

import pytest
from sqlalchemy import select

from portal.core.audit import AuditEntry, AuditPersonal
from portal.customers.models import Customer
from tests.people import join, make_customer, make_user

PATH = "/account/details"
WANTED = {
    "version": "1",
    "name": "Ibadan Insights Nigeria Ltd",
    "class_": "business",
    "email": "books@ibadaninsights.ng",
    "address": "12 Ring Road\r\nIbadan",
    "country": "NG",
    "tax_number": "12345678-0001",
    "language": "fr",
    "zone": "Africa/Lagos",
    "delivery": "post",
}


@pytest.fixture
def customer(session, reader):
    made = make_customer(session)
    user = make_user(session)
    join(session, user, made)
    reader.enter(session, user)
    return made


def test_an_owner_changes_what_stands_on_the_next_invoice(session, reader, customer):
    assert reader.post(PATH, **WANTED).status_code == 303
    session.refresh(customer)
    assert customer.name == "Ibadan Insights Nigeria Ltd"
    assert customer.address.splitlines() == ["12 Ring Road", "Ibadan"]
    assert (customer.language, customer.tax_number, customer.version) == ("fr", "12345678-0001", 2)
    assert customer.delivery == "post"
    page = reader.get(PATH).text
    assert "Saved." in page
    assert 'name="version" value="2"' in page


def test_before_and_after_are_kept_where_they_can_be_erased(session, reader, customer):
    reader.post(PATH, **WANTED)
    entry = session.scalars(select(AuditEntry).where(AuditEntry.deed == "customer.details_changed")).one()
    assert entry.customer_id == customer.id
    assert entry.facts == {}
    personal = session.scalars(select(AuditPersonal)).one()
    assert personal.before["name"] == "Ibadan Insights Ltd"
    assert personal.after["name"] == "Ibadan Insights Nigeria Ltd"
    assert "country" not in personal.after


def test_saving_what_is_there_changes_nothing(session, reader, customer):
    reader.post(PATH, **WANTED)
    reader.post(PATH, **(WANTED | {"version": "2"}))
    session.refresh(customer)
    assert customer.version == 2


def test_the_second_of_two_who_edit_at_once_is_told_and_shown_the_latest(session, reader, customer):
    reader.post(PATH, **WANTED)
    answer = reader.post(PATH, **(WANTED | {"name": "Another name"}))
    assert answer.status_code == 409
    assert "changed by somebody else" in answer.text
    assert "Ibadan Insights Nigeria Ltd" in answer.text
    session.refresh(customer)
    assert customer.name == "Ibadan Insights Nigeria Ltd"


@pytest.mark.parametrize(
    ("field", "value"),
    [("name", ""), ("name", "x" * 201), ("email", "nobody"), ("country", "ZZ"), ("country", ""), ("zone", "Mars"),
     ("language", "de"), ("class_", "state"), ("tax_number", "9" * 41), ("version", "x"), ("address", "\x01")],
)  # fmt: skip
def test_a_wrong_field_is_named_and_what_was_typed_stays(session, reader, customer, field, value):
    answer = reader.post(PATH, **(WANTED | {field: value}))
    assert answer.status_code == 422
    assert "12 Ring Road" in answer.text or field == "address"
    session.refresh(customer)
    assert customer.name == "Ibadan Insights Ltd"


@pytest.mark.parametrize("column", ["currency", "id", "external_id", "is_tax_exempt", "parked_at", "ref"])
def test_no_other_column_can_be_sent(session, reader, customer, column):
    assert reader.post(PATH, **(WANTED | {column: "USD"})).status_code == 422
    session.refresh(customer)
    assert customer.currency is None


def test_htmx_gets_the_form_alone(reader, customer):
    answer = reader.client.get(PATH, headers={"HX-Request": "true"})
    assert answer.text.strip().startswith("<form")
    assert "<html" not in answer.text


@pytest.mark.parametrize("role", ["viewer", "billing_contact"])
def test_others_read_but_do_not_write(app, session, reader, role):
    user = make_user(session)
    join(session, user, make_customer(session), role)
    reader.enter(session, user)
    assert "Only an owner" in reader.get(PATH).text
    assert reader.post(PATH, **WANTED).status_code == 403
    assert session.scalar(select(Customer.version)) == 1
