"""The list of invoices with counts and sums, one invoice, and what staff do with it."""

import re

import pytest

from portal.actions.render_documents import render_documents
from portal.identity.models import Approval
from portal.invoicing.states import InvoiceStatus
from portal.payments.models import Attempt
from portal.payments.states import AttemptStatus, AttemptTrigger
from portal.reporting import invoice_list
from portal.subscriptions.states import SubscriptionStatus as Status
from tests.factories import NOON
from tests.web.browsing import Browser
from tests.web.staff_world import HTMX, QUERIES, enter_as, queries_of

LIST = "/billing/invoices"


@pytest.fixture
def staff(session, reader, travel):
    travel(NOON)
    return enter_as(session, reader, "billing")


@pytest.fixture
def owed(make):
    """An issued invoice of 45,000 whose charge was declined today."""
    subscription = make.subscription(
        make.price(45_000_00), customer=make.customer(name="Zuma Analytics"), status=Status.PAST_DUE
    )
    return make.invoice(subscription)


def path(invoice, deed=""):
    return f"{LIST}/{invoice.ref}{deed}"


def test_tabs_count_and_the_head_sums_by_currency(staff, make, owed):
    make.subscription(make.price(20_00, currency="USD"))
    page = staff.get(LIST).text
    assert "2 invoices" in page
    assert "$</span>20" in page
    assert "45,000" in page
    assert 'Open<span class="n">1</span>' in page
    assert 'Paid<span class="n">1</span>' in page


@pytest.mark.parametrize(
    ("query", "is_there"),
    [("?tab=open", True), ("?tab=paid", False), ("?tab=overdue", False), ("?q=zuma", True),
     ("?q=INV-2026-000001", True), ("?q=inv-2026-000001", True), ("?q=INV-2026-000002", False),
     ("?currency=USD", False), ("?from_on=2026-03-10", True), ("?until_on=2026-03-09", False),
     ("?customer=cus_none", False), ("?sort=-total", True), ("?sort=due", True)],
)  # fmt: skip
def test_a_filter_leaves_those_it_names(staff, owed, query, is_there):
    assert ("Zuma Analytics" in staff.get(LIST + query).text) is is_there


@pytest.mark.parametrize(
    "query", ["?tab=lost", "?currency=ABC", "?from_on=2026-02-30", "?sort=number", "?after=1~x", "?before=~"]
)
def test_a_made_up_filter_is_refused(staff, query):
    assert staff.get(LIST + query).status_code == 422


def test_an_invoice_shows_lines_with_their_trace_and_every_try(staff, make, owed):
    page = staff.get(path(owed)).text
    for words in ("INV-2026-000001", "How this amount came about", "Left to pay", "declined", "Renewal",
                  "Invoice issued", "Dunning, 0 steps done", "Charge ₦45,000.00"):  # fmt: skip
        assert words in page
    assert "<html" not in staff.client.get(path(owed), headers=HTMX).text
    assert queries_of(staff, path(owed)) <= QUERIES


def test_a_paid_one_says_by_what(staff, make):
    subscription = make.subscription(make.price(45_000_00))
    page = staff.get(path(make.invoice(subscription))).text
    assert "Paid by Visa ending" in page
    assert 'id="void"' not in page
    assert queries_of(staff, path(make.invoice(subscription))) <= QUERIES


def test_lists_take_as_many_queries_for_many_as_for_one(staff, make, owed):
    first = queries_of(staff, LIST)
    for _ in range(4):
        make.subscription(make.price(45_000_00))
    assert queries_of(staff, LIST) == first <= QUERIES


def test_staff_order_a_charge_once_however_often_they_click(session, staff, owed):
    answer = staff.post(path(owed, "/charge"), seen=path(owed))
    assert answer.status_code == 303
    staff.post(path(owed, "/charge"), seen=path(owed))
    waiting = session.query(Attempt).filter(Attempt.status == AttemptStatus.WAITING).all()
    assert [one.trigger for one in waiting] == [AttemptTrigger.STAFF]
    assert "Charge ordered" in staff.get(path(owed)).text


