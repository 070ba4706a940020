"""The twin speaks as Paystack is documented to speak."""

import http.client
import json
import threading
import time

import pytest

from tests.twins.running import KEY, PAYER, Running, running

BODY = {"email": PAYER, "amount": 250_000, "currency": "NGN"}


@pytest.mark.parametrize("key", ["sk_live_x", "pk_test_x", "None", ""])
def test_only_a_test_key_is_let_in(twin: Running, key: str):
    answer = twin.ask("GET", "/balance", key=key)
    assert answer.status_code == 401
    assert answer.json() == {
        "status": False,
        "message": "Invalid key",
        "meta": {"nextStep": "Ensure that you provide the correct authorization key for the request"},
        "type": "validation_error",
        "code": "invalid_Key",
    }


def test_keys_share_nothing(twin: Running):
    twin.page("r-1")
    assert twin.ask("GET", "/transaction/verify/r-1", key="sk_test_other").status_code == 400
    answer = twin.ask("POST", "/transaction/initialize", key="sk_test_other", json=BODY | {"reference": "r-1"})
    assert answer.json()["status"] is True
    token = twin.card()
    asked = BODY | {"authorization_code": token}
    assert "invalid" in twin.ask("POST", "/transaction/charge_authorization", key="sk_test_other", json=asked).text


@pytest.mark.parametrize("slash", ["", "/"])
@pytest.mark.parametrize("form", ["json", "data"])
def test_slashes_and_forms_are_both_taken(twin: Running, slash: str, form: str):
    answer = twin.ask("POST", f"/transaction/initialize{slash}", **{form: BODY | {"reference": "r-1"}})
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
    assert twin.ask("GET", f"/transaction/verify/r-1{slash}").json()["data"]["status"] == "abandoned"


def test_a_get_may_have_a_body(twin: Running):
    twin.page("r-1")
    twin.page("r-2")
    assert twin.ask("GET", "/transaction", json={"perPage": 1}).json()["meta"]["pageCount"] == 2


@pytest.mark.parametrize(
    ("twist", "message"),
    [
        ({"email": ""}, "Email Address is required"),
        ({"email": "nobody"}, "Invalid Email Address Passed"),
        ({"amount": None}, "Amount is required"),
        ({"amount": 100.5}, '"amount" must be an integer'),
        ({"amount": "100.50"}, '"amount" must be an integer'),
        ({"amount": True}, '"amount" must be an integer'),
        ({"amount": [1]}, '"amount" must be an integer'),
        ({"amount": "9" * 5000}, '"amount" must be an integer'),
        ({"amount": 0}, "Invalid Amount Sent"),
        ({"amount": -5}, "Invalid Amount Sent"),
        ({"currency": "IDR"}, "Currency not supported by merchant"),
        ({"reference": "a b"}, "Invalid transaction reference"),
        ({"callback_url": "javascript:alert(1)"}, "callback_url must be a valid URL"),
    ],
)
def test_a_wrong_field_is_refused_and_uses_nothing_up(twin: Running, twist: dict, message: str):
    answer = twin.ask("POST", "/transaction/initialize", json=BODY | {"reference": "r-1"} | twist)
    assert answer.status_code == 400
    assert answer.json()["message"] == message
    assert twin.ask("POST", "/transaction/initialize", json=BODY | {"reference": "r-1"}).status_code == 200


@pytest.mark.parametrize("amount", ["100", 100.0, 100])
def test_whole_amounts_are_taken_in_any_type(twin: Running, amount: object):
    twin.ask("POST", "/transaction/initialize", json=BODY | {"reference": "r-1", "amount": amount})
    assert twin.ask("GET", "/transaction/verify/r-1").json()["data"]["amount"] == 100


@pytest.mark.parametrize(
    "body", [b"{", b"[]", b'"x"', b"{" * 100_000, b'{"a":NaN}', b"\xff\xfe", b'{"email":"\\ud800@x.y","amount":5000}']
)
def test_an_unreadable_body_is_a_clear_400(twin: Running, body: bytes):
    headers = {"Content-Type": "application/json"}
    assert twin.ask("POST", "/transaction/initialize", data=body, headers=headers).status_code == 400


def test_an_initialized_reference_is_used_up_for_charges_too(twin: Running):
    twin.page("r-1")
    asked = BODY | {"reference": "r-1", "authorization_code": twin.card()}
    for path in ("/transaction/initialize", "/transaction/charge_authorization"):
        answer = twin.ask("POST", path, json=asked)
        assert (answer.status_code, answer.json()["code"]) == (400, "duplicate_reference")


