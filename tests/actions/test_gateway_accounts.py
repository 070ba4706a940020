"""Gateway accounts: made, given keys, changed, switched, tested; and everything encrypted put under a newer key."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import select, update

from portal.actions import _gateways
from portal.actions._accounts import shown_keys
from portal.actions._gateways import LiveBesideTests, NoKey
from portal.actions.configure_gateway import Configuration, configure_gateway
from portal.actions.open_gateway_account import open_gateway_account
from portal.actions.probe_gateway import probe_gateway
from portal.actions.retire_gateway_keys import retire_due_keys, retire_gateway_keys
from portal.actions.rotate_encryption import Rotated, rotate_encryption, sealed_columns
from portal.actions.store_gateway_keys import store_gateway_keys
from portal.actions.switch_gateway import switch_gateway
from portal.core.actors import Actor
from portal.core.audit import AuditEntry
from portal.core.business import VirtualClock
from portal.core.crashes import Crashed, load_plan
from portal.core.errors import Invalid, NotFound, Refused
from portal.core.secrets import SecretUnreadable, vault
from portal.core.settings import Settings, current, install
from portal.payments.models import GatewayAccount
from tests.factories import NOON
from tests.people import PASSWORD, make_user
from tests.twins.running_ipaymu import API_KEY, VA, running_ipaymu

ROOT = Actor.operator("tests")
KEYS = {"va": VA, "api_key": API_KEY}
DAY = timedelta(days=1)


@contextmanager
def installed(settings: Settings) -> Iterator[None]:
    before = current()
    install(settings)
    try:
        yield
    finally:
        install(before)


@pytest.fixture
def ipaymu(app) -> str:
    return open_gateway_account("ipaymu", "test", actor=ROOT, at=NOON)


@pytest.fixture
def kept(session) -> Callable[[str], GatewayAccount]:
    def read(ref: str) -> GatewayAccount:
        session.rollback()
        session.expire_all()
        return session.scalars(select(GatewayAccount).where(GatewayAccount.ref == ref)).one()

    return read


def store(ref: str, keys: dict[str, str] = KEYS, overlap: timedelta = DAY, actor: Actor = ROOT, password: str = ""):
    store_gateway_keys(ref, keys, password=password, overlap=overlap, actor=actor, at=NOON)


def switch(ref: str, is_on: bool = True, password: str = "", actor: Actor = ROOT) -> None:
    switch_gateway(ref, is_on=is_on, password=password, actor=actor, at=NOON)


def test_an_account_begins_switched_off_with_all_that_its_gateway_takes(ipaymu, kept):
    account = kept(ipaymu)
    assert (account.is_enabled, account.currencies, account.channels) == (False, ["IDR"], [])
    assert account.calls_per_minute == 50
    assert len(account.hook_token) >= 32
    assert open_gateway_account("ipaymu", "test", actor=ROOT, at=NOON) == ipaymu


@pytest.mark.parametrize(("gateway", "mode"), [("stripe", "test"), ("ipaymu", "staging")])
def test_what_does_not_exist_is_not_opened(app, gateway: str, mode: str):
    with pytest.raises(NotFound):
        open_gateway_account(gateway, mode, actor=ROOT, at=NOON)


def test_keys_are_kept_encrypted_and_shown_by_their_ends(session, ipaymu, kept):
    store(ipaymu)
    account = kept(ipaymu)
    assert API_KEY.encode() not in account.secrets
    assert _gateways.adapter_of(account).name == "ipaymu"
    assert shown_keys(account).source == "stored"
    assert shown_keys(account).keys == {"va": "…2233", "api_key": "…-KEY"}
    told = " ".join(str(entry.facts) for entry in session.scalars(select(AuditEntry)))
    assert "…-KEY" in told
    assert API_KEY not in told


@pytest.mark.parametrize(
    ("keys", "field"),
    [
        ({}, "va"),
        ({"va": VA}, "api_key"),
        ({"va": "12 x", "api_key": API_KEY}, "va"),
        ({"va": VA, "api_key": "too short"}, "api_key"),
        ({"va": "\x00", "api_key": "é" * 20}, "va"),
    ],
)
def test_keys_that_cannot_be_right_are_refused_at_their_field(ipaymu, kept, keys: dict, field: str):
    with pytest.raises(Invalid) as refused:
        store(ipaymu, keys)
    assert refused.value.field == field
    assert kept(ipaymu).secrets is None


def test_who_changes_keys_says_again_who_they_are(session, ipaymu, kept):
    user = make_user(session, "super_admin")
    actor = Actor.staff(user.id, user.name)
    with pytest.raises(Invalid) as refused:
        store(ipaymu, actor=actor, password="a stranger at the desk")
    assert refused.value.field == "password"
    assert kept(ipaymu).secrets is None
    store(ipaymu, actor=actor, password=PASSWORD)
    assert kept(ipaymu).secrets is not None
    with pytest.raises(Invalid):
        switch(ipaymu, actor=actor, password="")


def test_the_environments_keys_win_and_cannot_be_changed_here(app, settings, kept):
    ref = open_gateway_account("paystack", "test", actor=ROOT, at=NOON)
    assert shown_keys(kept(ref)).source == "environment"
    with pytest.raises(Refused, match="environment"):
        store(ref, {"secret_key": "sk_test_other"})
    with installed(replace(settings, paystack_secret_key="")):
        store(ref, {"secret_key": "sk_test_stored"})
        assert shown_keys(kept(ref)).source == "stored"


def test_old_keys_are_believed_for_the_overlap_and_then_forgotten(ipaymu, kept):
    store(ipaymu)
    assert kept(ipaymu).next_action_at is None
    store(ipaymu, KEYS | {"va": "1179000899"})
    account = kept(ipaymu)
    assert account.next_action_at == NOON + DAY
    assert _gateways.adapter_of(account)._vas == ("1179000899", VA)
    assert retire_due_keys(limit=5, actor=ROOT, at=NOON + DAY - timedelta(seconds=1)) == 0
    assert retire_due_keys(limit=5, actor=ROOT, at=NOON + DAY) == 1
    assert retire_due_keys(limit=5, actor=ROOT, at=NOON + DAY) == 0
    assert _gateways.adapter_of(kept(ipaymu))._vas == ("1179000899",)


def test_old_keys_can_be_forgotten_at_once(ipaymu, kept):
    store(ipaymu)
    store(ipaymu, KEYS | {"va": "1179000899"})
    for _ in range(2):
        retire_gateway_keys(ipaymu, actor=ROOT, at=NOON)
        assert kept(ipaymu).former_secrets is None
    store(ipaymu, KEYS, overlap=timedelta(0))
    assert kept(ipaymu).former_secrets is None


def test_the_same_keys_again_and_other_overlaps_are_refused(ipaymu):
    store(ipaymu)
    with pytest.raises(Invalid) as same:
        store(ipaymu)
    assert same.value.field == "va"
    with pytest.raises(Invalid) as long:
        store(ipaymu, KEYS | {"va": "1179000899"}, overlap=timedelta(days=400))
    assert long.value.field == "overlap"


def test_an_account_is_used_only_with_keys(kept, ipaymu):
    with pytest.raises(NoKey):
        switch(ipaymu)
    store(ipaymu)
    switch(ipaymu)
    switch(ipaymu)
    assert kept(ipaymu).is_enabled
    switch(ipaymu, is_on=False)
    assert not kept(ipaymu).is_enabled


def test_a_live_account_is_neither_made_nor_used_beside_test_features(app, session, settings, kept):
    with pytest.raises(LiveBesideTests, match="TEST_MODE"):
        open_gateway_account("ipaymu", "live", actor=ROOT, at=NOON)
    keys = {"va": VA, "api_key": "a-key-of-production"}
    with installed(replace(settings, test_mode=False)):
        live = open_gateway_account("ipaymu", "live", actor=ROOT, at=NOON)
        test = open_gateway_account("ipaymu", "test", actor=ROOT, at=NOON)
        store(live, keys)
        store(test)
        switch(test)
        switch(live)
        assert (kept(test).is_enabled, kept(live).is_enabled) == (False, True)
        switch(live, is_on=False)
        session.execute(update(VirtualClock).values(shift_seconds=3600))
        session.commit()
        with pytest.raises(LiveBesideTests, match="clock"):
            switch(live)
    with pytest.raises(LiveBesideTests):
        _gateways.adapter_of(kept(live))
    with pytest.raises(LiveBesideTests):
        switch(live)
    for feature in ({"twin_urls": ("http://127.0.0.1:1",)}, {"crash_plan": "C-10:1:raise"}):
        with installed(replace(settings, test_mode=False, **feature)), pytest.raises(LiveBesideTests):
            _gateways.adapter_of(kept(live))


@pytest.mark.parametrize(
    ("wish", "field"),
    [
        (Configuration([], [], 50), "currencies"),
        (Configuration(["NGN"], [], 50), "currencies"),
        (Configuration(["IDR", "x" * 300], [], 50), "currencies"),
        (Configuration(["IDR"], ["virtual_account:nobank"], 50), "channels"),
        (Configuration(["IDR"], [], -1), "calls_per_minute"),
        (Configuration(["IDR"], [], 10**9), "calls_per_minute"),
    ],
)
def test_what_the_gateway_cannot_do_is_not_configured(ipaymu, kept, wish: Configuration, field: str):
    with pytest.raises(Invalid) as refused:
        configure_gateway(ipaymu, wish, actor=ROOT, at=NOON)
    assert refused.value.field == field
    assert kept(ipaymu).calls_per_minute == 50


def test_a_configuration_is_kept_with_what_it_was_before(session, ipaymu, kept):
    wish = Configuration(["IDR"], ["virtual_account:bni", "qris:mpm"], 30)
    for _ in range(2):
        configure_gateway(ipaymu, wish, actor=ROOT, at=NOON)
    account = kept(ipaymu)
    assert (account.channels, account.calls_per_minute) == (["qris:mpm", "virtual_account:bni"], 30)
    entry = session.scalars(select(AuditEntry).where(AuditEntry.deed == "gateway.configured")).one()
    assert (entry.facts["before"]["calls_per_minute"], entry.facts["after"]["calls_per_minute"]) == (50, 30)


def test_the_connection_is_tested_without_a_charge_and_its_answer_kept(session, ipaymu, kept):
    store(ipaymu)
    with running_ipaymu() as twin:
        session.execute(update(GatewayAccount).values(base_url=twin.url))
        session.commit()
        assert probe_gateway(ipaymu, actor=ROOT, at=NOON)
        told = kept(ipaymu).last_test
        assert (told["ok"], told["at"], told["by"]) == (True, NOON.isoformat(), "tests")
        assert told["clock_ahead"] in (-1, 0, 1)
        assert "virtual_account:bni" in {one["code"] for one in told["channels"]}
        twin.behave("unauthorized")
        assert not probe_gateway(ipaymu, actor=ROOT, at=NOON)
        assert "does not accept" in kept(ipaymu).last_test["sentence"]
        assert twin.deeds("initialized") == []
    session.execute(update(GatewayAccount).values(base_url="http://127.0.0.1:1"))
    session.commit()
    assert not probe_gateway(ipaymu, actor=ROOT, at=NOON)
    assert "cannot be reached" in kept(ipaymu).last_test["sentence"]


def test_a_test_without_keys_says_so(ipaymu, kept):
    assert not probe_gateway(ipaymu, actor=ROOT, at=NOON)
    assert "no secret key" in kept(ipaymu).last_test["sentence"]
    with pytest.raises(NotFound):
        probe_gateway("gw_nobody", actor=ROOT, at=NOON)


def test_every_sealed_column_is_known():
    found = {f"{column.table.name}.{column.name}" for column in sealed_columns()}
    assert found == {
        "gateway_accounts.secrets",
        "gateway_accounts.former_secrets",
        "payment_methods.token",
        "refunds.bank_details",
    }


def test_everything_is_put_under_a_newer_key_and_the_old_one_can_go(session, settings, ipaymu, kept):
    store(ipaymu)
    store(ipaymu, KEYS | {"va": "1179000899"})
    fresh = Fernet.generate_key().decode()
    with installed(replace(settings, encryption_keys=(fresh, *settings.encryption_keys))):
        assert rotate_encryption(actor=ROOT, at=NOON) == Rotated(renewed=2)
        assert rotate_encryption(actor=ROOT, at=NOON) == Rotated(current=2)
    with installed(replace(settings, encryption_keys=(fresh,))):
        assert _gateways.adapter_of(kept(ipaymu))._vas == ("1179000899", VA)
    with pytest.raises(SecretUnreadable):
        _gateways.adapter_of(kept(ipaymu))
    assert rotate_encryption(actor=ROOT, at=NOON) == Rotated(unreadable=2)
    assert shown_keys(kept(ipaymu)).source == "unreadable"
    store(ipaymu, KEYS, overlap=DAY)
    assert shown_keys(kept(ipaymu)).source == "stored"


def test_a_rotation_that_died_goes_on_where_it_was(settings, ipaymu, kept):
    store(ipaymu)
    store(ipaymu, KEYS | {"va": "1179000899"})
    fresh = Fernet.generate_key().decode()
    with installed(replace(settings, encryption_keys=(fresh, *settings.encryption_keys))):
        load_plan("rotate-slice:1:raise")
        with pytest.raises(Crashed):
            rotate_encryption(actor=ROOT, at=NOON)
        load_plan("")
        assert _gateways.adapter_of(kept(ipaymu))._vas == ("1179000899", VA)
        assert rotate_encryption(actor=ROOT, at=NOON) == Rotated(renewed=1, current=1)


def test_the_command_line_rotates_and_says_what_it_could_not_read(app, settings, ipaymu):
    store(ipaymu)
    flask = app.test_cli_runner()
    told = flask.invoke(args=["portal", "rotate-keys"])
    assert (told.exit_code, "1 were under the first key already" in told.output) == (0, True)
    with installed(replace(settings, encryption_keys=(Fernet.generate_key().decode(),))):
        assert flask.invoke(args=["portal", "rotate-keys"]).exit_code == 1
    assert vault() is not None
