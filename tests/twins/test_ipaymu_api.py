"""iPaymu's calls: who may ask, what is refused in which words, and the odd ways in which it answers."""

import json
from datetime import datetime, timedelta

import pytest
import requests

from tests.twins.running_ipaymu import API_KEY, BUYER, NOTIFY, VA, RunningIpaymu, signature

REDIRECT = (
    '{"product":["Pro plan, Aug 2026"],"qty":[1],"price":[250000],"description":["Invoice INV-7001"],'
    '"returnUrl":"https://portal.example.test/pay/return?inv=7001",'
    '"cancelUrl":"https://portal.example.test/pay/cancel?inv=7001",'
    '"notifyUrl":"https://portal.example.test/hooks/ipaymu","referenceId":"INV-7001-1",'
    '"buyerName":"Siti \\u00c9lan","buyerEmail":"siti@example.test","buyerPhone":"081200000001",'
    '"expired":24,"feeDirection":"MERCHANT"}'
)
# Worked out apart from this code: what was sent, and its signature.
VECTORS = [
    (
        "balance",
        '{"account":"0000009900112233"}',
        "7266e93440b3a0adee097ad76c36e31a491f6b2c33c5c2ac5ec9591374d58807",
    ),
    ("payment", REDIRECT, "ca713094b78a1e199ae167cb41d051582c69c9803a883afc1783a348731206e5"),
]
LISTING = "9ff31f9a327da6e1daf12e2f963da6097c554509efa4bf060fcf16f27f4a9b8f"


def post(twin: RunningIpaymu, path: str, text: str, signed: str, kind: str = "application/json"):
    headers = {"va": VA, "signature": signed, "Content-Type": kind}
    return twin.web.post(f"{twin.url}/api/v2/{path}", data=text.encode(), headers=headers)


@pytest.mark.parametrize(("path", "text", "signed"), VECTORS)
def test_the_known_signatures_are_believed(ipaymu: RunningIpaymu, path: str, text: str, signed: str):
    assert post(ipaymu, path, text, signed).status_code == 200
    answer = post(ipaymu, path, text, signed[:-1] + ("0" if signed[-1] != "0" else "1"))
    assert (answer.status_code, answer.json()["Message"]) == (401, "unauthorized signature")


def test_the_list_of_channels_is_signed_over_two_braces(ipaymu: RunningIpaymu):
    answer = ipaymu.web.get(f"{ipaymu.url}/api/v2/payment-channels", headers={"va": VA, "signature": LISTING})
    told = answer.json()["Data"]
    assert {"va", "cstore", "qris", "ewallet", "cc"} <= {one["Code"] for one in told}
    assert "Channels" not in told[-1]


def test_what_was_read_is_signed_and_not_its_bytes(ipaymu: RunningIpaymu):
    signed = signature("POST", '{"account":"0000009900112233"}')
    assert post(ipaymu, "balance", '{ "account" : "0000009900112233" }', signed).status_code == 200
    ipaymu.switch(is_strict_raw=True)
    assert post(ipaymu, "balance", '{ "account" : "0000009900112233" }', signed).status_code == 401
    assert post(ipaymu, "balance", '{"account":"0000009900112233"}', signed).status_code == 200


@pytest.mark.parametrize("value", [None, ""])
def test_nothing_inside_spoils_the_signature(ipaymu: RunningIpaymu, value: str | None):
    told = {"account": VA, "note": value}
    assert ipaymu.ask("balance", told).status_code == 401
    ipaymu.switch(refuses_empty=False)
    assert ipaymu.ask("balance", told).status_code == 200


def test_forms_are_read_too(ipaymu: RunningIpaymu):
    told = {"product": ["A", "B"], "qty": ["1", "2"], "price": ["5000", "10000"], "notifyUrl": NOTIFY}
    headers = {"va": VA, "signature": signature("POST", json.dumps(told, separators=(",", ":")))}
    pairs = [(f"{name}[]", one) for name in ("product", "qty", "price") for one in told[name]] + [("notifyUrl", NOTIFY)]
    url = f"{ipaymu.url}/api/v2/payment"
    assert ipaymu.web.post(url, data=pairs, headers=headers).status_code == 200
    files = [(name, (None, value)) for name, value in pairs]
    assert ipaymu.web.post(url, files=files, headers=headers).status_code == 200
    assert [deed["amount"] for deed in ipaymu.deeds("initialized")] == [25_000, 25_000]


