"""iPaymu's words, read without a server."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.core.money import Money
from portal.gateways.base import (
    Ability,
    Channel,
    CheckoutOrder,
    NewsKind,
    OfferedChannel,
    Outcome,
    WrongAmount,
    WrongKey,
    WrongRequest,
    differences,
)
from portal.gateways.ipaymu import Ipaymu
from portal.gateways.ipaymu_orders import direct_body, direct_of, page_body, page_of, plain
from portal.gateways.ipaymu_reading import charge_outcome, moment, offered, rows_of, rupiah, weight
from portal.gateways.ipaymu_signing import compact
from portal.gateways.registry import adapter_for, minimum

VA, KEY = "0000009900112233", "SANDBOX-TEST-0001-KEY"
SECRETS = {"va": VA, "api_key": KEY}
PRICE = Money(250_000, "IDR")
SESSION = "6c0f2a34-8a1e-4c55-9d7a-0b9f4f6d1e22"
PAID = {
    "TransactionId": 300451,
    "SessionId": SESSION,
    "ReferenceId": "at-1",
    "SubTotal": 250000,
    "Amount": 250000,
    "Fee": 3500,
    "Status": 1,
    "StatusDesc": "Berhasil",
    "PaidStatus": "paid",
    "SuccessDate": "2026-08-20 09:04:11",
    "SettlementDate": None,
    "BuyerEmail": "siti@example.test",
}
HOSTS = frozenset({"https://sandbox.ipaymu.com", "https://sandbox-payment.ipaymu.com"})
anything = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.lists(st.integers())
told = st.fixed_dictionaries({}, optional=dict.fromkeys(PAID, anything))


def order(**more) -> CheckoutOrder:
    given = {
        "reference": "at-1",
        "amount": PRICE,
        "payer_email": "siti@example.test",
        "return_url": "https://portal.example/back",
        "notify_url": "https://portal.example/hooks/ipaymu/x",
    }
    return CheckoutOrder(**given | more)


def test_what_it_cannot_do_is_not_claimed():
    lacking = {Ability.CHARGE, Ability.REFUND, Ability.FORGET_METHOD, Ability.NO_DUPLICATES, Ability.CUSTOMER}
    assert not lacking & Ipaymu.abilities
    assert Ability.DIRECT in Ipaymu.abilities


@pytest.mark.parametrize(
    ("secrets", "mode", "base_url"),
    [
        ({}, "test", ""),
        ({"va": "12a456"}, "test", ""),
        ({"va": VA, "api_key": ""}, "test", ""),
        ({"va": VA, "api_key": "with a blank in it"}, "test", ""),
        (SECRETS, "live", ""),
        (SECRETS, "test", "https://my.ipaymu.com"),
        ({"va": VA, "api_key": "production-key"}, "live", "http://127.0.0.1:9000"),
        ({"va": VA, "api_key": "production-key"}, "live", "https://sandbox.ipaymu.com"),
        ({"va": VA, "api_key": "production-key"}, "", "http://my.ipaymu.com"),
    ],
)
def test_keys_that_cannot_be_right_and_live_keys_that_would_go_elsewhere_are_refused(secrets, mode, base_url):
    with pytest.raises(WrongKey):
        adapter_for("ipaymu", secrets=secrets, mode=mode, base_url=base_url)


def test_the_mode_follows_the_key_where_the_account_does_not_say():
    assert adapter_for("ipaymu", secrets=SECRETS).mode == "test"
    assert adapter_for("ipaymu", secrets={"va": VA, "api_key": "production-key"}).mode == "live"


@pytest.mark.parametrize("amount", [Money(4_999, "IDR"), Money(1_000_000_000, "IDR"), Money(250_000, "NGN"), -PRICE])
def test_amounts_it_does_not_take_are_refused_before_any_call(amount: Money):
    with pytest.raises(WrongAmount):
        adapter_for("ipaymu", secrets=SECRETS).checkout(order(amount=amount))


def test_its_minimum_is_of_rupiah_alone():
    assert minimum("ipaymu", "IDR") == Money(5_000, "IDR")
    assert Ipaymu.least("NGN") is None


@pytest.mark.parametrize(
    "wrong",
    [
        {"notify_url": ""},
        {"return_url": "javascript:1"},
        {"payer_email": "nobody"},
        {"payer_email": "é@example.com"},
        {"reference": "at 1"},
        {"channel": Channel.VIRTUAL_ACCOUNT},
        {"channel": Channel.VIRTUAL_ACCOUNT, "bank": "dana"},
        {"channel": Channel.EWALLET},
    ],
)
def test_an_order_that_is_our_own_mistake_raises_before_any_call(wrong: dict):
    with pytest.raises(WrongRequest):
        adapter_for("ipaymu", secrets=SECRETS).checkout(order(**wrong))


def test_a_page_is_asked_for_with_one_line_and_our_own_fees():
    body = page_body(order(payer_name="Siti `Élan'", notes={"invoice": "INV-7001"}, expires_in=timedelta(hours=5)))
    assert body == {
        "product": ["INV-7001"],
        "qty": [1],
        "price": [250_000],
        "description": ["INV-7001"],
        "returnUrl": "https://portal.example/back",
        "cancelUrl": "https://portal.example/back",
        "notifyUrl": "https://portal.example/hooks/ipaymu/x",
        "referenceId": "at-1",
        "buyerName": "Siti Elan",
        "buyerEmail": "siti@example.test",
        "expired": 5,
        "feeDirection": "MERCHANT",
    }


@pytest.mark.parametrize(
    ("channel", "bank", "wish", "hours"),
    [
        (Channel.VIRTUAL_ACCOUNT, "bsi", 24, 3),
        (Channel.VIRTUAL_ACCOUNT, "bri", 24, 2),
        (Channel.VIRTUAL_ACCOUNT, "bni", 48, 48),
        (Channel.VIRTUAL_ACCOUNT, "bca", 24, None),
        (Channel.VIRTUAL_ACCOUNT, "permata", 0, 1),
        (Channel.CONVENIENCE_STORE, "alfamart", 48, None),
        (Channel.QRIS, "", 24, None),
    ],
)
def test_a_bank_sets_how_long_its_code_lives(channel: Channel, bank: str, wish: int, hours: int | None):
    body = direct_body(order(channel=channel, bank=bank, expires_in=timedelta(hours=wish)))
    assert body.get("expired") == hours
    assert body["feeDirection"] == "MERCHANT"
    assert body["amount"] == 250_000


@pytest.mark.parametrize("channel", [channel for channel in Channel if channel is not Channel.PAGE])
def test_no_body_holds_nothing_or_empty_words(channel: Channel):
    bank = {Channel.VIRTUAL_ACCOUNT: "bni", Channel.EWALLET: "dana", Channel.CONVENIENCE_STORE: "indomaret"}
    for body in (direct_body(order(channel=channel, bank=bank.get(channel, ""))), page_body(order())):
        assert not [name for name, value in body.items() if value in (None, "")]
        assert b": " not in compact(body)


def test_a_page_elsewhere_is_no_page():
    link = "https://sandbox-payment.ipaymu.com/#/x"
    found = page_of({"SessionID": SESSION, "Url": link}, order(), HOSTS)
    assert found is not None
    assert (found.link, found.session, found.gateway_ref) == (link, SESSION, "")
    for url in ("https://evil.example/#/x", "https://sandbox.ipaymu.com.evil.example/", "javascript:alert(1)", ""):
        assert page_of({"SessionID": SESSION, "Url": url}, order(), HOSTS) is None
    assert page_of({"Url": link}, order(), HOSTS) is None


def test_a_virtual_account_is_a_number_at_a_bank_until_a_time():
    answer = {
        "SessionId": "at-1", "TransactionId": 300451, "ReferenceId": "at-1", "Via": "VA", "Channel": "BNI",
        "PaymentNo": "0808000000300451", "PaymentName": "iPaymu Contoh", "SubTotal": 250000, "Total": 250000,
        "Fee": 3500, "Expired": "2026-08-21 09:00:00",
    }  # fmt: skip
    wanted = order(channel=Channel.VIRTUAL_ACCOUNT, bank="BNI")
    found = direct_of(answer, wanted, HOSTS)
    assert found is not None
    assert (found.number, found.bank, found.name) == ("0808000000300451", "bni", "iPaymu Contoh")
    assert found.expires_at == datetime(2026, 8, 21, 2, 0, tzinfo=UTC)
    assert (found.amount, found.fee, found.gateway_ref, found.link) == (PRICE, Money(3500, "IDR"), "300451", "")
    for hole in ({"ReferenceId": "at-2"}, {"TransactionId": None}, {"PaymentNo": ""}):
        assert direct_of(answer | hole, wanted, HOSTS) is None


def test_qris_is_a_text_and_a_wallet_a_link():
    answer = {"TransactionId": 1, "ReferenceId": "at-1", "PaymentNo": "000201X", "QrString": "000201Y"}
    found = direct_of(answer, order(channel=Channel.QRIS), HOSTS)
    assert found is not None
    assert (found.qr, found.number) == ("000201Y", "")
    for url, is_good in (("https://m.dana.id/x", True), ("http://m.dana.id/x", False), ("https://xdana.id/", False)):
        wallet = direct_of(answer | {"Url": url, "QrString": ""}, order(channel=Channel.EWALLET, bank="dana"), HOSTS)
        assert (wallet is not None) is is_good


@pytest.mark.parametrize(
    ("status", "outcome", "returned"),
    [
        (-2, Outcome.ACTION_REQUIRED, False),
        (0, Outcome.ACTION_REQUIRED, False),
        (1, Outcome.SUCCEEDED, False),
        (2, Outcome.DECLINED, False),
        (3, Outcome.SUCCEEDED, True),
        (4, Outcome.DECLINED, False),
        (5, Outcome.DECLINED, False),
        (6, Outcome.SUCCEEDED, False),
        (7, Outcome.SUCCEEDED, False),
        (9, Outcome.UNKNOWN, False),
        ("1", Outcome.SUCCEEDED, False),
        ("00", Outcome.ACTION_REQUIRED, False),
        (None, Outcome.UNKNOWN, False),
        (True, Outcome.UNKNOWN, False),
    ],
)
def test_every_status_has_its_meaning(status: object, outcome: Outcome, returned: bool):
    direct = PAID | {"Status": status, "PaidStatus": None, "SessionId": "at-1"}
    heard = charge_outcome(direct, "at-1", "test")
    assert (heard.outcome, heard.was_returned) == (outcome, returned)


def test_what_failed_on_a_page_leaves_the_page_open():
    heard = charge_outcome(PAID | {"Status": 5, "PaidStatus": "unpaid"}, "at-1", "test")
    assert (heard.outcome, heard.decline_code) == (Outcome.ACTION_REQUIRED, "failed")


def test_paid_is_paid_whatever_the_number_says():
    assert charge_outcome(PAID | {"Status": 11}, "at-1", "test").outcome is Outcome.SUCCEEDED


def test_a_payment_is_read_whole():
    heard = charge_outcome(PAID, "at-1", "test")
    assert (heard.outcome, heard.amount, heard.fee) == (Outcome.SUCCEEDED, PRICE, Money(3500, "IDR"))
    assert heard.paid_at == datetime(2026, 8, 20, 2, 4, 11, tzinfo=UTC)
    assert (heard.gateway_ref, heard.session) == ("300451", SESSION)
    assert differences(heard, amount=PRICE, payer_email="else@example.com", mode="test") == ()


@pytest.mark.parametrize(
    "twist",
    [
        {"SubTotal": None, "Amount": "x"},
        {"SubTotal": 0, "Amount": 0},
        {"TransactionId": None},
        {"TransactionId": True},
        {"ReferenceId": "at-2"},
        {"ReferenceId": None},
    ],
)
def test_a_success_with_a_hole_is_unknown(twist: dict):
    assert charge_outcome(PAID | twist, "at-1", "test").outcome is Outcome.UNKNOWN


@given(told)
def test_nothing_it_tells_breaks_the_reading(answer: dict):
    assert charge_outcome(answer, "at-1", "test").reference == "at-1"
    assert weight(answer)
    direct_of(answer, order(channel=Channel.QRIS), HOSTS)
    rows_of({"Transaction": [answer], "Pagination": answer})
    offered([answer])


@pytest.mark.parametrize(
    ("value", "amount"),
    [(1500, 1500), ("1500", 1500), ("1399.02", 1399), ("1399.50", 1400), (10.0, 10), ("-5", -5)],
)
def test_money_comes_as_numbers_and_as_text(value: object, amount: int):
    assert rupiah(value) == Money(amount, "IDR")


@pytest.mark.parametrize("value", ["", "-", None, True, "x", "NaN", "Infinity", "1e400", 10**30, [], float("nan")])
def test_what_is_no_amount_is_none(value: object):
    assert rupiah(value) is None


@pytest.mark.parametrize("value", ["-", "", None, 5, "2026-13-01 00:00:00", "0001-01-01 00:00:00"])
def test_what_is_no_time_is_none(value: object):
    assert moment(value) is None


def test_of_several_transactions_the_first_paid_counts_then_the_last_open():
    def row(number: int, status: int) -> dict:
        return {"TransactionId": number, "Status": status}

    rows = [row(1, -2), row(2, 0), row(3, 0)]
    assert max(rows, key=weight)["TransactionId"] == 3
    assert max([*rows, row(5, 1), row(4, 7)], key=weight)["TransactionId"] == 4


def test_the_history_is_read_in_both_shapes():
    assert rows_of({"Transaction": [PAID], "Pagination": {"total_pages": 3}}) == ([PAID], 3)
    assert rows_of({"Results": [PAID], "Total_Page": "2"}) == ([PAID], 2)
    assert rows_of({"Transaction": None}) is None
    assert rows_of(None) is None


def test_the_ways_to_pay_are_listed_without_those_we_cannot_use():
    channels = [
        {"Code": "bni", "Name": "BNI", "FeatureStatus": "active", "HealthStatus": "online"},
        {"Code": "bri", "Name": "", "FeatureStatus": "active", "HealthStatus": "offline"},
    ]
    listed = [{"Code": "va", "Channels": channels}, {"Code": "cod", "Channels": channels}, {"Code": "ewallet-asia"}]
    assert offered(listed) == (
        OfferedChannel(Channel.VIRTUAL_ACCOUNT, "bni", "BNI", True),
        OfferedChannel(Channel.VIRTUAL_ACCOUNT, "bri", "BRI", False),
    )


def test_a_callback_is_a_claim():
    gateway = adapter_for("ipaymu", secrets=SECRETS)
    news = gateway.read_news(b"trx_id=300451&sid=X&reference_id=at-1&status=berhasil&sub_total=250000")
    assert (news.kind, news.reference, news.gateway_ref, news.session) == (NewsKind.CHARGE, "at-1", "300451", "X")
    assert (news.claims, news.amount) == (Outcome.SUCCEEDED, PRICE)
    assert gateway.read_news(b"\xff").kind is NewsKind.UNREADABLE
    assert gateway.read_news(b"{}").kind is NewsKind.OTHER
    assert not gateway.is_genuine(b"\xff", {"X-Signature": "0"})


def test_words_are_made_plain():
    assert plain(" Él`an\u2019s \t\x00 \U0001f600plan ") == "Elans plan"
