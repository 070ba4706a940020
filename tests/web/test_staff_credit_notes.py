"""Credit notes and approvals on the staff's pages: drawing up, a second person, what hinders, and hostile input."""

import pytest

from portal.actions.render_documents import render_documents
from portal.core.tasks import Task
from portal.customers.models import Customer
from portal.dunning.models import DunningCase
from portal.identity.models import Approval, Role
from portal.invoicing.models import CreditNote
from portal.payments.refund_models import Refund
from portal.subscriptions.states import SubscriptionStatus as Status
from tests.factories import NOON
from tests.people import join, make_user
from tests.web.browsing import Browser
from tests.web.staff_world import HTMX, QUERIES, enter_as, queries_of

NOTES, INBOX = "/billing/credit-notes", "/billing/approvals"


@pytest.fixture
def staff(session, reader, travel):
    travel(NOON)
    return enter_as(session, reader, "billing")


@pytest.fixture
def second(app, session):
    browser = Browser(app.test_client())
    browser.enter(session, make_user(session, "super_admin", name="Bayo Ade"))
    return browser


@pytest.fixture
def paid(make):
    make.tax(75_000)
    return make.invoice(make.subscription(make.price(45_000_00), customer=make.customer(name="Zuma Analytics")))


def send(browser, path, **fields):
    return browser.post(path, seen=INBOX, **fields)


def write(invoice):
    return f"/billing/invoices/{invoice.ref}/credit-note"


def looked_at(staff, invoice, **fields):
    """The form after its sum was shown, as it would be sent on."""
    sent = {"amount_1": "1,000", "cause": "not_served", "reason": "Two days of silence", "deed": "show"} | fields
    page = send(staff, write(invoice), **sent)
    assert page.status_code == 200, page.text
    digest = page.text.split('name="shown" value="')[1].split('"')[0]
    return sent | {"shown": digest, "to_invoice": "0", "to_balance": "1,075", "to_refund": "0"}


def asked_for(staff, make, invoice):
    answer = send(staff, write(invoice), **(looked_at(staff, invoice) | {"deed": "submit"}))
    assert answer.status_code == 303
    return make.one(CreditNote), make.one(Approval)


def test_the_sum_is_shown_with_its_tax_and_where_it_goes_before_anything_is_issued(staff, make, paid):
    assert "At most ₦45,000" in staff.get(write(paid)).text
    page = send(staff, write(paid), amount_1="1000", cause="agreed", reason="Sorry", deed="show").text
    assert "and ₦75.00 tax" in page
    assert "1,075" in page
    assert "a second person has to approve it" in page
    assert make.session.query(CreditNote).count() == 0


def test_what_is_asked_for_waits_in_the_inbox_and_is_issued_by_another(staff, second, make, paid):
    note, approval = asked_for(staff, make, paid)
    inbox = second.get(INBOX).text
    assert "Waits for you" in inbox
    assert "₦1,075.00 to the balance" in inbox
    assert "Zuma Analytics" in inbox
    page = second.get(f"{INBOX}/{approval.ref}").text
    assert "Deferred revenue" in page
    assert "Customer balance" in page
    assert send(second, f"{NOTES}/{note.ref}/approve", reason="").status_code == 303
    page = second.get(f"{NOTES}/{note.ref}").text
    assert "CN-2026-000001" in page
    assert "Bayo Ade" in page
    assert "CN-2026-000001" in second.get(NOTES).text
    assert "CN-2026-000001" in staff.get(f"/billing/invoices/{paid.ref}").text


def test_ones_own_request_is_greyed_out_and_refused(staff, make, paid):
    note, approval = asked_for(staff, make, paid)
    for page in (staff.get(f"{INBOX}/{approval.ref}").text, staff.get(f"{NOTES}/{note.ref}").text):
        assert "somebody else has to decide" in page
        assert 'aria-disabled="true"' in page
    assert "Not yours to decide" in staff.get(INBOX).text
    assert send(staff, f"{INBOX}/{approval.ref}/approve", reason="").status_code == 409
    assert send(staff, f"{NOTES}/{note.ref}/approve", reason="").status_code == 409
    assert make.one(CreditNote).status == "pending_approval"


def test_a_rejection_needs_words_and_sends_it_back(staff, second, make, paid):
    note, approval = asked_for(staff, make, paid)
    assert send(second, f"{INBOX}/{approval.ref}/reject", reason=" ").status_code == 422
    assert send(second, f"{INBOX}/{approval.ref}/reject", reason="Too much").status_code == 303
    assert make.one(CreditNote).status == "rejected"
    assert "Too much" in staff.get(f"{INBOX}/{approval.ref}").text
    assert send(second, f"{INBOX}/{approval.ref}/approve", reason="").status_code == 409
    assert staff.get(f"{NOTES}/{note.ref}/edit").status_code == 200


