"""Disputes and refunds of the Paystack twin: opened, reminded of, answered, decided; and what others do by hand."""

import json
from datetime import datetime, timedelta

import pytest

from tests.twins.running import PAYER, Listener, Running

NOON = datetime.fromisoformat("2026-03-01T12:00:00+00:00")
EVIDENCE = {"customer_email": PAYER, "customer_name": "Ada", "customer_phone": "0800", "service_details": "Pro plan"}


@pytest.fixture
def paid(twin: Running) -> Running:
    twin.clock(NOON.isoformat())
    asked = {"email": PAYER, "amount": 250_000, "authorization_code": twin.card(), "reference": "r-1"}
    assert twin.ask("POST", "/transaction/charge_authorization", json=asked).json()["data"]["status"] == "success"
    twin.wait()
    return twin


def dispute(twin: Running, **told) -> dict:
    answer = twin.web.post(f"{twin.url}/_twin/disputes", json={"reference": "r-1", **told})
    assert answer.status_code == 200, answer.text
    return answer.json()


def at(twin: Running, **later) -> None:
    twin.clock((NOON + timedelta(**later)).isoformat())
    twin.wait()


def seen(twin: Running, number: int) -> dict:
    return twin.ask("GET", f"/dispute/{number}").json()["data"]


def test_a_dispute_is_announced_reminded_of_and_lost_by_silence(paid: Running, listener: Listener):
    number = dispute(paid)["id"]
    for hours in (4, 8, 12, 16):
        at(paid, hours=hours)
    events = [json.loads(body)["event"] for body in listener.bodies]
    assert events == ["charge.dispute.create", *["charge.dispute.remind"] * 3, "charge.dispute.resolve"]
    told = json.loads(listener.bodies[-1])["data"]
    assert (told["resolution"], told["transaction"]["reference"], told["refund_amount"]) == (
        "auto-accepted",
        "r-1",
        250_000,
    )
    assert paid.status("r-1") == "reversed"
    (refund,) = paid.ask("GET", "/refund").json()["data"]
    assert (refund["dispute"], refund["amount"], refund["status"]) == (number, 250_000, "processed")
    assert paid.ask("GET", "/balance").json()["data"][0]["balance"] < 0


@pytest.mark.parametrize(
    ("ends", "resolution", "status"), [("won", "declined", "success"), ("lost", "auto-accepted", "reversed")]
)
def test_a_contested_dispute_is_decided_by_the_bank(paid: Running, ends: str, resolution: str, status: str):
    number = dispute(paid, ends=ends)["id"]
    assert paid.ask("POST", f"/dispute/{number}/evidence", json=EVIDENCE).json()["data"]["id"]
    answer = {"resolution": "declined", "message": "It was used", "refund_amount": 0, "uploaded_filename": "a.pdf"}
    assert paid.ask("PUT", f"/dispute/{number}/resolve", json=answer).status_code == 200
    assert seen(paid, number)["status"] == "awaiting-bank-feedback"
    at(paid, days=3)
    assert (seen(paid, number)["status"], seen(paid, number)["resolution"]) == ("resolved", resolution)
    assert paid.status("r-1") == status


def test_a_part_may_be_accepted(paid: Running):
    number = dispute(paid)["id"]
    answer = {"resolution": "merchant-accepted", "message": "Sorry", "refund_amount": 100_000}
    assert (
        paid.ask("PUT", f"/dispute/{number}/resolve", json=answer).json()["data"]["resolution"] == "merchant-accepted"
    )
    assert paid.ask("GET", "/refund").json()["data"][0]["amount"] == 100_000
    assert paid.ask("PUT", f"/dispute/{number}/resolve", json=answer).status_code == 400


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"resolution": "maybe"}, "resolution"),
        ({"message": ""}, "Message"),
        ({"refund_amount": 250_001}, "greater than initial amount"),
    ],
)
def test_wrong_answers_are_refused(paid: Running, change: dict, says: str):
    number = dispute(paid)["id"]
    answer = {"resolution": "merchant-accepted", "message": "Sorry", "refund_amount": 1000} | change
    told = paid.ask("PUT", f"/dispute/{number}/resolve", json=answer)
    assert told.status_code == 400
    assert says in told.json()["message"]


def test_disputes_are_listed_by_window_status_and_payment(paid: Running):
    number = dispute(paid, amount=5000)["id"]
    about = seen(paid, number)["transaction"]["id"]
    whole = {"from": "2026-03-01T00:00:00.000Z", "to": "2026-03-02T00:00:00.000Z"}
    for query, count in (
        (whole, 1),
        (whole | {"status": "awaiting-merchant-feedback"}, 1),
        (whole | {"status": "resolved"}, 0),
        (whole | {"transaction": str(about)}, 1),
        ({"from": "2026-03-02", "to": "2026-03-03"}, 0),
    ):
        assert len(paid.ask("GET", "/dispute", params=query).json()["data"]) == count
    assert paid.ask("GET", f"/dispute/transaction/{about}").json()["data"]["refund_amount"] == 5000
    assert paid.ask("GET", "/dispute/99").status_code == 404
    name = paid.ask("GET", f"/dispute/{number}/upload_url", params={"upload_filename": "proof.pdf"}).json()["data"]
    assert paid.web.put(name["signedUrl"], data=b"{}").status_code == 200
    assert paid.ask("GET", f"/dispute/{number}/upload_url").status_code == 400


@pytest.mark.parametrize("ends", ["failed", "needs-attention"])
def test_a_refund_may_end_otherwise_on_demand(paid: Running, listener: Listener, ends: str):
    paid.behave("refund_ends", code=ends)
    number = paid.ask("POST", "/refund", json={"transaction": "r-1", "amount": 1000}).json()["data"]["id"]
    at(paid, minutes=1)
    at(paid, minutes=2)
    assert paid.ask("GET", f"/refund/{number}").json()["data"]["status"] == ends
    details = {"currency": "NGN", "account_number": "0123456789", "bank_id": "1"}
    path = f"/refund/retry_with_customer_details/{number}"
    if ends == "failed":
        assert paid.status("r-1") == "success"
        assert paid.ask("POST", path, json={"refund_account_details": details}).status_code == 422
    else:
        assert paid.ask("POST", path, json={}).status_code == 400
        assert paid.ask("POST", path, json={"refund_account_details": details}).json()["data"]["status"] == "processing"
        at(paid, minutes=3)
        assert paid.ask("GET", f"/refund/{number}").json()["data"]["status"] == "processed"


def test_the_dashboard_refunds_behind_our_back(paid: Running, listener: Listener):
    told = {"reference": "r-1", "amount": 50_000, "note": "Called us"}
    number = paid.web.post(f"{paid.url}/_twin/refunds", json=told).json()["id"]
    at(paid, minutes=1)
    at(paid, minutes=2)
    assert paid.ask("GET", f"/refund/{number}").json()["data"]["merchant_note"] == "Called us"
    assert paid.web.post(f"{paid.url}/_twin/refunds", json=told | {"amount": 250_000}).status_code == 400
    assert paid.web.post(f"{paid.url}/_twin/refunds", json={"reference": "nobody"}).status_code == 400
    assert "Called us" in paid.web.get(f"{paid.url}/_twin/").text
