"""Staff enter customers and write invoices by hand."""

import re

import pytest
from sqlalchemy import func, select

from portal.customers.models import Customer
from portal.identity.models import User
from portal.invoicing.models import Invoice
from tests.factories import NOON
from tests.web.staff_world import enter_as

BELLO = {
    "name": "Bello Foods", "class_": "business", "person": "Ngozi Bello", "email": "ngozi@bello.example",
    "address": "1 Marina, Lagos", "country": "NG", "language": "en", "zone": "Africa/Lagos", "external_id": "B-17",
}  # fmt: skip
LINES = {
    "rows": "3", "currency": "NGN", "due_days": "14", "memo": "", "shown": "",
    "text_1": "Data import", "quantity_1": "2", "unit_1": "2,500.00",
    "text_2": "", "quantity_2": "1", "unit_2": "", "text_3": "", "quantity_3": "1", "unit_3": "",
}  # fmt: skip


@pytest.fixture
def staff(session, reader, travel):
    travel(NOON)
    return enter_as(session, reader, "super_admin")


def count(session, table) -> int:
    session.expire_all()
    return session.scalar(select(func.count()).select_from(table))


def test_a_customer_is_entered_with_the_person_who_acts_for_it(session, staff):
    answer = staff.post("/clients/new", **BELLO)
    assert answer.status_code == 303
    customer = session.scalars(select(Customer)).one()
    assert answer.location.endswith(customer.ref)
    assert (customer.name, customer.external_id) == ("Bello Foods", "B-17")
    assert session.scalars(select(User).where(User.email == "ngozi@bello.example")).one().name == "Ngozi Bello"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("email", "nowhere"),
        ("country", "XX"),
        ("zone", "Mars/Base"),
        ("language", "tlh"),
        ("class_", "x"),
    ],
)
def test_a_wrong_customer_is_refused_beside_its_field(session, staff, field, value):
    answer = staff.post("/clients/new", **(BELLO | {field: value}))
    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.text
    assert count(session, Customer) == 0


def test_a_number_that_another_customer_has_is_refused(session, staff):
    staff.post("/clients/new", **BELLO)
    answer = staff.post("/clients/new", **(BELLO | {"email": "other@bello.example", "form_key": "b" * 32}))
    assert answer.status_code == 422
    assert 'id="external_id-error"' in answer.text
    assert count(session, Customer) == 1


def test_an_invoice_is_shown_with_its_taxes_before_it_is_issued(session, staff, make):
    customer = make.customer()
    make.tax(75_000)
    shown = staff.post(f"/clients/{customer.ref}/invoice", **LINES)
    assert shown.status_code == 200
    assert "5,375" in shown.text
    assert count(session, Invoice) == 0
    digest = re.search(r'name="shown" value="([0-9a-f]{64})"', shown.text)[1]
    issued = staff.post(f"/clients/{customer.ref}/invoice", **(LINES | {"shown": digest}))
    assert issued.status_code == 303
    invoice = session.scalars(select(Invoice)).one()
    assert (invoice.total_minor, invoice.status) == (537_500, "issued")


@pytest.mark.parametrize("unit", ["9,000,000,000,000.00", "9,999,999.99"])
def test_more_than_can_be_booked_is_refused_and_what_was_typed_stays(session, staff, make, unit):
    customer = make.customer()
    make.tax(75_000)
    lines = LINES | {"unit_1": unit, "quantity_1": "1000000"}
    answer = staff.post(f"/clients/{customer.ref}/invoice", **lines)
    assert answer.status_code == 422
    assert "more than can be booked" in answer.text
    assert "Data import" in answer.text
    assert count(session, Invoice) == 0


def test_what_was_changed_after_it_was_shown_is_shown_again(session, staff, make):
    customer = make.customer()
    make.tax(75_000)
    shown = staff.post(f"/clients/{customer.ref}/invoice", **LINES)
    digest = re.search(r'name="shown" value="([0-9a-f]{64})"', shown.text)[1]
    answer = staff.post(f"/clients/{customer.ref}/invoice", **(LINES | {"shown": digest, "unit_1": "9,000.00"}))
    assert answer.status_code == 409
    assert count(session, Invoice) == 0


def test_the_same_sum_within_a_week_is_pointed_out(session, staff, make):
    customer = make.customer()
    make.tax(75_000)
    for _time in range(2):
        shown = staff.post(f"/clients/{customer.ref}/invoice", **LINES)
        digest = re.search(r'name="shown" value="([0-9a-f]{64})"', shown.text)[1]
        staff.post(f"/clients/{customer.ref}/invoice", **(LINES | {"shown": digest}))
    assert "Billed already?" in shown.text


def test_another_line_is_given_and_what_was_typed_stays(staff, make):
    customer = make.customer()
    answer = staff.post(f"/clients/{customer.ref}/invoice", **(LINES | {"more": "1"}))
    assert answer.status_code == 200
    assert 'name="text_4"' in answer.text
    assert 'value="Data import"' in answer.text


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"unit_1": "-5"}, "unit_1"),
        ({"unit_1": "1e9"}, "unit_1"),
        ({"unit_1": ""}, "unit_1"),
        ({"quantity_1": "0"}, "quantity_1"),
        ({"quantity_1": "٣"}, "quantity_1"),
        ({"text_1": "x" * 301}, "text_1"),
        ({"due_days": "9999"}, "due_days"),
        ({"currency": "EUR"}, "currency"),
        ({"memo": "x" * 1001}, "memo"),
    ],
)
def test_a_wrong_line_is_refused_beside_its_field(session, staff, make, wrong, field):
    customer = make.customer()
    make.tax(75_000)
    answer = staff.post(f"/clients/{customer.ref}/invoice", **(LINES | wrong))
    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.text
    assert count(session, Invoice) == 0


@pytest.mark.parametrize("rows", ["", "x", "-1", "9" * 50, "31"])
def test_a_made_up_number_of_lines_breaks_nothing(staff, make, rows):
    make.tax(75_000)
    answer = staff.post(f"/clients/{make.customer().ref}/invoice", **(LINES | {"rows": rows}))
    assert answer.status_code in (200, 422)
    assert 'value="Data import"' in answer.text


def test_an_invoice_of_nothing_is_refused(session, staff, make):
    empty = {"text_1": "", "unit_1": ""}
    answer = staff.post(f"/clients/{make.customer().ref}/invoice", **(LINES | empty))
    assert answer.status_code == 422
    assert count(session, Invoice) == 0
