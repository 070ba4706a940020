"""Payment config: what is shown of accounts, what is never shown, keys, settings, the switch and the test."""

import re
from dataclasses import asdict
from datetime import timedelta

import pytest
from flask import g
from sqlalchemy import select, update

from portal.actions.open_gateway_account import open_gateway_account
from portal.actions.store_gateway_keys import store_gateway_keys
from portal.core.actors import Actor
from portal.core.audit import AuditEntry
from portal.core.outbox import OutboxEntry
from portal.gateways.probes import probed
from portal.payments.models import GatewayAccount, GatewayNews
from portal.payments.states import NewsStatus
from portal.web.staff import gateway_words
from tests.factories import NOON
from tests.people import PASSWORD, make_user
from tests.twins.running_ipaymu import API_KEY, VA, running_ipaymu
from tests.web.staff_world import QUERIES, queries_of

LIST = "/billing/gateways"
CANARY = "SANDBOX-CANARY-7d41f09e-0001"
KEYS = {"va": VA, "api_key": CANARY, "overlap": "86400", "password": PASSWORD}


@pytest.fixture
def staff(session, reader, travel):
    travel(NOON)
    reader.enter(session, make_user(session, "super_admin", name="Sade Akande"))
    return reader


@pytest.fixture
def ref(app) -> str:
    return open_gateway_account("ipaymu", "test", actor=Actor.operator("tests"), at=NOON)


@pytest.fixture
def page(ref) -> str:
    return f"{LIST}/{ref}"


@pytest.fixture
def kept(session, ref):
    def read() -> GatewayAccount:
        session.rollback()
        session.expire_all()
        return session.scalars(select(GatewayAccount).where(GatewayAccount.ref == ref)).one()

    return read


def with_keys(ref: str, api_key: str = API_KEY) -> None:
    keys = {"va": VA, "api_key": api_key}
    store_gateway_keys(ref, keys, password="", overlap=timedelta(0), actor=Actor.operator("tests"), at=NOON)


def test_every_gateway_is_listed_in_both_modes(staff, make):
    make.account()
    shown = staff.get(LIST).text
    for words in ("Paystack", "iPaymu", "Live: real money", "Test: no real money", "set by the environment", "In use",
                  "Not set up", "Not on a test installation."):  # fmt: skip
        assert words in shown, words
    assert 'href="/billing/gateways"' in shown


def test_an_account_is_set_up_from_the_list(session, staff):
    answer = staff.post(LIST, gateway="ipaymu", mode="test")
    assert answer.status_code == 303
    shown = staff.get(answer.location)
    assert "Needs keys" in shown.text
    assert "moves no real money" in shown.text
    assert not session.scalars(select(GatewayAccount)).one().is_enabled


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"gateway": "stripe", "mode": "test"}, 404),
        ({"gateway": "ipaymu", "mode": "\x07" * 9}, 404),
        ({"gateway": "x" * 9999, "mode": "test"}, 404),
        ({"gateway": "ipaymu", "mode": "live"}, 409),
        ({"gateway": "ipaymu", "mode": "test", "is_enabled": "y"}, 422),
        ({}, 404),
    ],
)
def test_what_does_not_exist_is_not_set_up(session, staff, fields, status):
    assert staff.post(LIST, **fields).status_code == status
    assert session.scalars(select(GatewayAccount)).all() == []


