"""Paystack's words, read without a server."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portal.core.errors import NotFound
from portal.core.money import Money
from portal.gateways.base import DECLINE_SENTENCES, DeclineKind, NewsKind, Outcome, WrongKey
from portal.gateways.paystack import Paystack
from portal.gateways.paystack_reading import charge_outcome, money, refund_outcome, stored_method, wire_amount
from portal.gateways.paystack_tables import DECLINES, DOUBTFUL, ISO_CODES, MINIMA
from portal.gateways.registry import adapter_for, minimum

VECTOR_BODY = b'{"event":"charge.success","data":{"id":6100000001,"reference":"inv-481-a1","amount":250000}}'
VECTOR_SIGNATURE = (
    "e539ac277314a95b844611685438e31ad6466a7c9f393d6c824e0d2ab5188eeb"
    "d14e7e1b4d2d0ee24314e7e3141243b5f265d23aef3890a6ef316c02a8be4743"
)
PAID = {
    "id": 6_641_908_848,
    "domain": "test",
    "status": "success",
    "reference": "at-1",
    "amount": 250_000,
    "currency": "NGN",
    "gateway_response": "Successful",
    "paid_at": "2026-11-20T09:15:02.000Z",
    "fees": 3_750,
    "customer": {"email": "ada@example.com"},
    "authorization": {"authorization_code": "AUTH_1", "exp_month": "2", "exp_year": "2028", "reusable": True},
}
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
told = st.fixed_dictionaries({}, optional=dict.fromkeys([*PAID, "requested_amount", "response_code"], anything))


def paystack(key: str = "sk_test_vector_only") -> Paystack:
    return adapter_for("paystack", secrets={"secret_key": key})


def test_the_signature_of_the_known_vector():
    gateway = paystack()
    assert len(VECTOR_BODY) == 92
    assert gateway.is_genuine(VECTOR_BODY, {"X-Paystack-Signature": VECTOR_SIGNATURE})
    assert not gateway.is_genuine(VECTOR_BODY, {"X-Paystack-Signature": VECTOR_SIGNATURE[:-1] + "4"})
    assert not paystack("sk_test_other").is_genuine(VECTOR_BODY, {"x-paystack-signature": VECTOR_SIGNATURE})


@pytest.mark.parametrize("key", ["", "pk_test_x", "sk_live_", "sk_prod_x", "sk_test_x\n", "sk_test_ä"])
def test_what_cannot_be_a_secret_key_is_refused(key: str):
    with pytest.raises(WrongKey):
        paystack(key)


def test_a_live_key_never_travels_in_the_clear():
    assert paystack("sk_live_x").mode == "live"
    with pytest.raises(WrongKey):
        adapter_for("paystack", secrets={"secret_key": "sk_live_x"}, base_url="http://api.paystack.co")


def test_a_gateway_that_does_not_exist_is_not_found():
    with pytest.raises(NotFound):
        adapter_for("ipaymoo", secrets={"secret_key": "sk_test_x"})


@pytest.mark.parametrize(
    ("amount", "wire"),
    [(Money(250_000, "NGN"), 250_000), (Money(95, "XOF"), 9_500), (Money(95, "JPY"), 9_500), (Money(10, "GHS"), 10)],
)
def test_amounts_travel_in_hundredths(amount: Money, wire: int):
    assert wire_amount(amount) == wire
    assert money(wire, amount.currency) == amount


def test_minima_are_money():
    assert {currency: paystack().minimum(currency) for currency in MINIMA}["XOF"] == Money(1, "XOF")
    assert paystack().minimum("IDR") is None
    assert minimum("paystack", "XOF") == Money(1, "XOF")
    assert minimum("paystack", "NGN") == Money(5_000, "NGN")
    assert minimum("paystack", "IDR") == Money.zero("IDR")


def test_a_payment_is_read_whole():
    heard = charge_outcome(PAID, "at-1", is_final=True)
    assert heard.outcome is Outcome.SUCCEEDED
    assert (heard.amount, heard.fee) == (Money(250_000, "NGN"), Money(3_750, "NGN"))
    assert heard.paid_at == datetime(2026, 11, 20, 9, 15, 2, tzinfo=UTC)
    assert heard.method is not None
    assert heard.method.expires_on == date(2028, 2, 29)


def test_fees_that_the_payer_bore_are_not_ours():
    heard = charge_outcome(PAID | {"amount": 40_333, "requested_amount": 30_050}, "at-1", is_final=True)
    assert heard.amount == Money(30_050, "NGN")
    part_paid = charge_outcome(PAID | {"amount": 20_000, "requested_amount": 30_050}, "at-1", is_final=True)
    assert part_paid.amount == Money(20_000, "NGN")


@pytest.mark.parametrize(
    "twist",
    [
        {"amount": None},
        {"amount": True},
        {"amount": 2500.5},
        {"currency": "XXQ"},
        {"id": None},
        {"domain": "staging"},
        {"reference": "at-2"},
        {"status": True},
        {"status": "Success"},
    ],
)
def test_a_success_with_a_hole_is_unknown(twist: dict):
    assert charge_outcome(PAID | twist, "at-1", is_final=True).outcome is Outcome.UNKNOWN


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(told)
def test_nothing_in_an_answer_can_break_the_reading(answer: dict):
    heard = charge_outcome(answer, "at-1", is_final=True)
    assert heard.outcome is not Outcome.SUCCEEDED or heard.amount is not None
    refund_outcome(answer)
    stored_method(answer, "ada@example.com")


@given(st.binary(max_size=200))
def test_news_are_read_without_raising(body: bytes):
    assert paystack().read_news(body).kind in set(NewsKind)


@pytest.mark.parametrize(
    ("body", "kind", "reference"),
    [
        (VECTOR_BODY, NewsKind.CHARGE, "inv-481-a1"),
        (b'{"event":"refund.processed","data":{"id":"1","transaction_reference":"at-1"}}', NewsKind.REFUND, "at-1"),
        (
            b'{"event":"charge.dispute.create","data":{"id":1,"transaction":{"reference":"at-1"}}}',
            NewsKind.DISPUTE,
            "at-1",
        ),
        (b'{"event":"subscription.expiring_cards","data":[{}]}', NewsKind.OTHER, ""),
        (b'{"event":{},"data":{"reference":{}}}', NewsKind.OTHER, ""),
        (b"", NewsKind.UNREADABLE, ""),
        (b"event=charge.success", NewsKind.UNREADABLE, ""),
    ],
)
def test_news_name_what_they_are_about(body: bytes, kind: NewsKind, reference: str):
    news = paystack().read_news(body)
    assert (news.kind, news.reference) == (kind, reference)


def test_every_code_has_a_kind_and_every_kind_a_sentence():
    assert set(ISO_CODES.values()) <= set(DECLINES) | DOUBTFUL
    assert set(DECLINE_SENTENCES) == set(DeclineKind)
    assert not set(DECLINES) & DOUBTFUL


def test_what_is_kept_raw_can_be_stored_and_charges_nothing():
    heard = charge_outcome(PAID | {"note": "a\x00b\ud800"}, "at-1", is_final=True)
    assert heard.raw["note"] == "ab?"
    assert "AUTH_1" not in str(heard.raw)
