"""Recording money that came to the bank: found, shown, booked as shown; and taking it back."""

import io
import re
from datetime import timedelta

import pytest
from PIL import Image
from sqlalchemy import func, select

from portal.actions.create_subscription import create_subscription
from portal.actions.write_off_invoice import write_off_invoice
from portal.banking.models import BankReceipt
from portal.identity.models import Approval, Role
from portal.invoicing.states import InvoiceStatus
from portal.payments.models import Payment
from portal.payments.states import PaymentStatus
from portal.subscriptions.models import Subscription
from portal.subscriptions.states import Collection
from portal.subscriptions.wishes import Beginning, StartTerms
from tests.factories import NOON, STAFF
from tests.web.staff_world import HTMX, QUERIES, enter_as, queries_of

LIST = "/billing/payments"
NEW = "/billing/payments/new"


@pytest.fixture
def staff(session, reader, travel):
    travel(NOON)
    return enter_as(session, reader, "billing")


@pytest.fixture
def bank(make):
    return make.bank()


@pytest.fixture
def owed(make, bank):
    """10,000 naira that Zuma Analytics is to send."""
    customer = make.customer(name="Zuma Analytics")
    asked = StartTerms(collection=Collection.PUSH)
    ref = create_subscription(
        customer.id, [(make.price(10_000_00).ref, 1)], beginning=Beginning.ACTIVE, asked=asked, actor=STAFF, at=NOON
    )
    return make.invoice(make.one(Subscription, Subscription.ref == ref))


@pytest.fixture
def send(session, staff, bank):
    """send(invoice, …): the form as a person fills it, checked and, unless told otherwise, recorded."""

    def sent(invoice, owner, *, only_check=False, file=None, **changed):
        fields = {
            "customer": owner.ref if owner else "", "account": bank.ref, "amount": "10,000.00", "reference": "RF1",
            "value_on": "2026-03-10", "payer": "ZUMA", "note": "", "form_key": "a" * 32,
            **({"invoices": invoice.ref} if invoice is not None else {}),
        } | changed  # fmt: skip
        staff.get(NEW)
        fields["csrf_token"] = staff.csrf
        checked = staff.client.post(LIST, data={"shown": ""} | fields)
        shown = re.search(r'name="shown" value="([0-9a-f]{64})"', checked.text)
        if only_check or shown is None:
            return checked
        return staff.client.post(LIST, data={**fields, "shown": shown[1]} | ({"file": file} if file else {}))

    return sent


@pytest.fixture
def customer(session, make, owed):
    return make.session.get_one(type(make.customer()), owed.customer_id)


def paid(session):
    return session.scalar(select(func.count()).select_from(Payment))


@pytest.mark.parametrize(
    "words", ["INV-2026-000001", "inv-2026-000001", "zuma", "10,000.00", "10000", "RF46 2026 0000 01", "rf462026000001"]
)
def test_what_is_owed_is_found_by_number_reference_name_and_amount(staff, owed, words):
    found = staff.get(NEW, query_string={"q": owed.payment_reference if words.lower().startswith("rf") else words})
    assert f"{NEW}?invoice={owed.ref}" in found.text


def test_nothing_found_says_so_and_unknown_money_can_be_recorded(staff, owed):
    page = staff.get(NEW, query_string={"q": "' OR 1=1"}).text
    assert "Nothing found" in page
    assert "Owner unknown" in page
    assert "<html" not in staff.client.get(f"{NEW}?q=zuma", headers=HTMX).text


def test_without_a_bank_account_the_page_says_what_to_do(staff, make):
    assert "No bank account yet" in staff.get(NEW).text


def test_an_invoice_is_recorded_as_it_was_shown(session, staff, owed, customer, send):
    assert 'value="10,000.00"' in staff.get(f"{NEW}?invoice={owed.ref}").text
    shown = send(owed, customer, only_check=True).text
    assert "settles it" in shown
    assert paid(session) == 0
    answer = send(owed, customer)
    assert answer.status_code == 303
    session.refresh(owed)
    assert owed.status is InvoiceStatus.PAID
    page = staff.get(answer.location).text
    for words in ("Payment recorded.", "What the statement says", "RF1", "ZUMA", "Zenith Bank", "INV-2026-000001"):
        assert words in page
    assert queries_of(staff, answer.location) <= QUERIES
    assert "Transfer, Main NGN" in staff.get(LIST).text