@pytest.mark.parametrize(
    ("headers", "message"),
    [
        ({"va": ""}, "invalid header param - va is required"),
        ({"signature": ""}, "invalid header param - signature is required"),
        ({"va": "999999"}, "unauthorized credential"),
        ({"signature": "00"}, "unauthorized signature"),
        ({"signature": "é"}, "unauthorized signature"),
    ],
)
def test_who_may_not_ask(ipaymu: RunningIpaymu, headers: dict, message: str):
    headers = {name: value.encode() if name == "signature" else value for name, value in headers.items()}
    answer = ipaymu.ask("balance", {"account": VA}, **headers)
    assert (answer.status_code, answer.json()) == (
        401,
        {"Status": 401, "Success": False, "Message": message, "Data": None},
    )


@pytest.mark.parametrize(
    ("path", "change", "says"),
    [
        ("payment/direct", {"name": None}, {"name": ["name wajib diisi."]}),
        ("payment/direct", {"amount": "much"}, {"amount": ["amount harus berupa angka."]}),
        (
            "payment/direct",
            {"paymentChannel": "moon"},
            {"paymentChannel": ["payment channel yang dipilih tidak valid."]},
        ),
        ("payment/direct", {"expired": "soon"}, {"expired": ["expired harus berupa angka."]}),
        ("transaction", {}, {"transactionId": ["transaction id wajib diisi."]}),
        ("balance", {"account": "1"}, {"account": ["Invalid va"]}),
        ("history", {"startdate": "yesterday"}, {"startdate": ["startdate bukan tanggal yang valid."]}),
    ],
)
def test_wrong_fields_are_named_in_indonesian(ipaymu: RunningIpaymu, path: str, change: dict, says: dict):
    told: dict = {}
    if path == "payment/direct":
        told = {"name": "S", "phone": "0812", "email": BUYER, "amount": 9000, "notifyUrl": NOTIFY}
        told |= {"paymentMethod": "va", "paymentChannel": "bni"}
    told = {name: value for name, value in (told | change).items() if value is not None}
    answer = ipaymu.ask(path, told)
    assert (answer.status_code, answer.json()["Status"], answer.json()["Error"]) == (400, 400, says)


@pytest.mark.parametrize(
    ("change", "status", "message"),
    [
        ({"price": [4999]}, 400, "Total price min Rp 5000 and max Rp 999999999"),
        ({"price": [1_000_000_000]}, 400, "Total price min Rp 5000 and max Rp 999999999"),
        ({"notifyUrl": "nowhere"}, 400, "Format isian notify url tidak valid."),
        ({"price": [1, 2]}, 400, "invalid request"),
        ({"paymentMethod": "gold"}, 400, "payment method yang dipilih tidak valid."),
    ],
)
def test_rules_of_a_page(ipaymu: RunningIpaymu, change: dict, status: int, message: str):
    told = {"product": ["A"], "qty": [1], "price": [9000], "notifyUrl": NOTIFY} | change
    answer = ipaymu.ask("payment", told)
    assert (answer.status_code, answer.json()["Message"]) == (status, message)


def test_in_production_only_registered_hosts_are_taken(ipaymu: RunningIpaymu):
    ipaymu.switch(allowed_hosts="shop.example.test, 127.0.0.1")
    assert ipaymu.page()
    told = {"product": ["A"], "qty": [1], "price": [9000], "notifyUrl": "https://else.example.test/"}
    answer = ipaymu.ask("payment", told)
    assert (answer.status_code, answer.json()["Message"]) == (406, "invalid domain")


def test_a_page_tells_a_session_and_no_transaction(ipaymu: RunningIpaymu):
    told = ipaymu.ask("payment", json.loads(REDIRECT)).json()
    assert told["Success"] is True
    assert set(told["Data"]) == {"SessionID", "Url"}
    assert told["Data"]["Url"].endswith(told["Data"]["SessionID"])
    assert ipaymu.check(told["Data"]["SessionID"])["Message"] == "transaction not found"


