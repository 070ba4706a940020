"""The pay page: every test card, every step, the way back, and nonsense in its forms."""

import pytest

from portal.twins.paystack.cards import CARDS, DECLINES
from tests.twins.running import PAYER, Running

BACK = "https://portal.example/back"
DECLINED = {"4084080000005408", "507850785078507853"}


@pytest.mark.parametrize("number", CARDS)
def test_every_card_does_what_it_says(twin: Running, number: str):
    page = twin.page("r-1", callback_url=BACK)
    answers = {name: right or "08012345678" for name, right in CARDS[number].steps}
    form = {"card": CARDS[number].spaced}
    for name, right in answers.items():
        answer = twin.pay(page, **form)
        assert answer.status_code == 200
        assert f'name="{name}"' in answer.text
        form = {"do": "step", name: right}
    answer = twin.pay(page, **form)
    if number in DECLINED:
        assert answer.status_code == 422
        assert twin.status("r-1") == "abandoned"
        return
    assert answer.status_code == 303
    assert answer.headers["Location"] == f"{BACK}?trxref=r-1&reference=r-1"
    told = twin.ask("GET", "/transaction/verify/r-1").json()["data"]
    assert told["status"] == "success"
    assert told["authorization"]["last4"] == number[-4:]
    assert told["authorization"]["reusable"] is True


def test_a_driver_pays_in_one_post(twin: Running):
    page = twin.page("r-1", callback_url=BACK)
    form = {"card": "507850785078507804", "pin": "0000", "phone": "08012345678", "otp": "123456"}
    told = twin.web.post(page, json=form).json()
    assert (told["status"], told["reference"]) == ("success", "r-1")
    assert told["redirect"].startswith(BACK)


@pytest.mark.parametrize(
    ("number", "form"),
    [
        ("507850785078507812", {"pin": "9999"}),
        ("5060666666666666666", {"pin": "1234", "otp": "000000"}),
        ("5192602722584796", {"bank": "refuse"}),
    ],
)
def test_a_wrong_answer_ends_the_try_but_not_the_payment(twin: Running, number: str, form: dict):
    page = twin.page("r-1")
    assert twin.pay(page, card=number, **form).status_code == 422
    assert twin.status("r-1") == "abandoned"
    assert twin.pay(page).status_code == 200
    assert twin.status("r-1") == "success"


def test_a_phone_number_that_is_none_is_asked_again(twin: Running):
    page = twin.page("r-1")
    answer = twin.pay(page, card="507850785078507804", pin="0000", phone="12")
    assert "at least ten digits" in answer.text
    assert twin.pay(page, do="step", phone="08012345678", otp="123456").status_code == 200
    assert twin.status("r-1") == "success"


def test_another_card_can_be_taken_in_the_middle(twin: Running):
    page = twin.page("r-1")
    twin.pay(page, card="507850785078507812")
    assert twin.pay(page, do="again").status_code == 303
    assert "Pay with a test card" in twin.web.get(page).text


@pytest.mark.parametrize("code", DECLINES)
def test_the_bank_can_say_anything(twin: Running, code: str):
    page = twin.page("r-1")
    answer = twin.pay(page, answer=code)
    assert answer.status_code == 422
    assert DECLINES[code][1].split("'")[0] in answer.text
    told = twin.ask("GET", "/transaction/verify/r-1").json()["data"]
    assert (told["status"], told["gateway_response"]) == ("abandoned", DECLINES[code][1])


def test_a_payment_can_be_ended_for_good(twin: Running):
    page = twin.page("r-1", callback_url=BACK)
    twin.pay(page, answer="do_not_honor", end="1")
    assert twin.status("r-1") == "failed"
    assert "has failed" in twin.web.get(page).text
    assert twin.pay(page).headers["Location"].startswith(BACK)
    assert twin.status("r-1") == "failed"


def test_a_card_that_is_no_test_card_is_declined(twin: Running):
    page = twin.page("r-1")
    assert "Please use the test card" in twin.pay(page, card="4111111111111111").text
    assert twin.status("r-1") == "abandoned"


def test_canceling_leads_where_the_merchant_wants(twin: Running):
    page = twin.page("r-1", metadata={"cancel_action": "https://portal.example/stop"})
    assert twin.pay(page, do="cancel").headers["Location"] == "https://portal.example/stop"
    page = twin.page("r-2", metadata={"cancel_action": "javascript:alert(1)"})
    assert twin.pay(page, do="cancel").status_code == 200
    assert twin.status("r-2") == "abandoned"