def test_the_same_form_sent_again_books_once(session, staff, owed, customer, bank, send):
    shown = re.search(r'value="([0-9a-f]{64})"', send(owed, customer, only_check=True).text)[1]
    sent = {"customer": customer.ref, "account": bank.ref, "amount": "10,000.00", "value_on": "2026-03-10"}
    sent |= {"reference": "RF1", "payer": "ZUMA", "note": "", "invoices": owed.ref, "shown": shown}
    answers = [staff.post(LIST, seen=NEW, **sent) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [303, 303]
    assert answers[0].location == answers[1].location
    assert paid(session) == 1


def test_another_amount_than_was_shown_is_shown_again(session, staff, owed, customer, bank, send):
    shown = re.search(r'value="([0-9a-f]{64})"', send(owed, customer, only_check=True).text)[1]
    answer = staff.post(
        LIST, seen=NEW, shown=shown, customer=customer.ref, account=bank.ref, amount="9,000.00",
        value_on="2026-03-10", reference="RF1", payer="ZUMA", note="", invoices=owed.ref,
    )  # fmt: skip
    assert answer.status_code == 409
    assert "differs from what was shown" in answer.text
    assert paid(session) == 0


def test_what_may_be_the_same_is_ticked_first(session, staff, owed, customer, send):
    send(owed, customer, amount="100", form_key="a" * 32)
    answer = send(owed, customer, amount="100", form_key="b" * 32)
    assert answer.status_code == 409
    assert "Recorded already?" in answer.text
    assert paid(session) == 1
    first = session.scalar(select(Payment.ref))
    again = send(owed, customer, amount="100", form_key="b" * 32, seen=f"alike:{first}")
    assert again.status_code == 303
    assert paid(session) == 2


def test_money_of_nobody_known_is_recorded(session, staff, bank, send):
    answer = send(None, None, amount="77")
    assert answer.status_code == 303
    page = staff.get(answer.location)
    assert page.status_code == 200
    assert "Waits for its owner" in page.text
    assert "Not known yet" in staff.get(LIST).text


def test_above_a_limit_a_second_person_is_asked(session, staff, owed, customer, send):
    role = session.query(Role).filter(Role.name == "billing").one()
    role.limits = {"NGN": 5_000_00}
    session.commit()
    shown = send(owed, customer, only_check=True).text
    assert "somebody else has to approve it" in shown
    picture = io.BytesIO()
    Image.new("RGB", (20, 20), "white").save(picture, "PNG")
    answer = send(owed, customer, file=(io.BytesIO(picture.getvalue()), "slip.png"))
    assert paid(session) == 0
    approval = session.query(Approval).one()
    assert approval.deed == "payment.record"
    request = f"/billing/approvals/{approval.ref}"
    assert (answer.status_code, answer.location) == (303, request)
    assert f"{request}/proof" in staff.get(request).text
    proof = staff.client.get(f"{request}/proof")
    assert (proof.status_code, proof.mimetype) == (200, "image/png")
    assert "attachment" in proof.headers["Content-Disposition"]


HOSTILE = [
    "-1", "1e9", "NaN", "inf", "0", "0x10", "١٢٣", "9" * 30, "1,00.00", "1.000", "1.2.3", "<b>1</b>", "1;2", "' OR 1=1",
    "\u202e100", "+5", "--5", "1_000", "½", "1" + "0" * 17,
]  # fmt: skip


@pytest.mark.parametrize("amount", HOSTILE)
def test_a_hostile_amount_is_refused_and_kept(session, owed, customer, send, amount):
    answer = send(owed, customer, amount=amount)
    assert answer.status_code == 422
    assert paid(session) == 0


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("account", "bnk_none"), ("account", ""), ("value_on", "2026-13-01"), ("value_on", "2027-01-01"),
        ("value_on", "1999-01-01"), ("value_on", "2020-01-01"), ("reference", "x" * 141), ("reference", "a\nb"),
        ("payer", "\x07"), ("note", "x" * 501), ("invoices", "inv_other"), ("form_key", "short"), ("status", "booked"),
        ("customer_id", "1"), ("amount_minor", "1"), ("approved_by", "1"), ("shown", "x" * 65),
    ],
)  # fmt: skip
def test_a_hostile_field_is_refused(session, owed, customer, send, field, value):
    answer = send(owed, customer, **{field: value})
    assert answer.status_code == 422
    assert paid(session) == 0


def test_an_invoice_of_another_customer_is_not_on_the_form(session, make, owed, customer, send):
    stranger = make.invoice(make.subscription(make.price(5_00)))
    assert send(stranger, customer).status_code == 422
    assert send(owed, customer, customer="cus_none").status_code == 404


def test_a_share_of_an_invoice_can_be_set(session, owed, customer, send):
    assert "4,000.00 stays open" in send(owed, customer, **{f"most_{owed.ref}": "6000"}, only_check=True).text
    assert send(owed, customer, **{f"most_{owed.ref}": "-6000"}).status_code == 422