def test_a_direct_payment_is_a_transaction_at_once(ipaymu: RunningIpaymu):
    told = ipaymu.direct("INV-1-1")
    assert (told["SessionId"], told["ReferenceId"], told["Via"], told["Channel"]) == ("INV-1-1", "INV-1-1", "VA", "BNI")
    assert told["PaymentNo"].isdigit()
    assert (told["SubTotal"], told["Total"], told["Fee"]) == (250_000, 250_000, 3500)
    seen = ipaymu.check(str(told["TransactionId"]))["Data"]
    assert (seen["Status"], seen["PaidStatus"], seen["SuccessDate"]) == (0, "unpaid", None)


def test_the_buyer_may_bear_the_fee(ipaymu: RunningIpaymu):
    told = ipaymu.direct(via="qris", channel="mpm", feeDirection="BUYER", amount=150_000)
    assert (told["SubTotal"], told["Fee"], told["Total"]) == (150_000, 1050, 151_050)
    assert told["QrString"].startswith("000201")
    assert ipaymu.web.get(told["QrImage"]).headers["Content-Type"] == "image/svg+xml"


def test_a_wallet_has_a_page_and_no_number(ipaymu: RunningIpaymu):
    told = ipaymu.direct(via="ewallet", channel="dana")
    assert told["PaymentNo"] == ""
    assert "DANA" in ipaymu.web.get(told["Url"]).text


@pytest.mark.parametrize(("channel", "hours"), [("bri", 2), ("bsi", 3), ("bca", 12), ("mandiri", 24), ("bni", 24)])
def test_banks_cap_the_life_of_a_number(ipaymu: RunningIpaymu, channel: str, hours: int):
    ipaymu.clock("2026-08-20T02:00:00+00:00")
    told = ipaymu.direct(channel=channel, expired=24)
    begun = datetime.fromisoformat("2026-08-20 09:00:00")
    assert datetime.fromisoformat(told["Expired"]) == begun + timedelta(hours=hours)


def test_the_same_reference_makes_payable_after_payable(ipaymu: RunningIpaymu):
    first, second = ipaymu.direct("INV-1"), ipaymu.direct("INV-1")
    assert first["TransactionId"] < second["TransactionId"]
    assert len({ipaymu.page("INV-1"), ipaymu.page("INV-1")}) == 2


def test_the_history_is_paged_newest_first_and_knows_no_references(ipaymu: RunningIpaymu):
    for number in range(45):
        ipaymu.direct(f"INV-{number}")
    told = ipaymu.ask("history", {"limit": 50, "page": 3}).json()["Data"]
    assert [row["ReferenceId"] for row in told["Transaction"]] == [f"INV-{number}" for number in range(4, -1, -1)]
    assert told["Pagination"] == {"total": 45, "count": 5, "per_page": 20, "current_page": 3, "total_pages": 3}
    assert ipaymu.ask("history", {"referenceId": "INV-1"}).json()["Data"]["Pagination"]["total"] == 45
    ipaymu.switch(history_shape="site")
    told = ipaymu.ask("history", {"limit": 20, "page": 2}).json()["Data"]
    assert (len(told["Results"]), told["Total"], told["Total_Page"]) == (20, 45, 3)


def test_the_history_counts_days_in_jakarta(ipaymu: RunningIpaymu):
    for at in ("2026-08-19T16:59:00+00:00", "2026-08-19T17:00:00+00:00", "2026-08-20T16:59:00+00:00"):
        ipaymu.clock(at)
        ipaymu.direct(f"INV-{at[:16]}")
    told = ipaymu.ask("history", {"date": "created_at", "startdate": "2026-08-20", "enddate": "2026-08-20"}).json()
    assert len(told["Data"]["Transaction"]) == 2
    assert ipaymu.ask("history", {"date": "indate", "startdate": "2026-08-20"}).json()["Data"]["Transaction"] == []


@pytest.mark.parametrize(("empty", "told"), [("null", None), ("dash", "-"), ("blank", "")])
def test_dates_that_are_none(ipaymu: RunningIpaymu, empty: str, told: str | None):
    number = ipaymu.direct()["TransactionId"]
    ipaymu.switch(empty_dates=empty)
    assert ipaymu.check(number)["Data"]["SuccessDate"] == told