def test_keys_are_stored_and_stand_nowhere_again(session, staff, page, kept, caplog, capsys):
    assert staff.post(f"{page}/keys", seen=page, **KEYS).status_code == 303
    assert kept().secrets is not None
    shown = staff.get(page).text + staff.get(LIST).text
    assert "…0001" in shown
    told = shown + str([(entry.deed, entry.facts) for entry in session.scalars(select(AuditEntry))])
    output = capsys.readouterr()
    for text in (told, caplog.text, output.out, output.err, str(kept().secrets), repr(kept())):
        assert CANARY not in text
        assert VA not in text


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"api_key": ""}, "This is needed."),
        ({"va": "not a number"}, "6 to 20 digits"),
        ({"api_key": "short"}, "8 to 200"),
        ({"api_key": "x" * 5000}, "At most"),
        ({"va": "12\x0734567"}, "cannot be stored"),
        ({"overlap": "999999999"}, "Choose one of the list."),
        ({"password": "wrong"}, "This is not your password."),
        ({"password": ""}, "This is needed."),
        ({"secret_key": "sk_test_x"}, "does not belong there"),
    ],
)
def test_wrong_keys_are_refused_at_their_field_and_not_sent_back(staff, page, kept, wrong, words):
    answer = staff.post(f"{page}/keys", seen=page, **KEYS | wrong)
    assert answer.status_code == 422
    assert words in answer.text
    assert CANARY not in answer.text
    assert kept().secrets is None


def test_a_password_is_not_guessed_here(staff, page):
    said = {staff.post(f"{page}/keys", seen=page, **KEYS | {"password": f"guess {n}"}).status_code for n in range(9)}
    assert said == {422, 429}


def test_changed_keys_overlap_until_somebody_ends_it(staff, page, ref, kept):
    with_keys(ref)
    assert staff.post(f"{page}/keys", seen=page, **KEYS).status_code == 303
    assert "believed in callbacks until" in staff.get(page).text
    assert kept().next_action_at == NOON + timedelta(days=1)
    assert staff.post(f"{page}/keys/retire", seen=page).status_code == 303
    assert kept().former_secrets is None


def test_the_environments_keys_are_read_only(session, staff, make):
    page = f"{LIST}/{make.account().ref}"
    shown = staff.get(page).text
    assert "only be changed there" in shown
    assert 'name="secret_key"' not in shown
    fields = {"secret_key": "sk_test_other_one", "overlap": "0", "password": PASSWORD}
    assert staff.post(f"{page}/keys", seen=page, **fields).status_code == 409
    assert session.scalars(select(GatewayAccount)).one().secrets is None


def test_settings_are_saved_and_hostile_ones_named(staff, page, kept):
    fields = {"currencies": "IDR", "channels": ["qris:mpm", "virtual_account:bni"], "calls_per_minute": "40"}
    assert staff.post(f"{page}/settings", seen=page, **fields).status_code == 303
    assert (kept().channels, kept().calls_per_minute) == (["qris:mpm", "virtual_account:bni"], 40)
    shown = staff.get(page).text
    assert re.search(r'value="qris:mpm" checked', shown)
    for wrong in (
        {"calls_per_minute": "-1"}, {"calls_per_minute": "9" * 40}, {"calls_per_minute": "many"}, {"currencies": "NGN"},
        {"currencies": []}, {"channels": "virtual_account:<b>"}, {"mode": "live"},
    ):  # fmt: skip
        answer = staff.post(f"{page}/settings", seen=page, **fields | wrong)
        assert answer.status_code == 422, wrong
        assert "Not saved." in answer.text
    assert kept().calls_per_minute == 40


def test_an_account_is_taken_into_use_with_the_password(session, staff, page, ref, kept):
    with_keys(ref)
    for password, status in (("wrong", 422), ("", 422), (PASSWORD, 303)):
        answer = staff.post(f"{page}/switch", seen=page, is_on="yes", password=password)
        assert answer.status_code == status
    assert kept().is_enabled
    changes = select(OutboxEntry).where(OutboxEntry.topic == "gateway.changed").order_by(OutboxEntry.id)
    told = session.scalars(changes).all()
    assert [one.facts["what"] for one in told] == ["keys", "on"]
    assert API_KEY not in str([one.facts for one in told])
    assert "In use" in staff.get(page).text
    assert staff.post(f"{page}/switch", seen=page, is_on="maybe", password=PASSWORD).status_code == 422
    assert staff.post(f"{page}/switch", seen=page, is_on="no", password=PASSWORD).status_code == 303
    assert not kept().is_enabled


