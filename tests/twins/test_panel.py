"""The panel: rules as JSON and as a form, the clock, and bad input that is told clearly."""

import pytest

from portal.twins.paystack.behaviours import BEHAVIOURS
from tests.twins.running import PAYER, Running

FORM = {"Accept": "text/html"}


def charge(twin: Running, token: str, reference: str, email: str = PAYER) -> str:
    asked = {"email": email, "amount": 250_000, "authorization_code": token, "reference": reference}
    return twin.ask("POST", "/transaction/charge_authorization", json=asked).json()["data"]["status"]


@pytest.mark.parametrize("do", BEHAVIOURS)
def test_every_behaviour_can_be_set_seen_and_removed(twin: Running, do: str):
    number = twin.behave(do)
    assert BEHAVIOURS[do].sentence.split('"')[0] in twin.web.get(f"{twin.url}/_twin/").text
    assert twin.web.delete(f"{twin.url}/_twin/behaviour/{number}").status_code == 200
    assert twin.web.get(f"{twin.url}/_twin/behaviour").json() == {"rules": []}


def test_a_rule_concerns_whom_it_names(twin: Running):
    mine, other = twin.card(), twin.card("eve@example.com", "5060666666666666666")
    for rule in ({"email": PAYER.upper()}, {"card": "4081"}, {"authorization": mine}):
        number = twin.behave("decline", **rule)
        assert charge(twin, mine, f"mine-{number}") == "failed"
        assert charge(twin, other, f"other-{number}", "eve@example.com") == "success"
        twin.web.delete(f"{twin.url}/_twin/behaviour")


def test_a_rule_can_be_for_the_next_call_only(twin: Running):
    token = twin.card()
    twin.behave("decline", times=1)
    assert [charge(twin, token, f"r-{number}") for number in range(3)] == ["failed", "success", "success"]


def test_a_share_is_drawn_by_seed_and_reference(twin: Running):
    token = twin.card()
    twin.behave("decline", share=0.3)
    results = [charge(twin, token, f"r-{number}") for number in range(100)]
    assert 15 <= results.count("failed") <= 45
    first = twin.twin.faults.listed()[0]["number"]
    rule = next(one for one in twin.twin.faults._rules if one.number == first)
    drawn = ["failed" if rule._is_drawn(7, f"r-{number}") else "success" for number in range(100)]
    assert drawn == results


def test_the_newest_rule_wins(twin: Running):
    twin.behave("decline", code="expired_card")
    twin.behave("succeed", email=PAYER)
    assert charge(twin, twin.card(), "r-1") == "success"


@pytest.mark.parametrize(
    "rule",
    [
        {},
        {"do": "explode"},
        {"do": ["decline"]},
        {"do": "decline", "code": "because"},
        {"do": "error_before", "code": "200"},
        {"do": "decline", "call": "everything"},
        {"do": "slow", "seconds": "soon"},
        {"do": "slow", "seconds": 1e9},
        {"do": "slow", "seconds": -1},
        {"do": "slow", "seconds": "nan"},
        {"do": "decline", "times": "inf"},
        {"do": "decline", "share": 2},
        {"do": "decline", "whom": "all"},
    ],
)
def test_a_rule_that_cannot_be_is_refused_with_a_sentence(twin: Running, rule: dict):
    answer = twin.web.post(f"{twin.url}/_twin/behaviour", json=rule)
    assert answer.status_code == 400
    assert answer.json()["error"]
    form = {name: str(value) for name, value in rule.items()}
    answer = twin.web.post(f"{twin.url}/_twin/behaviour", data=form, headers=FORM, allow_redirects=False)
    assert answer.status_code == 400
    assert "<h1>" in answer.text


def test_a_form_leads_back_to_the_panel(twin: Running):
    form = {"do": "decline", "code": "", "call": "", "email": "", "card": "4081", "seconds": "", "times": "2"}
    answer = twin.web.post(f"{twin.url}/_twin/behaviour", data=form, headers=FORM, allow_redirects=False)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/_twin/")
    assert twin.web.post(f"{twin.url}/_twin/behaviour/clear", headers=FORM).status_code == 200
    assert twin.twin.faults.listed() == []


@pytest.mark.parametrize("at", ["tomorrow", "99999-01-01", "0001-01-01T00:00:00+14:00", [], {"a": 1}, 5])
def test_a_time_that_is_none_is_refused_or_real(twin: Running, at: object):
    assert twin.web.post(f"{twin.url}/_twin/clock", json={"at": at}).status_code in (200, 400)
    assert not twin.twin.agenda.clock.is_frozen


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/_twin/nothing", 404),
        ("POST", "/_twin/behaviour/999/remove", 404),
        ("DELETE", "/_twin/behaviour/999", 404),
        ("DELETE", "/_twin/behaviour/x", 404),
        ("POST", "/_twin/news/999/resend", 404),
        ("PUT", "/_twin/clock", 404),
        ("GET", "/_twin/truth?since=x", 200),
        ("GET", "/_twin/truth?since=-1", 200),
        ("GET", "/_twin/twin.css", 200),
        ("GET", "/", 200),
    ],
)
def test_addresses_of_the_panel(twin: Running, method: str, path: str, status: int):
    assert twin.web.request(method, twin.url + path, json={}).status_code == status


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("/_twin/authorizations", {"secret_key": "sk_live_x", "email": PAYER}),
        ("/_twin/authorizations", {"secret_key": "sk_test_x", "email": "nobody"}),
        ("/_twin/authorizations", {"secret_key": "sk_test_x", "email": PAYER, "card": "1"}),
        ("/_twin/keys", {"former": "sk_test_x", "fresh": "y"}),
        ("/_twin/webhook", {"url": "ftp://x"}),
    ],
)
def test_bad_input_is_a_400(twin: Running, path: str, told: dict):
    assert twin.web.post(twin.url + path, json=told).status_code == 400


def test_a_card_can_be_stored_for_a_seed(twin: Running):
    told = {"secret_key": "sk_test_seed", "email": PAYER, "card": "4084080000670037", "exp_month": 2, "exp_year": 2027}
    made = twin.web.post(f"{twin.url}/_twin/authorizations", json=told).json()
    assert made["authorization"]["exp_month"] == "02"
    assert made["authorization"]["exp_year"] == "2027"
    assert made["customer"]["email"] == PAYER


def test_forms_of_other_sites_are_refused(twin: Running):
    headers = {"Origin": "https://evil.example"}
    assert twin.web.post(f"{twin.url}/_twin/reset", headers=headers).status_code == 403
    assert twin.web.post(f"{twin.url}/_twin/reset", headers={"Origin": twin.url}).status_code == 200


def test_a_reset_is_the_first_day_again(twin: Running):
    token = twin.card()
    charge(twin, token, "r-1")
    twin.behave("decline")
    twin.clock("2026-03-01T12:00:00+00:00")
    twin.web.post(f"{twin.url}/_twin/reset", json={})
    assert not twin.twin.agenda.clock.is_frozen
    assert twin.ask("GET", "/transaction").json()["data"] == []
    assert twin.web.get(f"{twin.url}/_twin/truth").json() == {"entries": []}
    assert twin.card() == token