def test_older_ways_of_speaking(ipaymu: RunningIpaymu):
    ipaymu.switch(omits_success=True, tells_numbers_as_text=True, has_upper_sessions=True)
    page = ipaymu.ask("payment", json.loads(REDIRECT)).json()
    assert "Success" not in page
    assert page["Data"]["SessionID"] == page["Data"]["SessionID"].upper()
    number = ipaymu.press(page["Data"]["Url"])["transaction"]
    seen = ipaymu.check(number)["Data"]
    assert (seen["SubTotal"], seen["SessionId"]) == ("250000", page["Data"]["SessionID"])
    ipaymu.switch(finds_sessions=True)
    assert ipaymu.check(page["Data"]["SessionID"].lower())["Data"]["TransactionId"] == number


def test_the_balance_is_text_and_counts_what_was_settled(ipaymu: RunningIpaymu):
    ipaymu.pay(ipaymu.direct()["TransactionId"])
    ipaymu.pay(ipaymu.direct()["TransactionId"], "pay_unsettled")
    told = ipaymu.ask("balance", {"account": VA}).json()
    assert told == {
        "Status": 200,
        "Data": {"Va": VA, "MerchantBalance": "246500", "MemberBalance": "0"},
        "Message": "success",
    }


def test_the_pace_is_told_and_held(ipaymu: RunningIpaymu):
    ipaymu.switch(has_rate_limits=True)
    answers = [ipaymu.ask("balance", {"account": VA}) for _ in range(61)]
    assert (answers[0].headers["X-RateLimit-Limit"], answers[0].headers["X-RateLimit-Remaining"]) == ("60", "59")
    assert [answer.status_code for answer in answers[-2:]] == [200, 429]


@pytest.mark.parametrize(
    ("do", "call", "status", "body_status"),
    [
        ("unauthorized", "any", 401, 401),
        ("invalid_ip", "any", 403, 403),
        ("rate_limited", "any", 429, 429),
        ("status_400", "direct", 200, 400),
        ("unavailable", "direct", 400, 400),
    ],
)
def test_refusals_on_demand(ipaymu: RunningIpaymu, do: str, call: str, status: int, body_status: int):
    ipaymu.behave(do, call=call)
    told = {"name": "S", "phone": "0812", "email": BUYER, "amount": 9000, "notifyUrl": NOTIFY}
    answer = ipaymu.ask("payment/direct", told | {"paymentMethod": "va", "paymentChannel": "bni"})
    assert (answer.status_code, answer.json()["Status"]) == (status, body_status)
    assert ipaymu.deeds("opened") == []


def test_a_lost_answer_has_made_a_payable_all_the_same(ipaymu: RunningIpaymu):
    ipaymu.behave("timeout_after", call="direct", seconds=0.1)
    with pytest.raises(requests.ConnectionError):
        ipaymu.direct("INV-9")
    rows = ipaymu.ask("history", {}).json()["Data"]["Transaction"]
    assert [row["ReferenceId"] for row in rows] == ["INV-9"]


def test_a_stranger_sees_no_transaction_of_another_merchant(ipaymu: RunningIpaymu):
    number = ipaymu.direct()["TransactionId"]
    ipaymu.web.post(f"{ipaymu.url}/_twin/merchants", json={"va": "1179000899", "key": "another-key"})
    text = json.dumps({"transactionId": number}, separators=(",", ":"))
    signed = signature("POST", text, "1179000899", "another-key")
    headers = {"va": "1179000899", "signature": signed}
    answer = ipaymu.web.post(f"{ipaymu.url}/api/v2/transaction", data=text, headers=headers)
    assert answer.json()["Message"] == "transaction not found"
    assert API_KEY not in ipaymu.web.get(f"{ipaymu.url}/_twin/").text


@pytest.mark.parametrize("body", [b"{", b"[]", b'{"a":NaN}', b"\xff\xfe", b'{"a":' + b"[" * 9000])
def test_unreadable_bodies_are_refused(ipaymu: RunningIpaymu, body: bytes):
    headers = {"va": VA, "signature": "0" * 64, "Content-Type": "application/json"}
    assert ipaymu.web.post(f"{ipaymu.url}/api/v2/balance", data=body, headers=headers).status_code in (400, 401)
    headers["Content-Type"] = "multipart/form-data; boundary=x"
    assert ipaymu.web.post(f"{ipaymu.url}/api/v2/balance", data=body, headers=headers).status_code in (400, 401)