def test_one_reference_raced_by_eight_charges_once(twin: Running):
    asked, answers = BODY | {"reference": "r-1", "authorization_code": twin.card()}, []
    go = threading.Barrier(8)

    def race() -> None:
        go.wait()
        answers.append(twin.ask("POST", "/transaction/charge_authorization", json=asked).status_code)

    threads = [threading.Thread(target=race) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [200] + [400] * 7
    assert len(twin.deeds("charged")) == 1


def test_unknown_things_are_not_found(twin: Running):
    assert twin.ask("GET", "/transaction/verify/nothing").json()["code"] == "transaction_not_found"
    for path in ("/transaction/1", "/refund/1", "/customer/nobody@example.com", "/nowhere", "/transaction/timeline/x"):
        assert twin.ask("GET", path).status_code == 404
    assert twin.ask("POST", "/customer/authorization/deactivate", json={"authorization_code": "x"}).status_code == 404
    assert twin.ask("PATCH", "/balance").status_code == 404


def test_lists_are_paged_by_number_and_by_cursor(twin: Running):
    for number in range(5):
        twin.page(f"r-{number}")
    by_number = twin.ask("GET", "/transaction?perPage=2&page=3").json()
    assert [row["reference"] for row in by_number["data"]] == ["r-0"]
    assert by_number["meta"]["total"] == 5
    seen, cursor = [], ""
    while cursor is not None:
        told = twin.ask("GET", f"/transaction?perPage=2&use_cursor=true&next={cursor}").json()
        seen += [row["reference"] for row in told["data"]]
        cursor = told["meta"]["next"]
    assert seen == ["r-4", "r-3", "r-2", "r-1", "r-0"]


@pytest.mark.parametrize("query", ["from=yesterday", "next=%ff%fe", "use_cursor=true&next=eHh4", "perPage=x&from=1"])
def test_a_wrong_filter_is_a_clear_400(twin: Running, query: str):
    assert twin.ask("GET", f"/transaction?{query}").status_code == 400


def test_metadata_changes_type_as_paystack_does_it(twin: Running):
    twin.page("r-1", metadata={"n": 42})
    twin.page("r-2", metadata=json.dumps({"n": 42}))
    assert twin.ask("GET", "/transaction/verify/r-1").json()["data"]["metadata"] == {"n": "42"}
    assert twin.ask("GET", "/transaction/verify/r-2").json()["data"]["metadata"] == {"n": 42}


def test_a_refund_of_the_rest_needs_its_amount(twin: Running):
    token = twin.card()
    twin.ask("POST", "/transaction/charge_authorization", json=BODY | {"reference": "r-1", "authorization_code": token})
    assert twin.ask("POST", "/refund", json={"transaction": "r-1", "amount": 100}).status_code == 200
    answer = twin.ask("POST", "/refund", json={"transaction": "r-1"})
    assert answer.json()["message"] == "Total refund amount cannot exceed original transaction amount"
    answer = twin.ask("POST", "/refund", json={"transaction": "r-1", "amount": 100, "currency": "GHS"})
    assert answer.json()["message"] == "Transaction currency must match refund currency"
    assert twin.status("r-1") == "reversal-pending"


def test_the_rate_limit_is_a_switch():
    with running(has_rate_limits=True) as limited:
        for left in range(99, -1, -1):
            answer = limited.ask("GET", "/balance")
            assert (answer.status_code, answer.headers["x-ratelimit-remaining"]) == (200, str(left))
        answer = limited.ask("GET", "/balance")
        assert (answer.status_code, answer.json()["code"]) == (429, "rate_limited")
        assert 0 < int(answer.headers["x-ratelimit-reset"]) <= 60
        assert limited.ask("GET", "/customer").status_code == 200
        assert limited.ask("GET", "/balance", key="sk_test_other").status_code == 200


def test_it_answers_hundreds_of_charges_a_second(twin: Running):
    token, began = twin.card(), time.monotonic()
    for number in range(300):
        asked = BODY | {"reference": f"r-{number}", "authorization_code": token}
        assert twin.ask("POST", "/transaction/charge_authorization", json=asked).status_code == 200
    assert time.monotonic() - began < 5


@pytest.mark.parametrize(
    "raw",
    [
        b"POST /refund HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        b"POST /refund HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\n\r\n",
        b"POST /refund HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"\x16\x03\x01\x02\x00\r\n\r\n",
    ],
)
def test_hostile_requests_are_refused(twin: Running, raw: bytes):
    connection = http.client.HTTPConnection(twin.url.removeprefix("http://"), timeout=3)
    connection.connect()
    connection.sock.sendall(raw)
    assert b" 500 " not in connection.sock.recv(1000)
    connection.close()
    assert twin.ask("GET", "/balance", key=KEY).status_code == 200
