"""Callbacks signed with the account's number, which is public: whoever lies with it moves nothing and is noticed."""

import json

import pytest
from sqlalchemy import select

from portal.actions.receive_gateway_news import TRY_AGAIN_AFTER
from portal.core.audit import AuditEntry
from portal.core.tasks import Task
from portal.payments.models import GatewayNews
from portal.twins.ipaymu.callbacks import signature
from tests.factories import Make
from tests.pushing import PushWorld
from tests.twins.running_ipaymu import VA


@pytest.fixture
def make(session) -> Make:
    return Make(session)


@pytest.fixture
def proved():
    """The world proves its own book."""


@pytest.fixture
def waiting(pushed: PushWorld):
    """An invoice with an open number that nobody has paid."""
    invoice = pushed.owed()
    pushed.open(invoice)
    return invoice


def callback(pushed: PushWorld, invoice, **changed) -> dict:
    """As iPaymu would tell that the number was paid."""
    attempt, known = pushed.attempts(invoice)[-1], pushed.details(invoice)
    fields = {
        "trx_id": int(known.transaction), "sid": attempt.reference, "reference_id": attempt.reference,
        "status": "berhasil", "status_code": 1, "transaction_status_code": 1, "sub_total": "250000",
        "total": "250000", "amount": "250000", "fee": "3500", "paid_off": 246500, "is_escrow": False,
        "system_notes": "Sandbox notify", "via": "va", "channel": "bni", "payment_no": known.number,
        "additional_info": [], "created_at": "2026-03-10 12:00:00", "expired_at": "2026-03-11 12:00:00",
        "paid_at": "2026-03-10 12:05:00", "buyer_name": "X", "buyer_email": "x@example.com", "buyer_phone": "0812",
    }  # fmt: skip
    return fields | changed


def tell(client, pushed: PushWorld, fields: dict, *, path: str = "", signed: str | None = None) -> int:
    headers = {"X-Signature": signature(fields, VA) if signed is None else signed, "Content-Type": "application/json"}
    path = path or f"/hooks/ipaymu/{pushed.account.hook_token}"
    return client.post(path, data=json.dumps(fields), headers=headers).status_code


def let_it_be_doubted(pushed: PushWorld) -> None:
    for pause in TRY_AGAIN_AFTER[:1] * 2:
        pushed.work()
        pushed.at += pause
    pushed.work()


def kept(pushed: PushWorld, column) -> list:
    """Of the callbacks that these tests wrote."""
    pushed.session.rollback()
    ours = select(column).where(GatewayNews.body.contains(b"x@example.com")).order_by(GatewayNews.id)
    return list(pushed.session.scalars(ours))


def events(pushed: PushWorld) -> list[list[str]]:
    """What each security event says was untrue."""
    pushed.session.rollback()
    told = select(AuditEntry).where(AuditEntry.deed == "security.false_news").order_by(AuditEntry.id)
    return [row.facts["differs"] for row in pushed.session.scalars(told)]


def test_a_well_signed_lie_leaves_the_invoice_open_and_one_security_event(client, pushed, waiting):
    assert tell(client, pushed, callback(pushed, waiting)) == 200
    let_it_be_doubted(pushed)
    assert pushed.reload(waiting).open_minor == 250_000
    assert pushed.statuses(waiting) == ["action_required"]
    assert events(pushed) == [["not_paid"]]
    (task,) = pushed.session.scalars(select(Task).where(Task.kind == "false_news")).all()
    assert task.subject == pushed.attempts(waiting)[0].reference
    pushed.pays(waiting)
    pushed.work()
    assert pushed.reload(waiting).status == "paid"


def test_somebody_elses_paid_transaction_does_not_pay_this_invoice(client, pushed, waiting):
    other = pushed.owed()
    pushed.open(other)
    pushed.pays(other)
    pushed.work()
    theirs = int(pushed.details(other).transaction)
    assert tell(client, pushed, callback(pushed, waiting, trx_id=theirs)) == 200
    let_it_be_doubted(pushed)
    assert pushed.reload(waiting).open_minor == 250_000
    assert pushed.money() == [250_000]
    ((*differs,),) = events(pushed)
    assert "reference" in differs