def test_an_account_without_keys_is_not_taken_into_use(staff, page, kept):
    answer = staff.post(f"{page}/switch", seen=page, is_on="yes", password=PASSWORD)
    assert answer.status_code == 422
    assert "no keys yet" in answer.text
    assert not kept().is_enabled


def test_a_test_shows_what_the_gateway_told(session, staff, page, ref):
    with_keys(ref)
    with running_ipaymu() as twin:
        session.execute(update(GatewayAccount).values(base_url=twin.url))
        session.commit()
        assert staff.post(f"{page}/test", seen=page).status_code == 303
        shown = staff.get(page).text
        for words in ("Works", "Connected to iPaymu", "the clocks agree", " ms", "Sade Akande"):
            assert words in shown, words
        assert twin.deeds("initialized") == []
    session.execute(update(GatewayAccount).values(base_url="http://127.0.0.1:1"))
    session.commit()
    staff.post(f"{page}/test", seen=page)
    shown = staff.get(page).text
    assert "cannot be reached" in shown
    assert "Nothing was sent" in shown


def test_refused_signatures_are_counted_and_the_last_callbacks_shown(session, staff, page, kept):
    account_id = kept().id
    for number, verdict in enumerate(["valid", "invalid", "invalid"]):
        row = GatewayNews(
            gateway_account_id=account_id, body_digest=bytes([number]), headers={}, body=b"", signature=verdict,
            status=NewsStatus.IGNORED, kind="<b>berhasil", reference="at-1", tries=0, outcome="",
            received_at=NOON - timedelta(hours=number),
        )  # fmt: skip
        session.add(row)
    session.commit()
    shown = staff.get(page).text
    assert "2 refused in 30 days" in shown
    assert "Wrong signature" in shown
    assert "&lt;b&gt;berhasil" in shown


def test_callback_addresses_are_shown_to_copy(staff, page, kept):
    shown = staff.get(page).text
    assert f"/hooks/ipaymu/{kept().hook_token}" in shown
    assert "data-copy=" in shown


def test_a_stopped_account_is_started_again_here(session, staff, page, kept):
    session.execute(update(GatewayAccount).values(stopped_reason="iPaymu does not accept the key", is_enabled=True))
    session.commit()
    assert "iPaymu does not accept the key" in staff.get(page).text
    assert staff.post(f"{page}/start", seen=page, reason="").status_code == 422
    assert staff.post(f"{page}/start", seen=page, reason="A new key").status_code == 303
    assert kept().stopped_reason is None


@pytest.mark.parametrize("role", ["billing", "support", "onboarding"])
def test_only_a_super_admin_sees_or_changes_any_of_it(session, reader, page, role):
    reader.enter(session, make_user(session, role))
    assert reader.get(LIST).status_code == 403
    assert reader.get(page).status_code == 403
    for deed in ("keys", "keys/retire", "settings", "switch", "test", "start"):
        assert reader.client.post(f"{page}/{deed}").status_code in (400, 403)
    assert LIST not in reader.get("/billing/health").text


def test_unknown_accounts_are_not_found(staff):
    for path in ("/none", "/" + "x" * 500, "/%3Cb%3E"):
        assert staff.get(LIST + path).status_code == 404


def test_the_pages_ask_a_fixed_number_of_questions(staff, page, make):
    assert queries_of(staff, LIST) <= QUERIES
    assert queries_of(staff, page) <= QUERIES


def test_what_a_test_told_is_said_in_the_readers_language(app):
    told = asdict(probed("%(gateway)s cannot be reached: %(why)s.", {"gateway": "iPaymu", "why": "no route"}))
    with app.test_request_context():
        assert gateway_words.told(told) == "iPaymu cannot be reached: no route."
        g.language = "id"
        assert gateway_words.told(told) == "iPaymu tidak dapat dihubungi: no route."
        assert gateway_words.told({"sentence": "100% kept from before"}) == "100% kept from before"
