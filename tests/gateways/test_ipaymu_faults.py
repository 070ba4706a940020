"""Silence, nonsense and lies of iPaymu. Never a wrong success, and never a payable that nobody can find again."""

import time
from datetime import UTC, datetime, timedelta

import pytest

from portal.core.money import Money
from portal.gateways.base import Answer, Channel, Outcome, differences
from portal.gateways.ipaymu import Ipaymu
from portal.twins.faults import SERVER_ERRORS, UNREADABLE
from tests.gateways.test_ipaymu_contract import NOON, PRICE, gateway, order, shared_ipaymu, twin
from tests.twins.running_ipaymu import BUYER, RunningIpaymu

__all__ = ["gateway", "shared_ipaymu", "twin"]


def since() -> datetime:
    """Before anything was made here, also when a day begins in Jakarta meanwhile."""
    return datetime.now(UTC) - timedelta(minutes=5)


@pytest.mark.parametrize(
    ("way", "code", "is_made"),
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
def test_silence_is_unknown_and_the_history_tells(
    twin: RunningIpaymu, gateway: Ipaymu, way: str, code: str, is_made: bool
):
    twin.behave(way, code=code, seconds=2.5, times=1, call="direct")
    began = time.monotonic()
    offered = gateway.checkout(order(channel=Channel.VIRTUAL_ACCOUNT, bank="bni"))
    assert offered.outcome is Outcome.UNKNOWN
    assert time.monotonic() - began < 2
    seen = gateway.look_up("at-1", since=since())
    assert seen.answer is (Answer.FOUND if is_made else Answer.NOT_FOUND)


@pytest.mark.parametrize("call", ["history", "check"])
@pytest.mark.parametrize("way", ["error_before", "timeout_before", "truncated", "reset_before", "rate_limited"])
def test_a_silent_look_up_is_not_a_missing_reference(twin: RunningIpaymu, gateway: Ipaymu, way: str, call: str):
    gateway.checkout(order(channel=Channel.QRIS))
    twin.behave(way, call=call, seconds=1.5)
    assert gateway.look_up("at-1", since=since()).answer is Answer.SILENT


def test_a_page_is_missing_from_the_history_until_somebody_chose(twin: RunningIpaymu, gateway: Ipaymu):
    twin.behave("error_after", call="payment", times=1)
    assert gateway.checkout(order()).outcome is Outcome.UNKNOWN
    assert gateway.look_up("at-1", since=since()).answer is Answer.NOT_FOUND


def test_too_many_requests_means_not_sent(twin: RunningIpaymu, gateway: Ipaymu):
    twin.behave("rate_limited")
    assert gateway.checkout(order()).outcome is Outcome.NOT_SENT
    assert gateway.charges_between(since(), since()).answer is Answer.SILENT
    assert gateway.channels().answer is Answer.SILENT
    assert not gateway.probe().ok


def test_an_address_that_is_gone_was_not_asked(gateway: Ipaymu):
    gateway._calls._base_url = "http://127.0.0.1:1"
    assert gateway.checkout(order()).outcome is Outcome.NOT_SENT
    assert gateway.look_up("at-1").answer is Answer.SILENT
    assert "cannot be reached" in gateway.probe().sentence


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        ("-2", Outcome.ACTION_REQUIRED),
        ("0", Outcome.ACTION_REQUIRED),
        ("1", Outcome.SUCCEEDED),
        ("2", Outcome.DECLINED),
        ("3", Outcome.SUCCEEDED),
        ("4", Outcome.DECLINED),
        ("5", Outcome.DECLINED),
        ("6", Outcome.SUCCEEDED),
        ("7", Outcome.SUCCEEDED),
        ("99", Outcome.UNKNOWN),
    ],
)
def test_a_look_up_says_what_it_says(twin: RunningIpaymu, gateway: Ipaymu, status: str, outcome: Outcome):
    offered = gateway.checkout(order(channel=Channel.QRIS))
    twin.behave("wrong_status", code=status)
    seen = gateway.look_up("at-1", gateway_ref=offered.gateway_ref).charge
    assert (seen.outcome, seen.was_returned) == (outcome, status == "3")


def test_a_wrong_amount_is_told_as_it_is(twin: RunningIpaymu, gateway: Ipaymu):
    offered = gateway.checkout(order(channel=Channel.QRIS))
    twin.pay(int(offered.gateway_ref))
    twin.behave("wrong_amount")
    seen = gateway.look_up("at-1", gateway_ref=offered.gateway_ref).charge
    assert seen.outcome is Outcome.SUCCEEDED
    assert differences(seen, amount=PRICE, payer_email=BUYER, mode="test") == ("amount",)


def test_half_is_told_as_half(twin: RunningIpaymu, gateway: Ipaymu):
    twin.clock(NOON.isoformat())
    twin.behave("pays_less", seconds=60)
    offered = gateway.checkout(order(channel=Channel.VIRTUAL_ACCOUNT, bank="bni"))
    twin.clock((NOON + timedelta(minutes=2)).isoformat())
    twin.wait()
    seen = gateway.look_up("at-1", gateway_ref=offered.gateway_ref).charge
    assert (seen.outcome, seen.amount) == (Outcome.SUCCEEDED, Money(125_000, "IDR"))


@pytest.mark.parametrize(("way", "answer"), [("wrong_reference", Answer.SILENT), ("wrong_session", Answer.SILENT)])
def test_a_transaction_that_is_another_ones_proves_nothing(
    twin: RunningIpaymu, gateway: Ipaymu, way: str, answer: Answer
):
    page = gateway.checkout(order())
    number = twin.press(page.link)["transaction"]
    twin.behave(way)
    seen = gateway.look_up("at-1", gateway_ref=str(number), session=page.session)
    assert (seen.answer, seen.charge) == (answer, None)


def test_a_success_with_holes_is_unknown(twin: RunningIpaymu, gateway: Ipaymu):
    offered = gateway.checkout(order(channel=Channel.QRIS))
    twin.pay(int(offered.gateway_ref))
    twin.behave("missing_fields")
    seen = gateway.look_up("at-1", gateway_ref=offered.gateway_ref)
    assert (seen.answer, seen.charge) == (Answer.SILENT, None)
