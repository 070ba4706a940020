"""The money inbox: what waits, what it may be, and each deed shows the next item."""

import re

import pytest

from portal.actions.begin_import import begin_import
from portal.actions.import_lines import import_lines
from portal.actions.match_lines import match_lines
from portal.actions.record_payment import record_payment
from portal.actions.submit_proof import Claim, submit_proof
from portal.actions.upload_statement import upload_statement
from portal.actions.write_off_invoice import write_off_invoice
from portal.banking.proof_models import TransferProof
from portal.banking.receipts import Wire
from portal.banking.statements.mapping import CsvMapping
from portal.core.money import Money
from portal.invoicing.states import InvoiceStatus
from portal.payments.models import Payment
from tests.factories import NOON, STAFF
from tests.owing import owing
from tests.rules.polyglots import pdf, picture
from tests.web.staff_world import HTMX, QUERIES, enter_as, queries_of

INBOX = "/billing/money-inbox"
MAPPING = CsvMapping(columns={"booked_on": 0, "amount": 1, "name": 2}, reference=(3,))


@pytest.fixture
def staff(session, reader, travel):
    travel(NOON)
    return enter_as(session, reader, "billing")


@pytest.fixture
def owed(make):
    """owed(name, amount): an open invoice of a customer of this name."""
    return lambda name="Zuma Analytics", minor=45_000_00: owing(make, minor, customer=make.customer(name=name))


@pytest.fixture
def came(make):
    """came(amount, name, text): a line of the bank that names nothing beyond doubt; its payment."""

    def booked(amount="45000.00", name="ZUMA ANALYT", text="thank you"):
        content = f"head\n2026-03-09,{amount},{name},{text}".encode()
        ref = upload_statement(make.bank().ref, content, "s.csv", actor=STAFF, at=NOON)
        begin_import(ref, MAPPING, actor=STAFF, at=NOON)
        import_lines(limit=10, actor=STAFF, at=NOON)
        match_lines(limit=10, actor=STAFF, at=NOON)
        return make.session.query(Payment).order_by(Payment.id.desc()).first()

    return booked


@pytest.fixture
def proof(make, owed):
    invoice = owed()
    claim = Claim(invoice.open, NOON.date(), "Zuma", "sent by phone")
    ref = submit_proof(invoice.ref, pdf(), claim, actor=STAFF, at=NOON)
    return make.one(TransferProof, TransferProof.ref == ref)


def test_empty_it_says_what_comes_here(staff):
    page = staff.get(INBOX).text
    assert "Nothing waits" in page
    assert "Money inbox" in page
    assert "Nothing of this kind waits" in staff.get(f"{INBOX}?kind=proof").text
    assert staff.get(f"{INBOX}?kind=x").status_code == 422
    assert staff.get(f"{INBOX}?after=x").status_code == 422


def test_a_transfer_for_what_was_written_off_takes_the_write_off_back(session, staff, owed, came):
    invoice = owed()
    write_off_invoice(invoice.ref, reason="gone", actor=STAFF, at=NOON)
    money = came()
    at = f"{INBOX}?item={money.ref}"
    assert invoice.label not in staff.get(at).text
    page = staff.get(f"{at}&q={invoice.label}").text
    assert "Written off" in page
    assert f'value="{invoice.ref}" checked' in page
    assert staff.post(f"{INBOX}/money/{money.ref}/accept", seen=at, invoices=invoice.ref).status_code == 303
    session.expire_all()
    late = session.get_one(type(invoice), invoice.id)
    assert (late.status, late.open_minor, late.written_off_minor) == (InvoiceStatus.PAID, 0, 0)


