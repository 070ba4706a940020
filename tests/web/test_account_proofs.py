"""Customers send a proof of transfer from their invoice, or from its pay link, and see what became of it."""

import io

import pytest

from portal.actions.reject_proof import reject_proof
from portal.banking.proof_models import TransferProof
from portal.invoicing import pay_links
from portal.web.session import settings
from tests.factories import NOON, STAFF
from tests.owing import owing
from tests.rules.polyglots import CLEANED, REFUSED, pdf, picture
from tests.web.account_world import QUERIES, counted_queries, open_account

SAID = {"amount": "45,000.00", "paid_on": "2026-03-09", "payer": "", "note": ""}


@pytest.fixture
def account(session, make, reader, travel):
    travel(NOON)
    return open_account(session, make, reader, name="Ibadan Insights")


@pytest.fixture
def invoice(make, account):
    return owing(make, customer=account.customer)


@pytest.fixture
def path(invoice):
    return f"/account/invoices/{invoice.ref}/proof"


@pytest.fixture
def send(account, path):
    """send(content, name, …): post the form with a file."""

    def sent(content=None, name="receipt.pdf", to="", **changed):
        fields = SAID | changed
        fields["file"] = (io.BytesIO(pdf() if content is None else content), name)
        return account.post(to or path, seen=to or path, **fields)

    return sent


def test_a_proof_is_sent_seen_and_its_answer_read(session, account, invoice, path, send):
    assert f'href="{path}"' in account.get(f"/account/invoices/{invoice.ref}").text
    page = account.get(path).text
    assert 'value="45,000.00"' in page
    assert "Nothing yet." in page
    answer = send()
    assert (answer.status_code, answer.location) == (303, path)
    page = account.get(path).text
    assert "Thank you. We look at it" in page
    assert "Being checked" in page
    proof = session.query(TransferProof).one()
    assert (proof.payer, proof.submitted_by, proof.status) == ("", "Ada Obi", "submitted")
    reject_proof(proof.ref, reason="Another name stands on it", actor=STAFF, at=NOON)
    page = account.get(path).text
    assert "Not confirmed" in page
    assert "Another name stands on it" in page
    with counted_queries() as asked:
        account.reader.client.get(path)
    assert len(asked) <= QUERIES


def test_the_invoice_says_that_a_proof_waits_and_what_became_of_it(session, account, client, invoice, send):
    link = f"/pay/{pay_links.token_for(invoice, secret_key=settings().secret_key, at=NOON)}"
    send()
    proof = session.query(TransferProof).one()
    for page in (account.get(f"/account/invoices/{invoice.ref}").text, client.get(link).text):
        assert "is being checked. No need to pay again" in page
        assert '<details name="way" open>' not in page
    reject_proof(proof.ref, reason="Another <name> stands on it", actor=STAFF, at=NOON)
    for page in (account.get(f"/account/invoices/{invoice.ref}").text, client.get(link).text):
        assert "Another &lt;name&gt; stands on it" in page
        assert "is being checked" not in page
    with counted_queries() as asked:
        account.reader.client.get(f"/account/invoices/{invoice.ref}")
    assert len(asked) <= QUERIES


def test_their_file_comes_back_as_an_attachment_and_to_nobody_else(session, make, account, path, send, reader):
    send(picture("JPEG"), name="x.svg")
    proof = session.query(TransferProof).one()
    answer = account.reader.client.get(f"{path}/{proof.ref}/file")
    assert answer.headers["Content-Type"] == "image/jpeg"
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{proof.ref}.jpg"'
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'; sandbox"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "no-store" in answer.headers["Cache-Control"]
    stranger = open_account(session, make, reader)
    assert stranger.get(f"{path}/{proof.ref}/file").status_code == 404
    assert stranger.get(path).status_code == 404
    theirs = owing(make, customer=stranger.customer)
    assert stranger.get(f"/account/invoices/{theirs.ref}/proof/{proof.ref}/file").status_code == 404


@pytest.mark.parametrize("name", REFUSED)
def test_a_file_that_pretends_is_refused_beside_its_field(session, send, name):
    answer = send(REFUSED[name], name="receipt.pdf")
    assert answer.status_code == 422
    assert 'id="file-error"' in answer.text
    assert session.query(TransferProof).count() == 0


@pytest.mark.parametrize("name", CLEANED)
def test_a_picture_is_kept_without_what_hides_in_it(session, account, path, send, name):
    assert send(CLEANED[name], name="photo.html").status_code == 303
    proof = session.query(TransferProof).one()
    answer = account.reader.client.get(f"{path}/{proof.ref}/file")
    assert answer.headers["Content-Type"].startswith("image/")
    assert b"script" not in answer.data


@pytest.mark.parametrize(
    "wrong",
    [{"amount": "NaN"}, {"amount": "-5"}, {"amount": "0"}, {"amount": ""}, {"amount": "1e3"}, {"amount": "٤٥"},
     {"paid_on": "2026-03-11"}, {"paid_on": "2020-01-01"}, {"paid_on": "x"}, {"note": "x" * 501}, {"payer": "x\ny"},
     {"customer": "cus_x"}, {"form_key": "short"}],
)  # fmt: skip
def test_what_cannot_be_is_said_beside_its_field_and_what_was_typed_is_kept(session, send, wrong):
    answer = send(**({"note": "mine"} | wrong))
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert "mine" in answer.text or "note" in wrong
    assert session.query(TransferProof).count() == 0


def test_a_file_that_is_too_large_to_be_read_is_named_at_its_field(session, account, client, invoice, path):
    huge = {"data": b"0" * 7_000_000, "content_type": "multipart/form-data; boundary=x"}
    link = f"/pay/{pay_links.token_for(invoice, secret_key=settings().secret_key, at=NOON)}"
    for place in (path, f"{link}/proof"):
        answer = client.post(place, **huge)
        assert answer.status_code == 413
        assert "larger than 5 MB" in answer.text.partition('id="file-error"')[2][:300]
    account.become("viewer")
    assert client.post(path, **huge).status_code == 403
    assert client.post(f"/pay/{'x' * 90}/proof", **huge).status_code == 404
    assert client.post(f"{link}/open", **huge).status_code == 413
    assert session.query(TransferProof).count() == 0


def test_sending_twice_is_one_proof(session, send):
    assert send().status_code == send().status_code == 303
    assert session.query(TransferProof).count() == 1


def test_a_form_without_a_file_is_refused(account, path):
    assert account.post(path, seen=path, **SAID).status_code == 422


def test_when_nothing_is_open_nothing_can_be_sent(make, account, invoice, path, send):
    account.get(path)
    make.pay(invoice)
    assert "Nothing is left to pay." in account.get(path).text
    answer = send()
    assert "Nothing is left to pay." in account.get(answer.location).text


def test_who_may_only_look_sends_nothing(account, path, send):
    account.become("viewer")
    assert account.get(path).status_code == 403


def test_whoever_has_the_link_may_send_one_and_gets_no_file(session, app, client, account, invoice, send):
    link = pay_links.address(invoice, settings(), NOON).removeprefix(settings().app_url)
    page = account.get(link).text
    assert f'href="{link}/proof"' in page
    assert send(to=f"{link}/proof").status_code == 303
    page = account.get(f"{link}/proof").text
    assert "Being checked" in page
    assert "/file" not in page
    assert session.query(TransferProof).one().submitted_by == "pay link"
    assert account.get(f"{link[:-2]}xx/proof").status_code == 404