def test_an_invented_transaction_pays_nothing(client, pushed, waiting):
    assert tell(client, pushed, callback(pushed, waiting, trx_id=999_999_999)) == 200
    let_it_be_doubted(pushed)
    assert pushed.reload(waiting).open_minor == 250_000
    assert events(pushed) == [["unknown_there"]]


def test_the_amount_is_what_the_gateway_says_and_a_claim_of_another_is_noticed(client, pushed, waiting):
    pushed.twin.twin.post.url = "http://127.0.0.1:9/nobody"
    pushed.pays(waiting)
    assert tell(client, pushed, callback(pushed, waiting, sub_total="25000000")) == 200
    let_it_be_doubted(pushed)
    assert pushed.money() == [250_000]
    assert pushed.reload(waiting).status == "paid"
    assert events(pushed) == [["amount"]]


@pytest.mark.parametrize("reference", ["at-nobody", "INV-1", "", "x" * 500, "at-" + "a" * 26])
def test_news_of_a_reference_that_is_not_ours_is_answered_and_let_be(client, pushed, waiting, reference):
    assert tell(client, pushed, callback(pushed, waiting, reference_id=reference)) == 200
    pushed.days(0.1)
    assert events(pushed) == []
    assert kept(pushed, GatewayNews.status) == ["ignored"]
    assert pushed.reload(waiting).open_minor == 250_000


@pytest.mark.parametrize("signed", ["", "0" * 64, "é" * 64, "f" * 9000])
def test_an_unsigned_or_wrongly_signed_callback_is_kept_and_moves_nothing(client, pushed, waiting, signed):
    pushed.twin.twin.post.url = "http://127.0.0.1:9/nobody"
    assert tell(client, pushed, callback(pushed, waiting), signed=signed) == 200
    pushed.work()
    assert kept(pushed, GatewayNews.signature) == ["invalid"]
    assert pushed.statuses(waiting) == ["action_required"]


def test_a_true_callback_replayed_with_other_words_books_once(client, pushed, waiting):
    pushed.pays(waiting)
    pushed.work()
    for number in range(30):
        assert tell(client, pushed, callback(pushed, waiting, system_notes=f"again {number}")) == 200
    pushed.work()
    assert pushed.money() == [250_000]
    assert events(pushed) == []


@pytest.mark.parametrize("way", ["form", "json", "json_as_form"])
@pytest.mark.parametrize("address", ["its own", "the one for all"])
def test_each_way_in_which_callbacks_are_written_settles_the_invoice(pushed, waiting, way, address):
    pushed.twin.switch(callback_format=way)
    if address == "the one for all":
        pushed.twin.twin.post.url = pushed.twin.twin.post.url.partition("/hooks/")[0] + "/api/billing/webhook"
    pushed.pays(waiting)
    pushed.work()
    assert pushed.reload(waiting).status == "paid"
    assert "valid" in pushed.session.scalars(select(GatewayNews.signature)).all()


def test_a_pending_callback_after_the_paid_one_rewinds_nothing(pushed, waiting):
    pushed.twin.behave("stale_pending", call="news", seconds=0.01, times=3)
    pushed.pays(waiting)
    pushed.days(0.1)
    assert pushed.reload(waiting).status == "paid"
    assert pushed.money() == [250_000]


def test_late_news_is_kept_until_the_gateway_answers(client, pushed, waiting):
    """Nobody else would ask about a number that has run out."""
    known = pushed.details(waiting)
    pushed.days(1.2)
    assert pushed.statuses(waiting) == ["expired"]
    pushed.twin.twin.post.url = "http://127.0.0.1:9/nobody"
    fields = callback(pushed, waiting)
    pushed.twin.web.post(f"{pushed.twin.url}/send-notify", json={"id": known.transaction, "status": "1"})
    pushed.twin.wait()
    pushed.twin.behave("error_before", call="check", code="503", times=2)
    assert tell(client, pushed, fields) == 200
    pushed.work()
    assert pushed.money() == []
    for pause in TRY_AGAIN_AFTER[:3]:
        pushed.at += pause
        pushed.work()
    assert pushed.money() == [250_000]
    assert pushed.reload(waiting).status == "paid"