def test_a_transfer_is_accepted_as_suggested_and_the_next_one_follows(session, staff, owed, came):
    invoice, other = owed(), owed("Lekki Insight Hub", 12_000_00)
    first, second = came(), came("12000.00", "", "nothing")
    page = staff.get(f"{INBOX}?item={first.ref}").text
    assert "Same amount, similar name" in page
    assert f'value="{invoice.ref}" checked' in page
    assert f"item={second.ref}" in re.search(r'<a class="btn" href="([^"]+)" data-key="n"', page)[1]
    fields = {"invoices": invoice.ref, "following": second.ref, "kind": ""}
    answer = staff.post(f"{INBOX}/money/{first.ref}/accept", seen=INBOX, **fields)
    assert (answer.status_code, answer.location) == (303, f"{INBOX}?item={second.ref}")
    session.refresh(invoice)
    assert invoice.status is InvoiceStatus.PAID
    page = staff.get(answer.location).text
    assert "Booked." in page
    assert other.label in page
    assert first.ref not in page
    again = staff.post(f"{INBOX}/money/{first.ref}/accept", seen=INBOX, invoices=other.ref)
    assert "Somebody else was quicker" in staff.get(again.location).text


def test_what_was_ticked_is_looked_at_before_it_is_booked(session, staff, owed, came):
    invoice, other = owed(), owed("Lekki Insight Hub")
    money = came()
    path = f"{INBOX}/money/{money.ref}/accept"
    assert "Tick what it pays" in staff.post(path, seen=INBOX).text
    both = staff.post(path, seen=INBOX, invoices=[invoice.ref, other.ref])
    assert (both.status_code, "several customers" in both.text) == (422, True)
    assert staff.post(path, seen=INBOX, invoices="inv_none").status_code == 409
    assert staff.post(path, seen=INBOX, invoices=invoice.ref, amount="5").status_code == 422
    assert staff.post(path, seen=INBOX, invoices=invoice.ref, form_key="x").status_code == 422
    assert staff.post(f"{INBOX}/money/pay_none/accept", seen=INBOX).status_code == 404
    session.refresh(money)
    assert money.customer_id is None


def test_an_invoice_or_a_customer_is_looked_for(session, staff, owed, came, make):
    invoice = owed("Quite Another", 7_00)
    free = make.customer(name="Advance Payer", email="advance@example.com")
    money = came("500.00", "", "-")
    at = f"{INBOX}?item={money.ref}"
    assert "No open invoice is like it." in staff.get(at).text
    assert f'value="{invoice.ref}" checked' in staff.get(f"{at}&q={invoice.label}").text
    assert "No open invoice is like that." in staff.get(f"{at}&q=INV-9999").text
    assert "Advance Payer" in staff.get(f"{at}&q=advance@example.com").text
    staff.post(f"{INBOX}/money/{money.ref}/accept", seen=INBOX, customer=free.ref)
    session.refresh(money)
    assert money.customer_id == free.id


def test_money_of_nobody_is_ignored_for_a_reason(session, staff, came):
    money = came()
    path = f"{INBOX}/money/{money.ref}/ignore"
    assert staff.post(path, seen=INBOX, reason=" ").status_code == 422
    answer = staff.post(path, seen=INBOX, reason="our own")
    assert "Ignored." in staff.get(answer.location).text
    assert "Nothing waits" in staff.get(INBOX).text


def test_what_was_recorded_before_is_offered_first(session, staff, owed, came, make):
    invoice = owed()
    wire = Wire(make.bank().ref, invoice.open, NOON.date(), "by phone")
    done = record_payment(invoice.customer_id, wire, [], actor=STAFF, at=NOON)
    money = came()
    assert "This may be recorded already." in staff.get(INBOX).text
    staff.post(f"{INBOX}/money/{money.ref}/same", seen=INBOX, payment=done.ref)
    assert "Nothing waits" in staff.get(INBOX).text


def test_a_proof_is_confirmed_as_the_bank_shows_it(session, staff, proof, make):
    page = staff.get(INBOX).text
    for words in ("Zuma Analytics says they sent", "sent by phone", "45,000.00", "Came to"):
        assert words in page
    path, account = f"{INBOX}/proofs/{proof.ref}/accept", make.bank().ref
    said = {"account": account, "value_on": "2026-03-10"}
    for wrong in ({"amount": "NaN"}, {"amount": "45,000.00", "value_on": "2026-03-11"}, {"amount": ""}):
        answer = staff.post(path, seen=INBOX, **(said | wrong))
        assert answer.status_code == 422
        assert 'role="alert"' in answer.text
    answer = staff.post(path, seen=INBOX, amount="40,000.00", **said)
    assert "The customer is told." in staff.get(answer.location).text
    session.refresh(proof)
    assert proof.status == "accepted"


