"""Gateways' news is stored as it came, once, and answered at once; strangers store nothing."""

import hashlib
import hmac
import json

import pytest
from sqlalchemy import select

from portal.payments.models import GatewayAccount, GatewayNews

BODY = b'{"event":"charge.success",  "data":{"reference":"at-x"}}'


def signed(settings, body=BODY):
    signature = hmac.new(settings.paystack_secret_key.encode(), body, hashlib.sha512).hexdigest()
    return {"X-Paystack-Signature": signature, "Cookie": "portal=stolen"}


@pytest.fixture
def account(session, noon):
    made = GatewayAccount(
        ref="gwa_test", gateway="paystack", mode="test", base_url="", hook_token="tok", currencies=["NGN"],
        is_enabled=True, calls_per_minute=900, created_at=noon,
    )  # fmt: skip
    session.add(made)
    session.commit()
    return made


def stored(session):
    session.rollback()
    return session.scalars(select(GatewayNews).order_by(GatewayNews.id)).all()


@pytest.mark.parametrize("address", ["/hooks/paystack/tok", "/api/billing/webhook"])
def test_news_is_stored_to_the_byte_and_waits_for_its_job(client, session, settings, account, noon, address):
    answer = client.post(address, data=BODY, headers=signed(settings), content_type="application/json")

    assert (answer.status_code, answer.data) == (200, b"")
    (news,) = stored(session)
    assert (news.body, news.status, news.next_action_at) == (BODY, "received", noon)
    assert "cookie" not in news.headers


def test_the_same_news_is_stored_once(client, session, settings, account):
    for _ in range(3):
        assert client.post("/hooks/paystack/tok", data=BODY, headers=signed(settings)).status_code == 200

    assert [news.body_digest for news in stored(session)] == [hashlib.sha256(BODY).digest()]


def test_news_with_a_wrong_signature_is_stored_and_moves_nothing(client, session, account):
    sent = client.post("/hooks/paystack/tok", data=BODY, headers={"X-Paystack-Signature": "ab12"})

    assert sent.status_code == 200
    assert [(news.status, news.next_action_at) for news in stored(session)] == [("ignored", None)]


def test_news_in_form_fields_is_stored_to_the_byte_too(client, session, account):
    sent = client.post("/hooks/paystack/tok", data=b"a=1&b=%20", content_type="application/x-www-form-urlencoded")

    assert sent.status_code == 200
    assert [news.body for news in stored(session)] == [b"a=1&b=%20"]


@pytest.mark.parametrize("address", ["/hooks/paystack/other", "/hooks/unheard/tok", "/hooks/paystack/%00"])
def test_an_unknown_address_stores_nothing(client, session, account, address):
    assert client.post(address, data=BODY).status_code in (400, 404)
    assert stored(session) == []


def test_news_without_a_signature_that_names_a_gateway_is_not_found(client, session, account):
    answer = client.post("/api/billing/webhook", data=BODY)

    assert answer.status_code == 404
    assert json.loads(answer.data)["error"]["code"] == "not_found"


def test_a_body_beyond_all_bounds_is_refused(client, session, account):
    assert client.post("/hooks/paystack/tok", data=b"x" * 300_000).status_code == 413
    assert stored(session) == []


def test_healthz_answers_anyone(client):
    answer = client.get("/healthz")

    assert (answer.status_code, answer.json) == (200, {"status": "ok"})
