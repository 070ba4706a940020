"""Whatever is sent to the routes of paying, nothing breaks, nothing is opened, charged, mailed or lost."""

import re

import pytest
from sqlalchemy import func, select

from portal.banking.proof_models import TransferProof
from portal.core.outbox import OutboxEntry
from portal.core.settings import current
from portal.customers.models import Customer
from portal.invoicing import pay_links
from portal.payments.models import Attempt
from tests.people import join, make_user

STRANGE = ["\ud800", "\x00", "'; DROP TABLE invoices; --", "<script>", "💩" * 50, "x" * 9_000, "-1", "1e400", "%s%n{0}",
           "../../etc/passwd", "\u202eabc", "0x10", "NaN", "[]", "true"]  # fmt: skip
FIELDS = ("channel", "bank", "amount", "switch", "method", "form_key", "csrf_token", "file", "paid_on", "payer", "note")
QUERIES = ("seen", "state", "year", "number", "after", "before", "trx_id", "status", "sid", "reference")


@pytest.fixture
def doors(pushed, reader, session):
    """(signed in, by link, from paper): the addresses of one open invoice, with its customer at the browser."""
    invoice = pushed.owed(1_500_000, name="PT Nusantara Riset")
    user = make_user(session, name="Dewi Pratiwi")
    join(session, user, session.get_one(Customer, invoice.customer_id))
    reader.enter(session, user)
    token = pay_links.token_for(invoice, secret_key=current().secret_key, at=pushed.at)
    return f"/account/invoices/{invoice.ref}", f"/pay/{token}", f"/pay/paper/{invoice.ref}"


def keys_of(client, path: str) -> dict[str, str]:
    return dict(re.findall(r'name="(csrf_token|form_key)" value="([^"]+)"', client.get(path).text))


def nothing_was_done(session) -> bool:
    session.rollback()
    mails = select(func.count()).select_from(OutboxEntry).where(OutboxEntry.topic == "invoice.link_asked")
    counts = [session.scalar(select(func.count()).select_from(table)) for table in (Attempt, TransferProof)]
    return [*counts, session.scalar(mails)] == [0, 0, 0]


@pytest.mark.parametrize("strange", STRANGE, ids=range(len(STRANGE)))
def test_strange_values_in_any_field_are_refused(client, session, doors, strange):
    account, link, paper = doors
    keys = keys_of(client, account)
    sent = strange.encode("utf-8", "surrogatepass")
    for path in (f"{account}/open", f"{account}/pay", f"{account}/proof", f"{link}/open", f"{link}/proof", paper):
        for field in FIELDS:
            fields = {name: value for name, value in (keys | {"channel": "qris"}).items() if name != field}
            answer = client.post(path, data={name: value.encode() for name, value in fields.items()} | {field: sent})
            is_harmless = field in ("bank", "amount", "switch", "method") and answer.status_code == 303
            assert 400 <= answer.status_code < 500 or is_harmless, (path, field, answer.status_code)
    assert nothing_was_done(session)


@pytest.mark.parametrize("strange", STRANGE, ids=range(len(STRANGE)))
def test_strange_addresses_and_queries_break_nothing(client, doors, strange):
    account, link, paper = doors
    kept = strange if strange != "\ud800" else "%ED%A0%80"
    for path in ("/account/invoices", account, f"{account}/back", f"{account}/proof", link, f"{link}/back", paper):
        answer = client.get(path, query_string=dict.fromkeys(QUERIES, kept))
        assert answer.status_code < 500, path
    for path in ("/account/invoices/{}", "/account/invoices/{}/pdf", "/pay/{}", "/pay/{}/back", "/pay/paper/{}"):
        assert client.get(path.format(kept.replace("/", "%2F"))).status_code in (302, 400, 404, 414, 429), path


@pytest.mark.parametrize(
    ("body", "kind"),
    [(b"{", "application/json"), (b"\xff\xfe", "application/x-www-form-urlencoded"), (b"--x", "multipart/form-data"),
     (b"--x\r\nnonsense", "multipart/form-data; boundary=x"), (b"", ""),
     (b"a=b&" * 600, "application/x-www-form-urlencoded")],
)  # fmt: skip
def test_bodies_that_are_no_form_are_refused(client, session, doors, body, kind):
    account, link, paper = doors
    for path in (f"{account}/open", f"{account}/pay", f"{account}/look", f"{account}/links/revoke", f"{account}/proof",
                 f"{link}/open", f"{link}/look", f"{link}/renew", f"{link}/proof", paper):  # fmt: skip
        assert 400 <= client.post(path, data=body, content_type=kind).status_code < 500, path
    for path in (account, link, paper, f"{link}/pdf"):
        assert 400 <= client.put(path).status_code < 500
    assert nothing_was_done(session)