def test_paying_twice_pays_once(twin: Running):
    page = twin.page("r-1", callback_url=BACK)
    assert twin.pay(page).headers["Location"] == twin.pay(page).headers["Location"]
    assert len(twin.deeds("charged")) == 1


def test_a_query_in_the_way_back_is_kept(twin: Running):
    page = twin.page("r-1", callback_url=f"{BACK}?a=1")
    assert twin.pay(page).headers["Location"] == f"{BACK}?a=1&trxref=r-1&reference=r-1"


def test_a_fresh_code_for_each_payment_and_one_signature_for_each_card(twin: Running):
    twin.pay(twin.page("r-1"))
    twin.pay(twin.page("r-2"))
    cards = twin.ask("GET", f"/customer/{PAYER}").json()["data"]["authorizations"]
    assert len({card["authorization_code"] for card in cards}) == 2
    assert len({card["signature"] for card in cards}) == 1


@pytest.mark.parametrize(("answer", "status"), [("approve", "success"), ("refuse", "failed")])
def test_a_paused_charge_is_decided_by_the_payer(twin: Running, answer: str, status: str):
    told = charged(twin, "4000000000000002")
    assert told["paused"] is True
    assert "Confirm this payment" in twin.web.get(told["authorization_url"]).text
    assert twin.pay(told["authorization_url"], answer=answer).status_code == 200
    assert twin.status("r-1") == status


@pytest.mark.parametrize(
    ("number", "statuses"),
    [
        ("4084084084084081", ["success"]),
        ("4084080000670037", ["failed", "failed", "failed"]),
        ("4000000000000051", ["failed", "failed", "success", "failed"]),
        ("4000000000000054", ["failed"]),
        ("4000000000000059", ["failed"]),
        ("4000000000000003", ["processing"]),
    ],
)
def test_stored_cards_behave_later_as_they_say(twin: Running, number: str, statuses: list[str]):
    token = twin.card(card=number)
    assert [charged(twin, number, f"r-{n}", token)["status"] for n in range(len(statuses))] == statuses


@pytest.mark.parametrize(
    ("number", "ends"),
    [("4084084084084081", "processed"), ("4084080000671803", "failed"), ("4084080000671902", "needs-attention")],
)
def test_refunds_end_as_the_card_says(twin: Running, number: str, ends: str):
    twin.clock("2026-03-01T08:00:00+00:00")
    charged(twin, number)
    twin.ask("POST", "/refund", json={"transaction": "r-1"})
    for minute in (1, 2):
        twin.clock(f"2026-03-01T08:0{minute}:00+00:00")
        twin.wait()
    told = twin.ask("GET", "/refund").json()["data"][0]
    assert told["status"] == ends
    assert twin.status("r-1") == {"processed": "reversed", "failed": "success"}.get(ends, "reversal-pending")
    path = f"/refund/retry_with_customer_details/{told['id']}"
    details = {"refund_account_details": {"currency": "NGN", "account_number": "0123456789", "bank_id": "1"}}
    assert twin.ask("POST", path, json=details).status_code == (200 if ends == "needs-attention" else 422)


@pytest.mark.parametrize("address", ["/checkout/nothing", "/resume/nothing", "/checkout/"])
def test_a_page_that_is_none(twin: Running, address: str):
    assert twin.web.get(twin.url + address).status_code in (401, 404)


@pytest.mark.parametrize(
    "form",
    [
        {"do": "fly"},
        {"card": "<script>"},
        {"answer": "no such code"},
        {"card": "x" * 100_000},
        {"card": "\x00\ud800".encode("utf-8", "replace").decode()},
        {"do": "step"},
        {"pin": "1" * 5000},
    ],
)
def test_nonsense_in_the_form_is_no_failure(twin: Running, form: dict):
    assert twin.pay(twin.page("r-1"), **form).status_code < 500
    told = charged(twin, "4000000000000002", "r-2")
    assert twin.pay(told["authorization_url"], answer="perhaps").status_code == 400


def test_what_the_merchant_wrote_is_not_markup(twin: Running):
    page = twin.page("r-1", callback_url="https://portal.example/<script>alert(1)</script>")
    twin.pay(page, answer="do_not_honor", end="1")
    for address in (page, f"{twin.url}/_twin/"):
        answer = twin.web.get(address)
        assert "<script>" not in answer.text
        assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")


def charged(twin: Running, number: str, reference: str = "r-1", token: str = "") -> dict:
    asked = {"email": PAYER, "amount": 250_000, "reference": reference}
    asked["authorization_code"] = token or twin.card(card=number)
    return twin.ask("POST", "/transaction/charge_authorization", json=asked).json()["data"]
