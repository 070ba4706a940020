"""Silence, nonsense and lies: what an adapter makes of them. One charge at most, and never a wrong success."""

import time

import pytest

from portal.core.money import Money
from portal.gateways.base import Answer, ChargeOrder, Outcome, differences
from portal.gateways.paystack import Paystack
from portal.twins.faults import SERVER_ERRORS, UNREADABLE
from tests.twins.running import PAYER, Running

PRICE = Money(250_000, "NGN")


def order(token: str) -> ChargeOrder:
    return ChargeOrder("at-1", PRICE, PAYER, token)


@pytest.mark.parametrize(
    ("way", "code", "is_charged"),
    [
        ("timeout_before", "", False),
        ("timeout_after", "", True),
        ("reset_before", "", False),
        ("reset_after", "", True),
        ("cut", "", True),
        ("truncated", "", True),
        ("oversized", "", True),
        ("drip", "", True),
        ("slow", "", True),
        *[("error_before", status, False) for status in SERVER_ERRORS],
        *[("error_after", status, True) for status in SERVER_ERRORS],
        *[("unreadable", variant, True) for variant in UNREADABLE],
    ],
)
def test_silence_is_unknown_and_the_look_up_tells(
    twin: Running, gateway: Paystack, way: str, code: str, is_charged: bool
):
    twin.behave(way, code=code, seconds=2.5, times=1)
    began = time.monotonic()
    heard = gateway.charge(order(twin.card()))
    assert heard.outcome is Outcome.UNKNOWN
    assert time.monotonic() - began < 2
    assert bool(twin.deeds("charged")) is is_charged
    seen = gateway.look_up("at-1")
    assert seen.answer is (Answer.FOUND if is_charged else Answer.NOT_FOUND)


@pytest.mark.parametrize("way", ["string_true", "missing_fields", "wrong_reference"])
def test_a_success_that_is_not_told_properly_is_unknown(twin: Running, gateway: Paystack, way: str):
    twin.behave(way)
    assert gateway.charge(order(twin.card())).outcome is Outcome.UNKNOWN
    assert len(twin.deeds("charged")) == 1


@pytest.mark.parametrize("what", ["amount", "currency", "customer", "mode"])
def test_a_success_that_is_not_what_was_asked_is_told_as_it_is(twin: Running, gateway: Paystack, what: str):
    twin.behave(f"wrong_{what}", call="any")
    heard = gateway.charge(order(twin.card()))
    assert heard.outcome is Outcome.SUCCEEDED
    assert differences(heard, amount=PRICE, payer_email=PAYER, mode="test") == (what,)
    seen = gateway.look_up("at-1").charge
    assert differences(seen, amount=PRICE, payer_email=PAYER, mode="test") == (what,)


@pytest.mark.parametrize("way", ["error_before", "timeout_before", "truncated", "reset_before", "string_true"])
def test_a_silent_look_up_is_not_a_missing_reference(twin: Running, gateway: Paystack, way: str):
    gateway.charge(order(twin.card()))
    twin.behave(way, call="verify", seconds=1.5)
    assert gateway.look_up("at-1").answer is Answer.SILENT


def test_a_reference_can_be_missing_for_a_while(twin: Running, gateway: Paystack):
    gateway.charge(order(twin.card()))
    twin.behave("not_found", times=2)
    assert [gateway.look_up("at-1").answer for _ in range(3)] == [Answer.NOT_FOUND, Answer.NOT_FOUND, Answer.FOUND]


@pytest.mark.parametrize(
    ("status", "outcome", "was_returned"),
    [
        ("failed", Outcome.DECLINED, False),
        ("abandoned", Outcome.ACTION_REQUIRED, False),
        ("processing", Outcome.PENDING, False),
        ("reversal-pending", Outcome.SUCCEEDED, True),
        ("reversed", Outcome.SUCCEEDED, True),
        ("unheard-of", Outcome.UNKNOWN, False),
    ],
)
def test_a_look_up_says_what_it_says(
    twin: Running, gateway: Paystack, status: str, outcome: Outcome, was_returned: bool
):
    gateway.charge(order(twin.card()))
    twin.behave("wrong_status", code=status)
    seen = gateway.look_up("at-1").charge
    assert (seen.outcome, seen.was_returned) == (outcome, was_returned)


def test_a_forced_duplicate_answer_is_never_a_decline(twin: Running, gateway: Paystack):
    twin.behave("duplicate")
    heard = gateway.charge(order(twin.card()))
    assert (heard.outcome, heard.decline_code) == (Outcome.UNKNOWN, "duplicate_reference")


def test_a_twin_that_is_gone_was_not_asked(gateway: Paystack, twin: Running):
    gateway._base_url = "http://127.0.0.1:1"
    assert gateway.charge(order("AUTH_x")).outcome is Outcome.NOT_SENT
    assert gateway.look_up("at-1").answer is Answer.SILENT
    assert "cannot be reached" in gateway.probe().sentence
