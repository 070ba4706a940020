"""Webhooks: signed, repeated by the twin's own clock, and disordered on demand."""

import hashlib
import hmac
import json
import time
from datetime import datetime, timedelta

import pytest

from tests.twins.running import KEY, PAYER, Listener, Running

NOON = datetime.fromisoformat("2026-03-01T12:00:00+00:00")


def charge(twin: Running, reference: str = "r-1") -> None:
    token = twin.card()
    asked = {"email": PAYER, "amount": 250_000, "authorization_code": token, "reference": reference}
    assert twin.ask("POST", "/transaction/charge_authorization", json=asked).status_code == 200


def heard(listener: Listener) -> list[str]:
    return [json.loads(body)["data"]["reference"] for body in listener.bodies]


def test_news_are_compact_and_signed_over_their_bytes(twin: Running, listener: Listener):
    charge(twin)
    body = listener.wait(1)[0]
    headers = listener.headers[0]
    assert headers["x-paystack-signature"] == hmac.new(KEY.encode(), body, hashlib.sha512).hexdigest()
    assert headers["user-agent"] == "Paystack/2.0"
    assert b'{"event":"charge.success","data":{' in body
    assert "receipt_number" not in json.loads(body)["data"]


def test_a_decline_makes_no_news(twin: Running, listener: Listener):
    twin.behave("decline")
    charge(twin)
    twin.wait()
    assert listener.bodies == []


def test_unacknowledged_news_come_again_hourly_for_ten_hours(twin: Running, listener: Listener):
    listener.statuses = [500, 201, 404, *[503] * 20]
    twin.clock(NOON.isoformat())
    charge(twin)
    for hour in range(1, 11):
        due = twin.wait()["next_due_at"]
        assert datetime.fromisoformat(due) == NOON + timedelta(hours=hour)
        assert len(listener.bodies) == hour
        twin.clock(due)
    assert twin.wait()["next_due_at"] is None
    assert len(listener.bodies) == 11
    assert len(twin.deeds("news_failed")) == 1
    assert len(set(listener.bodies)) == 1


def test_acknowledged_news_do_not_come_again(twin: Running, listener: Listener):
    listener.statuses = [500]
    twin.clock(NOON.isoformat())
    charge(twin)
    twin.clock(twin.wait()["next_due_at"])
    assert twin.wait() == {"in_flight": 0, "next_due_at": None}
    assert len(listener.bodies) == 2
    assert twin.deeds("news_delivered")[0]["tries"] == 2


def test_a_clock_that_stands_still_brings_nothing(twin: Running, listener: Listener):
    twin.clock(NOON.isoformat())
    twin.behave("news_late", seconds=0.2)
    charge(twin)
    time.sleep(0.4)
    assert listener.bodies == []
    twin.clock((NOON + timedelta(seconds=1)).isoformat())
    twin.wait()
    assert heard(listener) == ["r-1"]


def test_late_news_come_late_by_real_time_too(twin: Running, listener: Listener):
    twin.behave("news_late", seconds=0.2)
    charge(twin)
    assert twin.idle()["next_due_at"]
    assert listener.bodies == []
    assert len(listener.wait(1)) == 1


def test_a_clock_that_runs_goes_on_from_where_it_was_set(twin: Running):
    told = twin.web.post(f"{twin.url}/_twin/clock", json={"at": NOON.isoformat(), "runs": True}).json()
    assert datetime.fromisoformat(told["now"]) - NOON < timedelta(seconds=5)
    time.sleep(0.02)
    assert twin.twin.agenda.clock.now() > datetime.fromisoformat(told["now"])


def test_lost_news_never_come(twin: Running, listener: Listener):
    twin.behave("news_lost")
    charge(twin)
    assert twin.wait()["next_due_at"] is None
    assert listener.bodies == []
    assert len(twin.deeds("news_lost")) == 1


@pytest.mark.parametrize("copies", ["2", "20"])
def test_doubled_news_are_equal(twin: Running, listener: Listener, copies: str):
    twin.behave("news_twice", code=copies)
    charge(twin)
    twin.wait()
    assert len(listener.bodies) == int(copies)
    assert len(set(listener.bodies)) == 1


def test_reordered_news_come_after_the_next(twin: Running, listener: Listener):
    twin.behave("news_reordered", times=1)
    charge(twin, "r-1")
    twin.wait()
    assert listener.bodies == []
    charge(twin, "r-2")
    listener.wait(2)
    twin.wait()
    assert heard(listener) == ["r-2", "r-1"]


def test_early_news_come_before_the_answer(twin: Running, listener: Listener):
    twin.behave("news_early")
    twin.behave("slow", seconds=0.3)
    charge(twin)
    assert heard(listener) == ["r-1"]
    twin.wait()
    assert len(listener.bodies) == 1


def test_news_come_although_the_answer_was_lost(twin: Running, listener: Listener):
    twin.behave("timeout_after", seconds=0.1)
    with pytest.raises(OSError, match="Connection aborted"):
        charge(twin)
    assert len(listener.wait(1)) == 1


def test_the_twin_is_busy_until_the_news_are_heard(twin: Running, listener: Listener):
    for number in range(30):
        charge(twin, f"r-{number}")
        if not twin.idle()["in_flight"]:
            assert len(listener.bodies) == number + 1
    twin.wait()
    assert sorted(heard(listener)) == sorted(f"r-{number}" for number in range(30))


def test_a_rotated_key_signs_from_then_on(twin: Running, listener: Listener):
    charge(twin)
    listener.wait(1)
    told = {"former": KEY, "fresh": "sk_test_fresh"}
    assert twin.web.post(f"{twin.url}/_twin/keys", json=told).status_code == 200
    assert twin.ask("GET", "/transaction/verify/r-1", key="sk_test_fresh").json()["data"]["status"] == "success"
    number = twin.web.get(f"{twin.url}/_twin/news").json()["deliveries"][0]["number"]
    twin.web.post(f"{twin.url}/_twin/news/{number}/resend")
    body = listener.wait(2)[1]
    signature = hmac.new(b"sk_test_fresh", body, hashlib.sha512).hexdigest()
    assert listener.headers[1]["x-paystack-signature"] == signature


def test_a_refund_tells_each_of_its_steps(twin: Running, listener: Listener):
    twin.clock(NOON.isoformat())
    charge(twin)
    twin.ask("POST", "/refund", json={"transaction": "r-1"})
    while due := twin.wait()["next_due_at"]:
        twin.clock(due)
    events = [json.loads(body)["event"] for body in listener.bodies]
    assert sorted(events[:2]) == ["charge.success", "refund.pending"]
    assert events[2:] == ["refund.processing", "refund.processed"]
    told = json.loads(listener.bodies[-1])["data"]
    assert (told["transaction_reference"], told["amount"]) == ("r-1", "250000")
