"""Invoices by post: they wait, are printed once in postal order with a list on top, and can be printed again."""

from datetime import timedelta
from io import BytesIO

import pytest
from pypdf import PdfReader
from sqlalchemy import select

from portal.actions.bind_print_runs import bind_print_runs
from portal.actions.render_documents import render_documents
from portal.core import crashes
from portal.invoicing.models import PostLetter, PrintRun
from portal.invoicing.post import place_of
from tests.factories import NOON
from tests.web.staff_world import QUERIES, enter_as, queries_of

PAGE = "/billing/print-runs"


@pytest.fixture
def staff(session, reader, travel):
    travel(NOON)
    return enter_as(session, reader, "billing")


@pytest.fixture
def post(make):
    """post(name, address, country): an invoice that goes by post."""

    def posted(name, address, country="NG", delivery="post"):
        customer = make.customer(name=name, address=address, country=country, delivery=delivery)
        return make.invoice(make.subscription(make.price(5_000_00), customer=customer))

    return posted


def print_all():
    for minute in range(5):
        at = NOON + timedelta(minutes=minute)
        while render_documents(limit=10, at=at) + bind_print_runs(limit=1, at=at):
            pass


def texts(content):
    return [page.extract_text() for page in PdfReader(BytesIO(content)).pages]


def test_letters_are_printed_in_postal_order_with_a_list_on_top(session, staff, post):
    post("Zuma", "9 Broad Street\nLagos 101233")
    post("Alpha", "3 Am Markt\n10115 Berlin", "DE")
    post("Bello", "12 Allen Avenue\nIkeja 100281")
    post("By mail", "1 Marina\nLagos 101241", delivery="mail")
    page = staff.get(PAGE).text
    assert "Print 3 letters" in page
    assert "By mail" not in page
    assert staff.post(PAGE).status_code == 303
    print_all()
    run = session.scalars(select(PrintRun)).one()
    assert (run.status, run.letters) == ("printed", 3)
    answer = staff.client.get(f"{PAGE}/{run.ref}.pdf")
    assert answer.headers["Content-Disposition"].startswith("attachment")
    cover, *letters = texts(answer.data)
    assert len(letters) == run.pages
    assert [name for name in ("Alpha", "Bello", "Zuma") if name in cover] == ["Alpha", "Bello", "Zuma"]
    assert [next(name for name in ("Alpha", "Bello", "Zuma") if name in text) for text in letters] == [
        "Alpha", "Bello", "Zuma",
    ]  # fmt: skip
    assert queries_of(staff, PAGE) <= QUERIES


def test_what_was_printed_never_waits_again_and_can_be_printed_again_to_the_byte(session, staff, post):
    post("Zuma", "9 Broad Street\nLagos 101233")
    staff.post(PAGE)
    print_all()
    run = session.scalars(select(PrintRun)).one()
    first = run.digest
    assert "Nothing waits" in staff.get(PAGE).text
    assert "No invoice waits" in staff.get(staff.post(PAGE, form_key="b" * 32).location).text
    staff.post(f"{PAGE}/{run.ref}/again", seen=PAGE)
    assert staff.client.get(f"{PAGE}/{run.ref}.pdf").status_code == 404
    print_all()
    session.refresh(run)
    assert run.digest == first
    assert session.query(PostLetter).one().print_run_id == run.id


def test_a_form_sent_twice_makes_one_run(session, staff, post):
    post("Zuma", "9 Broad Street\nLagos 101233")
    staff.post(PAGE)
    post("Bello", "12 Allen Avenue\nIkeja 100281")
    staff.post(PAGE)
    assert session.query(PrintRun).count() == 1


def test_support_looks_but_prints_nothing(session, reader, travel, post):
    travel(NOON)
    staff = enter_as(session, reader, "support")
    post("Zuma", "9 Broad Street\nLagos 101233")
    assert "Print 1 letter" not in staff.get(PAGE).text
    assert staff.post(PAGE, seen="/billing/payments").status_code == 403
    assert staff.get(f"{PAGE}/prn_none.pdf").status_code == 404


@pytest.mark.parametrize(
    ("address", "country", "code"),
    [
        ("12 Marina\nLagos 101241", "NG", "101241"), ("Am Markt 3\n10115 Berlin", "DE", "10115"),
        ("10 Downing Street\nLondon SW1A 2AA", "GB", "SW1A 2AA"), ("1 Rideau\nOttawa K1A 0B1", "CA", "K1A 0B1"),
        ("Prinsengracht 2\n1012 AB Amsterdam", "NL", "1012 AB"), ("Jl. Sudirman 4\nJakarta 10220", "ID", "10220"),
        ("1-1 Chiyoda\nTokyo 100-0001", "JP", "100-0001"), ("Plot 4\nAccra", "GH", ""), ("", "NG", ""),
    ],
)  # fmt: skip
def test_the_postal_code_is_read_off_the_address(address, country, code):
    assert place_of({"address": address, "country": country}).code == code


def test_staff_choose_how_invoices_reach_a_customer(session, staff, make):
    customer = make.customer(address="1 Marina\nLagos 101241")
    nowhere = make.customer(address="")
    page = f"/clients/{customer.ref}"
    assert "Send invoices by post" in staff.get(page).text
    assert staff.post(f"{page}/delivery", seen=page, delivery="pigeon").status_code == 422
    assert staff.post(f"{page}/delivery", seen=page, delivery="post").status_code == 303
    assert staff.post(f"/clients/{nowhere.ref}/delivery", seen=page, delivery="post").status_code == 422
    session.refresh(customer)
    assert customer.delivery == "post"
    assert "Send invoices by mail" in staff.get(page).text


def test_binding_that_breaks_off_makes_the_same_file_later(session, staff, post):
    post("Zuma", "9 Broad Street\nLagos 101233")
    staff.post(PAGE)
    while render_documents(limit=10, at=NOON):
        pass
    crashes.load_plan("print_run.bound:1:raise")
    with pytest.raises(crashes.Crashed):
        bind_print_runs(limit=1, at=NOON)
    crashes.load_plan("")
    assert session.scalars(select(PrintRun.status)).one() == "printing"
    assert bind_print_runs(limit=1, at=NOON + timedelta(minutes=9)) == 0
    assert bind_print_runs(limit=1, at=NOON + timedelta(minutes=11)) == 1
    session.rollback()
    run = session.scalars(select(PrintRun)).one()
    assert (run.status, run.letters) == ("printed", 1)
