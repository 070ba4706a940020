"""What every adapter answers to its twin, over real HTTP."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta

import pytest

from portal.core.money import Money
from portal.gateways.base import (
    Answer,
    ChargeOrder,
    CheckoutOrder,
    DeclineKind,
    GatewayRefusal,
    Outcome,
    RefundOrder,
    WrongAmount,
    WrongKey,
    WrongRequest,
    differences,
)
from portal.gateways.paystack import Paystack
from portal.gateways.registry import adapter_for
from portal.twins.paystack.cards import DECLINES
from tests.twins.running import KEY, PAYER, Listener, Running

PRICE = Money(250_000, "NGN")


def order(token: str, reference: str = "at-1", amount: Money = PRICE, email: str = PAYER) -> ChargeOrder:
    return ChargeOrder(reference, amount, email, token, notes={"invoice": "INV-1"})


def test_a_stored_card_is_charged(twin: Running, gateway: Paystack):
    heard = gateway.charge(order(twin.card()))
    assert heard.outcome is Outcome.SUCCEEDED
    assert (heard.amount, heard.fee, heard.mode) == (PRICE, Money(13_750, "NGN"), "test")
    assert heard.method is not None
    assert heard.method.last4 == "4081"
    assert heard.method.expires_on == date(2050, 12, 31)
    assert heard.method.is_reusable
    assert differences(heard, amount=PRICE, payer_email=PAYER, mode="test") == ()
    assert "authorization_code" not in str(heard.raw)
    assert len(twin.deeds("charged")) == 1


def test_the_same_reference_charges_once_and_is_then_looked_up(twin: Running, gateway: Paystack):
    token = twin.card()
    first = gateway.charge(order(token))
    again = gateway.charge(order(token))
    assert again.outcome is Outcome.UNKNOWN
    assert again.decline_code == "duplicate_reference"
    seen = gateway.look_up("at-1")
    assert seen.answer is Answer.FOUND
    assert seen.charge is not None
    assert seen.charge.outcome is Outcome.SUCCEEDED
    assert seen.charge.gateway_ref == first.gateway_ref
    assert len(twin.deeds("charged")) == 1


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("insufficient_funds", DeclineKind.RETRY_LATER),
        ("do_not_honor", DeclineKind.RETRY_LATER),
        ("expired_card", DeclineKind.NEW_METHOD_NEEDED),
        ("invalid_pin", DeclineKind.NEW_METHOD_NEEDED),
        ("pickup_stolen_card", DeclineKind.NEVER_RETRY),
        ("account_closed", DeclineKind.NEVER_RETRY),
        ("suspected_fraud", DeclineKind.SUSPECTED_FRAUD),
        ("unheard_of", DeclineKind.RETRY_LATER),
    ],
)
@pytest.mark.parametrize("way", ["decline", "decline_as_error"])
def test_a_decline_is_an_answer(twin: Running, gateway: Paystack, code: str, kind: DeclineKind, way: str):
    twin.behave(way, code=code)
    heard = gateway.charge(order(twin.card()))
    assert (heard.outcome, heard.decline) == (Outcome.DECLINED, kind)
    assert heard.decline_code in (code, "unknown")
    assert heard.reason
    assert twin.deeds("charged") == []


def test_every_decline_of_the_twin_is_a_decline_or_doubtful(twin: Running, gateway: Paystack):
    token = twin.card()
    doubtful = set()
    for number, code in enumerate(sorted(DECLINES)):
        twin.behave("decline", code=code, times=1)
        heard = gateway.charge(order(token, f"at-{number}"))
        seen = gateway.look_up(f"at-{number}").charge
        assert seen is not None
        assert seen.outcome is Outcome.DECLINED
        if heard.outcome is Outcome.UNKNOWN:
            doubtful.add(code)
        else:
            assert heard.outcome is Outcome.DECLINED
    assert doubtful == {"transaction_timeout", "response_received_too_late", "duplicate_transmission"}


@pytest.mark.parametrize("code", ["insufficient_funds", "expired_card", "pickup_lost_card", "do_not_honor"])
def test_a_decline_without_codes_is_understood_by_its_text(twin: Running, gateway: Paystack, code: str):
    twin.behave("decline", code=code)
    twin.behave("without_codes")
    assert gateway.charge(order(twin.card())).decline_code == code


def test_a_dead_token_needs_another_method_and_leaves_the_reference_unused(twin: Running, gateway: Paystack):
    assert gateway.charge(order("AUTH_nobody")).decline is DeclineKind.NEW_METHOD_NEEDED
    token = twin.card()
    assert gateway.charge(order(token, email="else@example.com")).decline is DeclineKind.NEW_METHOD_NEEDED
    assert gateway.forget(token) is Outcome.SUCCEEDED
    assert gateway.charge(order(token)).decline is DeclineKind.NEW_METHOD_NEEDED
    assert gateway.charge(order(twin.card())).outcome is Outcome.SUCCEEDED


def test_forgetting_what_is_not_known_is_done(twin: Running, gateway: Paystack):
    assert gateway.forget("AUTH_nobody") is Outcome.SUCCEEDED
    twin.behave("error_before", call="deactivate")
    assert gateway.forget(twin.card()) is Outcome.UNKNOWN


def test_a_card_under_regulation_is_tried_later(twin: Running, gateway: Paystack):
    twin.behave("regulated", times=1)
    heard = gateway.charge(order(twin.card()))
    assert (heard.outcome, heard.decline, heard.decline_code) == (
        Outcome.DECLINED,
        DeclineKind.RETRY_LATER,
        "card_regulated",
    )


def test_a_paused_charge_gives_a_link_that_finishes_it(twin: Running, gateway: Paystack):
    twin.behave("pause")
    heard = gateway.charge(order(twin.card()))
    assert heard.outcome is Outcome.ACTION_REQUIRED
    assert gateway.look_up("at-1").charge.outcome is Outcome.PENDING
    assert twin.pay(heard.action_url, answer="approve").status_code == 200
    assert gateway.look_up("at-1").charge.outcome is Outcome.SUCCEEDED


@pytest.mark.parametrize(("ends", "outcome"), [("success", Outcome.SUCCEEDED), ("failed", Outcome.DECLINED)])
def test_processing_is_pending_until_it_ends(twin: Running, gateway: Paystack, ends: str, outcome: Outcome):
    twin.clock("2026-03-01T08:00:00+00:00")
    twin.behave("processing", code=ends, seconds=3 * 86400)
    assert gateway.charge(order(twin.card())).outcome is Outcome.PENDING
    assert gateway.look_up("at-1").charge.outcome is Outcome.PENDING
    twin.clock("2026-03-04T08:00:00+00:00")
    twin.wait()
    assert gateway.look_up("at-1").charge.outcome is outcome


def test_a_page_is_offered_paid_and_looked_up(twin: Running, gateway: Paystack):
    asked = CheckoutOrder("at-1", PRICE, PAYER, "https://portal.example/back", "https://portal.example/stop")
    offered = gateway.checkout(asked)
    assert offered.outcome is Outcome.ACTION_REQUIRED
    assert gateway.look_up("at-1").charge.outcome is Outcome.ACTION_REQUIRED
    back = twin.pay(offered.link)
    assert back.headers["Location"] == "https://portal.example/back?trxref=at-1&reference=at-1"
    seen = gateway.look_up("at-1").charge
    assert seen.outcome is Outcome.SUCCEEDED
    assert gateway.charge(order(seen.method.token, "at-2")).outcome is Outcome.SUCCEEDED


def test_a_page_whose_link_was_lost_is_unknown(twin: Running, gateway: Paystack):
    asked = CheckoutOrder("at-1", PRICE, PAYER, "https://portal.example/back")
    twin.behave("error_after", call="initialize", times=1)
    assert gateway.checkout(asked).outcome is Outcome.UNKNOWN
    assert gateway.checkout(asked).outcome is Outcome.UNKNOWN


def test_refunds_are_made_listed_and_followed(twin: Running, gateway: Paystack):
    paid = gateway.charge(order(twin.card()))
    asked = RefundOrder(paid.gateway_ref, Money(50_000, "NGN"), "rf-1")
    begun = gateway.refund(asked)
    assert (begun.outcome, begun.amount, begun.note) == (Outcome.PENDING, asked.amount, "rf-1")
    listed = gateway.refunds_of(paid.gateway_ref)
    assert listed.answer is Answer.FOUND
    assert [one.gateway_ref for one in listed.refunds] == [begun.gateway_ref]
    twin.clock((datetime.now(UTC) + timedelta(minutes=1)).isoformat())
    twin.wait()
    twin.clock((datetime.now(UTC) + timedelta(minutes=5)).isoformat())
    twin.wait()
    assert gateway.refunds_of(paid.gateway_ref).refunds[0].outcome is Outcome.SUCCEEDED
    seen = gateway.look_up("at-1").charge
    assert seen.outcome is Outcome.SUCCEEDED
    assert seen.was_returned


def test_more_than_was_paid_is_not_given_back(twin: Running, gateway: Paystack):
    paid = gateway.charge(order(twin.card()))
    assert gateway.refund(RefundOrder(paid.gateway_ref, Money(250_001, "NGN"), "rf-1")).outcome is Outcome.DECLINED
    assert gateway.refund(RefundOrder("1", PRICE, "rf-1")).outcome is Outcome.DECLINED
    assert twin.deeds("refund_begun") == []


@pytest.mark.parametrize("way", ["timeout_after", "error_after", "cut", "truncated"])
def test_a_refund_whose_answer_was_lost_is_found_in_the_list(twin: Running, gateway: Paystack, way: str):
    paid = gateway.charge(order(twin.card()))
    twin.behave(way, call="refund")
    assert gateway.refund(RefundOrder(paid.gateway_ref, PRICE, "rf-1")).outcome is Outcome.UNKNOWN
    assert [one.note for one in gateway.refunds_of(paid.gateway_ref).refunds] == ["rf-1"]


def test_silence_in_a_list_is_no_empty_list(twin: Running, gateway: Paystack):
    twin.behave("error_before", call="list")
    assert gateway.refunds_of("1").answer is Answer.SILENT
    assert gateway.charges_between(datetime.now(UTC), datetime.now(UTC)).answer is Answer.SILENT


def test_charges_are_listed_by_window_and_page(twin: Running, gateway: Paystack):
    token = twin.card()
    twin.clock("2026-03-01T08:00:00+00:00")
    for number in range(101):
        gateway.charge(order(token, f"at-{number}"))
    twin.clock("2026-03-02T08:00:00+00:00")
    gateway.charge(order(token, "at-next-day"))
    since = datetime(2026, 3, 1, tzinfo=UTC)
    first = gateway.charges_between(since, since + timedelta(days=1))
    assert (len(first.charges), first.next_page) == (100, 2)
    second = gateway.charges_between(since, since + timedelta(days=1), 2)
    assert (len(second.charges), second.next_page) == (1, None)
    assert {one.reference for one in first.charges + second.charges} == {f"at-{number}" for number in range(101)}


def test_customers_are_known_once(twin: Running, gateway: Paystack):
    first = gateway.customer(PAYER, "Ada", "Obi")
    assert first.answer is Answer.FOUND
    assert gateway.customer(PAYER) == first


def test_the_connection_is_probed(twin: Running, gateway: Paystack):
    told = gateway.probe()
    assert told.ok
    assert "test mode" in told.account
    twin.behave("unauthorized", call="balance", times=1)
    assert not gateway.probe().ok
    twin.behave("error_before", call="balance", times=1)
    assert "did not answer" in gateway.probe().sentence


@pytest.mark.parametrize("way", ["unauthorized", "forbidden"])
def test_a_revoked_key_raises_and_nothing_is_charged(twin: Running, gateway: Paystack, way: str):
    token = twin.card()
    twin.behave(way)
    with pytest.raises(WrongKey):
        gateway.charge(order(token))
    for ask in (lambda: gateway.look_up("at-1"), lambda: gateway.refunds_of("1"), lambda: gateway.forget(token)):
        with pytest.raises(WrongKey):
            ask()
    assert twin.deeds("charged") == []


@pytest.mark.parametrize(("code", "pause"), [("delta", 7), ("epoch", 60), ("bare", None)])
def test_too_many_requests_means_not_sent(twin: Running, gateway: Paystack, code: str, pause: int | None):
    twin.behave("rate_limited", code=code)
    heard = gateway.charge(order(twin.card()))
    assert heard.outcome is Outcome.NOT_SENT
    assert heard.retry_after == pytest.approx(pause, abs=2) if pause else heard.retry_after is None
    assert gateway.look_up("at-1").answer is Answer.SILENT


@pytest.mark.parametrize(
    "amount",
    [
        Money(4_999, "NGN"),
        Money(99, "ZAR"),
        Money(0, "XOF"),
        Money(100_000, "IDR"),
        Money(100, "EUR"),
        -PRICE,
        Money(1_000_000_001, "NGN"),
    ],
)
def test_amounts_it_does_not_take_never_leave(twin: Running, gateway: Paystack, amount: Money):
    with pytest.raises(WrongAmount):
        gateway.charge(order("AUTH_x", amount=amount))
    with pytest.raises(WrongAmount):
        gateway.checkout(CheckoutOrder("at-1", amount, PAYER, "https://portal.example/back"))
    assert twin.deeds("initialized") == []


def test_a_currency_without_a_smaller_unit_travels_times_a_hundred(twin: Running, gateway: Paystack):
    price = Money(9_500, "XOF")
    heard = gateway.charge(order(twin.card(), amount=price))
    assert heard.amount == price
    assert twin.deeds("charged")[0]["amount"] == 950_000


@pytest.mark.parametrize("wrong", ["no email", "bad reference"])
def test_a_request_that_is_our_own_mistake_raises(twin: Running, gateway: Paystack, wrong: str):
    asked = order(twin.card(), email="nobody") if wrong == "no email" else order(twin.card(), reference="at_1 x")
    with pytest.raises(WrongRequest):
        gateway.charge(asked)
    assert issubclass(WrongRequest, GatewayRefusal)


def test_news_are_signed_and_believed_only_then(twin: Running, listener: Listener, gateway: Paystack):
    gateway.charge(order(twin.card()))
    body, headers = listener.wait(1)[0], listener.headers[0]
    assert gateway.is_genuine(body, headers)
    assert not gateway.is_genuine(body + b" ", headers)
    assert not gateway.is_genuine(body, {**headers, "x-paystack-signature": "ä"})
    assert not gateway.is_genuine(body, {})
    news = gateway.read_news(body)
    assert (news.kind, news.event, news.reference) == ("charge", "charge.success", "at-1")
    fresh = "sk_test_fresh"
    other = adapter_for("paystack", secrets={"secret_key": fresh}, base_url=twin.url)
    assert not other.is_genuine(body, headers)
    former = twin.twin.ledger.integrations[463_001].key
    assert adapter_for("paystack", secrets={"secret_key": fresh}, former_secrets=[{"secret_key": former}]).is_genuine(
        body, headers
    )


def test_many_threads_share_the_connections_and_hear_their_own_answers(twin: Running, gateway: Paystack):
    token = twin.card()
    patient = adapter_for("paystack", secrets={"secret_key": KEY}, base_url=twin.url)
    references = [f"at-{number}" for number in range(200)]
    with ThreadPoolExecutor(32) as pool:
        heard = list(pool.map(lambda reference: patient.charge(order(token, reference)), references))
    assert [one.reference for one in heard] == references
    assert {one.outcome for one in heard} == {Outcome.SUCCEEDED}
    assert {one.raw["reference"] for one in heard} == set(references)
    assert len(twin.deeds("charged")) == 200