def test_a_proof_is_kept_and_given_back_as_a_file(session, staff, owed, customer, send):
    picture = io.BytesIO()
    Image.new("RGB", (20, 20), "white").save(picture, "PNG")
    answer = send(owed, customer, file=(io.BytesIO(picture.getvalue()), "../../slip.png"))
    assert answer.status_code == 303
    ref = answer.location.rsplit("/", 1)[1]
    proof = staff.client.get(f"{LIST}/{ref}/proof")
    assert (proof.status_code, proof.mimetype) == (200, "image/png")
    assert proof.headers["Content-Disposition"] == f'attachment; filename="{ref}.png"'
    assert session.query(BankReceipt).one().proof_digest


def test_what_only_calls_itself_a_picture_is_refused(session, owed, customer, send):
    answer = send(owed, customer, file=(io.BytesIO(b"<svg onload=alert(1)>"), "slip.png"))
    assert answer.status_code == 422
    assert "Only PDF, PNG and JPEG" in answer.text
    assert paid(session) == 0


def test_a_payment_is_taken_back_with_a_reason(session, staff, owed, customer, send):
    ref = send(owed, customer).location.rsplit("/", 1)[1]
    page = staff.get(f"{LIST}/{ref}").text
    assert "of INV-2026-000001 is open again" in page
    assert staff.post(f"{LIST}/{ref}/reverse", seen=f"{LIST}/{ref}", reason=" ").status_code == 422
    assert staff.post(f"{LIST}/{ref}/reverse", seen=f"{LIST}/{ref}", reason="bounced").status_code == 303
    session.expire_all()
    assert session.query(Payment).one().status is PaymentStatus.REVERSED
    assert owed.status is InvoiceStatus.ISSUED
    page = staff.get(f"{LIST}/{ref}").text
    assert "bounced" in page
    assert "Take it back" not in page


def test_what_a_gateway_collected_is_not_taken_back_by_hand(session, staff, make):
    make.subscription(make.price(5_000_00))
    payment = make.one(Payment)
    assert "Take back" not in staff.get(f"{LIST}/{payment.ref}").text
    answer = staff.post(f"{LIST}/{payment.ref}/reverse", seen=f"{LIST}/{payment.ref}", reason="no")
    assert answer.status_code == 409


def test_support_looks_but_records_nothing(session, reader, travel, owed):
    travel(NOON)
    staff = enter_as(session, reader, "support")
    assert "Record a payment" not in staff.get(LIST).text
    assert staff.get(NEW).status_code == 403
    assert staff.post(LIST, seen=LIST).status_code == 403


def test_the_form_takes_as_many_queries_for_many_invoices_as_for_one(staff, make, owed, customer):
    first = queries_of(staff, f"{NEW}?customer={customer.ref}")
    for _ in range(3):
        asked = StartTerms(collection=Collection.PUSH)
        create_subscription(
            customer.id, [(make.price(5_00).ref, 1)], beginning=Beginning.ACTIVE, asked=asked, actor=STAFF,
            at=NOON + timedelta(minutes=1),
        )  # fmt: skip
    assert queries_of(staff, f"{NEW}?customer={customer.ref}") == first <= QUERIES


def test_the_search_box_finds_by_either_reference(staff, owed, customer, send):
    by_invoice = staff.get("/billing/search", query_string={"q": owed.payment_reference.lower()})
    assert by_invoice.location == f"/billing/invoices/{owed.ref}"
    where = send(owed, customer, reference="TRF 4711").location
    assert staff.get("/billing/search", query_string={"q": "TRF 4711"}).location == where


def test_money_that_comes_after_a_write_off_is_recorded_on_its_invoice(session, staff, send, owed, customer):
    write_off_invoice(owed.ref, reason="gone", actor=STAFF, at=NOON)
    session.expire_all()
    assert session.get_one(type(owed), owed.id).status is InvoiceStatus.WRITTEN_OFF
    found = staff.get(f"{NEW}?q={owed.label}").text
    assert ("Written off" in found, f"?invoice={owed.ref}" in found) == (True, True)
    assert "Record payment" in staff.get(f"/billing/invoices/{owed.ref}").text
    form = staff.get(f"{NEW}?invoice={owed.ref}").text
    assert 'value="10,000.00"' in form
    assert f'value="{owed.ref}" checked' in form
    assert f'value="{owed.ref}" checked' not in staff.get(f"{NEW}?customer={customer.ref}").text
    assert send(owed, customer).status_code == 303
    session.expire_all()
    late = session.get_one(type(owed), owed.id)
    assert (late.status, late.written_off_minor) == (InvoiceStatus.PAID, 0)
    assert owed.label not in staff.get(f"{NEW}?q={owed.label}").text.replace(f'value="{owed.label}"', "")