def test_a_proof_that_may_be_booked_already_is_asked_about(session, staff, proof, owed, make):
    account = make.bank()
    invoice = session.get_one(type(owed()), proof.invoice_id)
    wire = Wire(account.ref, Money(5_00, "NGN"), NOON.date(), invoice.payment_reference)
    done = record_payment(proof.customer_id, wire, [], actor=STAFF, at=NOON)
    path = f"{INBOX}/proofs/{proof.ref}/accept"
    said = {"account": account.ref, "value_on": "2026-03-10", "amount": "5.00"}
    answer = staff.post(path, seen=INBOX, **said)
    assert (answer.status_code, done.ref in answer.text) == (409, True)
    assert staff.post(path, seen=INBOX, seen_=done.ref, **said).status_code == 422
    staff.get(INBOX)
    sent = {"csrf_token": staff.csrf, "form_key": "a" * 32, "seen": f"alike:{done.ref}"} | said
    assert staff.client.post(path, data=sent).status_code == 303


def test_a_proof_is_rejected_with_a_reason_for_the_customer(session, staff, proof):
    answer = staff.post(f"{INBOX}/proofs/{proof.ref}/reject", seen=INBOX, reason="No such money")
    assert "The customer is told why." in staff.get(answer.location).text
    session.refresh(proof)
    assert (proof.status, proof.reason) == ("rejected", "No such money")
    assert "does not wait any more" in staff.get(f"{INBOX}?item={proof.ref}&kind=").text


def test_a_file_is_handed_over_and_never_shown(staff, proof):
    answer = staff.get(f"{INBOX}/proofs/{proof.ref}/file")
    assert answer.data == pdf()
    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{proof.ref}.pdf"'
    assert answer.headers["Content-Security-Policy"].endswith("sandbox")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert staff.get(f"{INBOX}/proofs/tp_none/file").status_code == 404


def test_the_page_asks_few_questions_however_much_waits(staff, owed, came, proof, make):
    for n in range(3):
        came(f"{n + 1}.00")
    first = queries_of(staff, INBOX)
    for n in range(30):
        came(f"{n + 10}.00")
        submit_proof(
            make.one(type(owed()), type(owed()).id == proof.invoice_id).ref, picture(size=(9, n + 1)),
            Claim(proof.amount, NOON.date()), actor=STAFF, at=NOON,
        ) if n < 4 else None  # fmt: skip
    assert queries_of(staff, INBOX) <= first <= QUERIES
    assert queries_of(staff, f"{INBOX}?item={proof.ref}") <= QUERIES
    page = staff.get(INBOX).text
    later = re.search(r'href="([^"]+after=[^"]+)" rel="next"', page)[1].replace("&amp;", "&")
    assert "Nothing on this page." not in staff.get(later).text
    assert "<html" not in staff.client.get(INBOX, headers=HTMX).text


def test_support_looks_and_decides_nothing(session, reader, travel, proof, came):
    travel(NOON)
    money = came()
    staff = enter_as(session, reader, "support")
    for ref in (proof.ref, money.ref):
        page = staff.get(f"{INBOX}?item={ref}").text
        assert "You may look, but not decide." in page
        assert 'data-key="a"' not in page
    deeds = ("accept", "same", "ignore")
    assert {staff.post(f"{INBOX}/money/{money.ref}/{deed}", seen=INBOX).status_code for deed in deeds} == {403}
    deeds = ("accept", "same", "reject")
    assert {staff.post(f"{INBOX}/proofs/{proof.ref}/{deed}", seen=INBOX).status_code for deed in deeds} == {403}