def test_who_asked_withdraws_it(staff, second, make, paid):
    _note, approval = asked_for(staff, make, paid)
    assert send(second, f"{INBOX}/{approval.ref}/withdraw").status_code == 409
    assert send(staff, f"{INBOX}/{approval.ref}/withdraw").status_code == 303
    assert make.one(CreditNote).status == "draft"
    assert make.one(Task, Task.kind == "approval_waiting").closed_at is not None


def test_above_the_limit_of_the_second_person_nothing_can_be_pressed(staff, second, make, paid):
    _note, approval = asked_for(staff, make, paid)
    make.one(Role, Role.name == "super_admin").approval_limits = {"NGN": 100_00}
    make.session.commit()
    assert "You may approve up to" in second.get(f"{INBOX}/{approval.ref}").text
    assert send(second, f"{INBOX}/{approval.ref}/approve", reason="").status_code == 409


def test_who_may_only_read_decides_nothing(session, reader, staff, make, paid):
    note, approval = asked_for(staff, make, paid)
    reader = enter_as(session, reader, "support")
    assert "Your role may not approve" in reader.get(f"{INBOX}/{approval.ref}").text
    assert send(reader, f"{INBOX}/{approval.ref}/approve", reason="").status_code == 403
    assert send(reader, f"{NOTES}/{note.ref}/reject", reason="x").status_code == 403
    assert reader.get(write(paid)).status_code == 403


def test_an_edit_asks_again_and_a_stale_one_is_refused(staff, make, paid):
    note, _approval = asked_for(staff, make, paid)
    page = staff.get(f"{NOTES}/{note.ref}/edit").text
    seen = page.split('name="version" value="')[1].split('"')[0]
    fields = looked_at(staff, paid, amount_1="500") | {"to_balance": "537.50", "deed": "submit", "version": seen}
    assert send(staff, f"{NOTES}/{note.ref}/edit", **fields).status_code == 303
    make.session.expire_all()
    assert [one.decision for one in make.session.query(Approval).order_by(Approval.id)] == ["outdated", None]
    stale = send(staff, f"{NOTES}/{note.ref}/edit", **fields)
    assert stale.status_code == 409
    assert "changed this since" in stale.text


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"amount_1": "50,000"}, 422),
        ({"amount_1": "-5"}, 422),
        ({"amount_1": "abc"}, 422),
        ({"amount_1": ""}, 422),
        ({"amount_9": "5"}, 422),
        ({"cause": "rule"}, 422),
        ({"cause": "made up"}, 422),
        ({"reason": ""}, 422),
        ({"reason": "x\x00y"}, 400),
        ({"status": "issued"}, 422),
        ({"approved_by": "1"}, 422),
    ],
)
def test_hostile_forms_are_refused_and_keep_what_was_typed(staff, make, paid, fields, status):
    sent = {"amount_1": "10", "cause": "agreed", "reason": "Typed by hand", "deed": "show"} | fields
    answer = send(staff, write(paid), **sent)
    assert answer.status_code == status
    assert make.session.query(CreditNote).count() == 0
    if "reason" not in fields:
        assert "Typed by hand" in answer.text


def test_places_that_do_not_sum_up_and_sums_nobody_looked_at_are_refused(staff, make, paid):
    fields = looked_at(staff, paid) | {"deed": "submit"}
    wrong = send(staff, write(paid), **(fields | {"to_balance": "1,074"}))
    assert (wrong.status_code, "have to add up" in wrong.text) == (422, True)
    assert send(staff, write(paid), **(fields | {"amount_1": "2,000"})).status_code == 409
    assert send(staff, write(paid), **(fields | {"shown": ""})).status_code == 409
    assert make.session.query(CreditNote).count() == 0


def test_a_form_that_is_sent_twice_draws_up_one_note(staff, make, paid):
    fields = looked_at(staff, paid) | {"deed": "draft", "form_key": "k" * 32}
    first, again = (send(staff, write(paid), **fields) for _ in range(2))
    assert (first.status_code, again.status_code) == (303, 303)
    assert first.headers["Location"] == again.headers["Location"]
    assert make.session.query(CreditNote).count() == 1


def test_a_draft_is_submitted_discarded_and_has_no_paper(staff, make, paid):
    send(staff, write(paid), **(looked_at(staff, paid) | {"deed": "draft"}))
    note = make.one(CreditNote)
    assert staff.get(f"{NOTES}/{note.ref}/document").status_code == 404
    assert send(staff, f"{NOTES}/{note.ref}/submit").status_code == 303
    assert make.one(CreditNote).status == "pending_approval"
    assert send(staff, f"{NOTES}/{note.ref}/discard").status_code == 303
    assert make.session.query(CreditNote).count() == 0


def test_an_issued_note_has_its_paper_and_is_voided_with_a_reason(staff, make, paid):
    make.one(Role, Role.name == "billing").limits = {"NGN": 10_000_00}
    make.session.commit()
    page = send(staff, write(paid), **looked_at(staff, paid)).text
    assert "it is issued at once" in page
    send(staff, write(paid), **(looked_at(staff, paid) | {"deed": "submit"}))
    note = make.one(CreditNote)
    assert note.status == "issued"
    send(staff, f"{NOTES}/{note.ref}/document")
    render_documents(limit=10, at=NOON)
    assert staff.client.get(f"{NOTES}/{note.ref}/document").data.startswith(b"%PDF")
    assert send(staff, f"{NOTES}/{note.ref}/void", reason="").status_code == 422
    assert send(staff, f"{NOTES}/{note.ref}/void", reason="By mistake").status_code == 303
    assert make.one(CreditNote).status == "void"


