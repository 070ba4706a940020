"""Clients that other people wrote for Paystack, unmodified, against the twin."""

from collections.abc import Iterator

import paystackapi
import pypaystack2.base_clients
import pytest
from paystackapi.base import PayStackBase
from paystackapi.paystack import Paystack
from pypaystack2 import PaystackClient
from pypaystack2.enums import Currency

from tests.twins.running import KEY, PAYER, Running


@pytest.fixture
def modern(twin: Running, monkeypatch: pytest.MonkeyPatch) -> PaystackClient:
    monkeypatch.setattr(pypaystack2.base_clients.AbstractAPIClient, "_BASE_URL", twin.url)
    return PaystackClient(KEY)


@pytest.fixture
def classic(twin: Running, monkeypatch: pytest.MonkeyPatch) -> Iterator[Paystack]:
    monkeypatch.setattr(paystackapi, "API_URL", f"{twin.url}/")
    PayStackBase._shared_state.clear()
    made = Paystack(secret_key=KEY)
    PayStackBase._shared_state["requests"].API_BASE_URL = f"{twin.url}/"
    yield made
    PayStackBase._shared_state.clear()


def test_pypaystack2_starts_pays_and_verifies(twin: Running, modern: PaystackClient):
    begun = modern.transactions.initialize(amount=250_000, email=PAYER, currency=Currency.NGN, reference="r-1")
    assert begun.status
    assert begun.data is not None
    twin.pay(begun.data.authorization_url)
    seen = modern.transactions.verify("r-1")
    assert seen.data is not None, seen.raw
    assert seen.data.status == "success"
    assert modern.transactions.get_transaction(seen.data.id).data is not None
    assert modern.transactions.get_timeline("r-1").data is not None
    assert modern.transactions.totals().data is not None


def test_pypaystack2_charges_and_lists(twin: Running, modern: PaystackClient):
    token = twin.card()
    paid = modern.transactions.charge(amount=250_000, email=PAYER, auth_code=token, reference="r-1")
    assert paid.data is not None, paid.raw
    assert paid.data.status == "success"
    listed = modern.transactions.get_transactions()
    assert [row.reference for row in listed.data] == ["r-1"]
    again = modern.transactions.charge(amount=250_000, email=PAYER, auth_code=token, reference="r-1")
    assert (again.status_code, again.code) == (400, "duplicate_reference")
    refused = modern.transactions.partial_debit(
        auth_code=token, currency=Currency.NGN, amount=250_000, email=PAYER, reference="r-2"
    )
    assert refused.status_code == 400


def test_pypaystack2_keeps_customers(twin: Running, modern: PaystackClient):
    made = modern.customers.create(email=PAYER, first_name="Ada", last_name="Obi")
    assert made.data is not None, made.raw
    assert modern.customers.get_customer(made.data.customer_code).data is not None
    assert modern.customers.get_customers().data
    assert modern.customers.update(code=made.data.customer_code, first_name="Ada B.").data.first_name == "Ada B."
    assert modern.customers.deactivate(auth_code=twin.card()).status


def test_pypaystack2_refunds_and_asks_for_the_balance(twin: Running, modern: PaystackClient):
    twin.ask("POST", "/transaction/charge_authorization", json=charge(twin.card()))
    given = modern.refunds.create(transaction="r-1", amount=50_000)
    assert given.status
    assert modern.refunds.get_refund(given.raw["data"]["id"]).data is not None
    assert len(modern.refunds.get_refunds().data) == 1
    balance = modern.transfer_control.check_balance()
    assert balance.raw["data"] == [{"currency": "NGN", "balance": 250_000 - 50_000 - 13_750}]
    assert modern.integration.get_payment_session_timeout().status


def test_pypaystack2_believes_the_signature(twin: Running, modern: PaystackClient, listener):
    twin.ask("POST", "/transaction/charge_authorization", json=charge(twin.card()))
    body = listener.wait(1)[0]
    assert modern.is_verified_webhook_payload(body, listener.headers[0]["x-paystack-signature"])


def test_paystackapi_starts_pays_and_verifies(twin: Running, classic: Paystack):
    begun = classic.transaction.initialize(email=PAYER, amount=250_000, reference="r-1")
    twin.pay(begun["data"]["authorization_url"])
    seen = classic.transaction.verify("r-1")
    assert seen["data"]["status"] == "success"
    assert classic.transaction.get(transaction_id=seen["data"]["id"])["status"] is True
    assert classic.transaction.list()["meta"]["total"] == 1
    assert classic.transaction.totals()["data"]["total_volume"] == 250_000


def test_paystackapi_charges_and_refunds(twin: Running, classic: Paystack):
    paid = classic.transaction.charge(**charge(twin.card()))
    assert paid["data"]["status"] == "success"
    given = classic.refund.create(transaction="r-1", amount=50_000)
    number = paid["data"]["id"]
    listed = classic.refund.list(transaction=number)
    assert [row["id"] for row in listed["data"]] == [given["data"]["id"]]
    assert classic.refund.list(transaction=number + 1)["data"] == []
    assert classic.refund.fetch(refund_id=given["data"]["id"])["data"]["transaction"] == number


def test_paystackapi_keeps_customers(twin: Running, classic: Paystack):
    made = classic.customer.create(email=PAYER, first_name="Ada")
    code = made["data"]["customer_code"]
    assert classic.customer.get(code)["data"]["first_name"] == "Ada"
    assert classic.customer.update(code, first_name="Eve")["data"]["first_name"] == "Eve"
    assert len(classic.customer.list()["data"]) == 1
    assert classic.transferControl.check_balance()["status"] is True


def charge(token: str) -> dict:
    return {"email": PAYER, "amount": 250_000, "authorization_code": token, "reference": "r-1", "currency": "NGN"}