def test_the_page_looks_for_the_answer_to_a_charge_by_itself(session, staff, owed):
    staff.post(path(owed, "/charge"), seen=path(owed))
    page = staff.get(path(owed)).text
    assert "A charge is on its way" in page
    assert 'href="#charge"' not in page
    watched = re.search(r'hx-get="([^"]+)"', page)[1]
    assert staff.get(watched, headers=HTMX).status_code == 204
    attempt = session.query(Attempt).filter(Attempt.status == AttemptStatus.WAITING).one()
    attempt.status, attempt.closed_at, attempt.next_action_at = AttemptStatus.CANCELED, NOON, None
    session.commit()
    assert staff.get(watched, headers=HTMX).headers["HX-Redirect"] == path(owed)
    assert "A charge is on its way" not in staff.get(path(owed)).text


def test_a_method_of_somebody_else_is_not_charged(session, staff, make, owed):
    other = make.method(make.customer())
    assert staff.post(path(owed, "/charge"), seen=path(owed), method=other.ref).status_code == 404
    assert not session.query(Attempt).filter(Attempt.status == AttemptStatus.WAITING).count()


def test_voiding_lists_its_consequences_and_wants_a_reason(session, staff, owed):
    page = staff.get(path(owed)).text
    assert "₦45,000.00 is no longer owed." in page
    assert "It leaves the dunning case." in page
    assert staff.post(path(owed, "/void"), seen=path(owed), reason="").status_code == 422
    assert staff.post(path(owed, "/void"), seen=path(owed), reason="x", amount="1").status_code == 422
    assert staff.post(path(owed, "/void"), seen=path(owed), reason="Billed twice").status_code == 303
    session.refresh(owed)
    assert owed.status is InvoiceStatus.ISSUED
    asked = session.query(Approval).one()
    assert (asked.deed, asked.subject, asked.reason) == ("invoice.void", owed.ref, "Billed twice")


def test_what_a_second_person_approves_is_void(session, staff, owed, app):
    staff.post(path(owed, "/void"), seen=path(owed), reason="Billed twice")
    asked = session.query(Approval).one()
    other = enter_as(session, Browser(app.test_client()), "billing")
    page = f"/billing/approvals/{asked.ref}"
    assert other.post(f"{page}/approve", seen=page, reason="").status_code == 303
    session.refresh(owed)
    assert owed.status is InvoiceStatus.VOID
    assert "Billed twice" in staff.get(path(owed)).text


def test_a_paid_one_cannot_be_voided(staff, make):
    invoice = make.invoice(make.subscription(make.price(45_000_00)))
    assert staff.post(path(invoice, "/void"), seen=path(invoice), reason="x").status_code == 409


def test_the_pdf_is_asked_for_waited_for_and_sent(staff, owed):
    asked = staff.post(path(owed, "/document"), seen=path(owed))
    waiting = staff.get(asked.location)
    assert "is being printed" in waiting.text
    while render_documents(limit=10, at=NOON):
        pass
    paper = staff.client.get(asked.location)
    assert paper.mimetype == "application/pdf"
    assert paper.data.startswith(b"%PDF")
    assert "INV-2026-000001.pdf" in paper.headers["Content-Disposition"]
    assert staff.client.get(asked.location, headers=HTMX).headers["HX-Redirect"] == asked.location


def test_looking_for_a_pdf_asks_for_none(session, staff, owed):
    assert "was not asked for" in staff.get(path(owed, "/document")).text
    assert render_documents(limit=10, at=NOON) == 0


@pytest.mark.parametrize("role", ["support", "onboarding"])
def test_who_may_only_read_sees_no_deeds(session, reader, travel, owed, role):
    travel(NOON)
    staff = enter_as(session, reader, role)
    page = staff.get(path(owed)).text
    assert "Void" not in page
    assert 'id="charge"' not in page
    for deed in ("/charge", "/void"):
        assert staff.post(path(owed, deed), seen=path(owed), reason="x").status_code == 403


def test_no_such_invoice(staff):
    assert staff.get(f"{LIST}/inv_none").status_code == 404
    assert staff.get(f"{LIST}/inv_none/document").status_code == 404


def test_a_sum_of_some_of_very_many_is_not_shown_as_their_sum(staff, make, owed, monkeypatch):
    make.subscription(make.price(20_00, currency="USD"))
    assert "<dt>Total</dt>" in staff.get(LIST).text
    monkeypatch.setattr(invoice_list, "MOST_COUNTED", 1)
    page = staff.get(f"{LIST}?tab=all&from_on=2020-01-01").text
    assert "More than 1 invoices" in page
    assert "<dt>Total</dt>" not in page