def test_a_note_that_was_refunded_in_part_says_why_it_stays_and_what_to_do(staff, make, paid):
    make.one(Role, Role.name == "billing").limits = {"NGN": 10_000_00}
    make.session.commit()
    places = {"to_balance": "75", "to_refund": "1,000", "deed": "submit"}
    send(staff, write(paid), **(looked_at(staff, paid) | places))
    note = make.one(CreditNote)
    page = staff.get(f"{NOTES}/{note.ref}").text
    assert "₦1,000.00 of it is a refund, so it stays." in page
    customer = make.session.get(Customer, note.customer_id)
    assert f"/clients/{customer.ref}/invoice" in page
    refusal = send(staff, f"{NOTES}/{note.ref}/void", reason="By mistake")
    assert (refusal.status_code, "Bill what is owed again" in refusal.text) == (409, True)
    tab = staff.get(f"/clients/{customer.ref}/credit-notes").text
    assert note.label in tab
    assert make.one(Refund).ref in staff.get(f"/clients/{customer.ref}/refunds").text


def test_a_script_that_sends_the_form_is_led_to_the_page_of_the_note(staff, make, paid):
    sent = looked_at(staff, paid) | {"deed": "draft", "csrf_token": staff.csrf, "form_key": "b" * 32}
    answer = staff.client.post(write(paid), data=sent, headers=HTMX)
    assert answer.headers["HX-Redirect"].endswith(make.one(CreditNote).ref)


def test_a_void_and_a_write_off_lead_to_the_request_that_waits(staff, second, make):
    owed = make.invoice(make.subscription(status=Status.PAST_DUE))
    path = f"/billing/invoices/{owed.ref}"
    assert "Write off" in staff.get(path).text
    answer = send(staff, f"{path}/write-off", reason="Gone")
    assert answer.headers["Location"].startswith(INBOX)
    assert "Bad debt" in second.get(answer.headers["Location"]).text
    answer = send(staff, f"{path}/void", reason="Wrong")
    assert answer.headers["Location"].startswith(INBOX)
    assert send(second, f"{answer.headers['Location']}/approve", reason="").status_code == 303
    make.session.expire_all()
    assert owed.status == "void"


def test_a_case_is_stopped_from_its_page(staff, make):
    make.subscription(status=Status.PAST_DUE)
    case = make.one(DunningCase)
    assert "Stop chasing" in staff.get(f"/billing/dunning/{case.ref}").text
    assert send(staff, f"/billing/dunning/{case.ref}/stop", reason="").status_code == 422
    assert send(staff, f"/billing/dunning/{case.ref}/stop", reason="A friend").status_code == 303
    assert make.one(DunningCase).status == "stopped"


def test_pages_ask_the_database_little_and_answer_htmx_with_a_part(staff, second, make, paid):
    note, approval = asked_for(staff, make, paid)
    for path in (INBOX, NOTES, f"{INBOX}/{approval.ref}", f"{NOTES}/{note.ref}", write(paid)):
        assert queries_of(second, path) <= QUERIES, path
        part = second.get(path, headers=HTMX)
        assert "<html" not in part.text


@pytest.mark.parametrize("query", ["?tab=lost", "?currency=ABC", "?cause=x", "?from_on=2026-02-30", "?after=1~x"])
def test_a_made_up_filter_is_refused(staff, query):
    assert staff.get(NOTES + query).status_code == 422
    if query.startswith(("?tab", "?after")):
        assert staff.get(INBOX + query).status_code == 422


def test_empty_lists_say_what_belongs_there(staff):
    assert "Nothing waits" in staff.get(INBOX).text
    assert "No credit notes here" in staff.get(NOTES).text
    assert staff.get(f"{NOTES}/cn_none").status_code == 404
    assert staff.get(f"{INBOX}/apr_none").status_code == 404


def test_the_customer_sees_a_note_with_its_paper_once_it_is_issued(app, session, staff, second, make, paid):
    customer = Browser(app.test_client())
    user = make_user(session)
    join(session, user, session.get(Customer, paid.customer_id))
    customer.enter(session, user)
    note, approval = asked_for(staff, make, paid)
    page, paper = f"/account/invoices/{paid.ref}", f"/account/invoices/{paid.ref}/notes/{note.ref}"
    assert note.ref not in customer.get(page).text
    assert customer.get(paper).status_code == 404
    send(second, f"{INBOX}/{approval.ref}/approve", reason="")
    shown = customer.get(page).text
    assert note.ref in shown
    assert "₦1,075.00 to your balance" in shown
    assert customer.get(paper).status_code == 200
