"""A live account beside anything made for tests: no process of the portal starts."""

import subprocess
import sys
from dataclasses import replace

import pytest
from sqlalchemy import update

from portal.bare import require_no_live_account
from portal.core.business import VirtualClock
from portal.core.settings import SettingsError
from portal.local.home import CHECKOUT
from portal.payments.models import GatewayAccount
from tests.jobs.conftest import environment

PAYSTACK = {"PAYSTACK_SECRET_KEY": "sk_live_0123456789", "PAYSTACK_BASE_URL": "https://api.paystack.co"}
IPAYMU = {"IPAYMU_VA": "1179000899", "IPAYMU_API_KEY": "a-key-of-production", "PAYSTACK_SECRET_KEY": ""}
WEB, WORKER = ("-c", "import wsgi"), ("-m", "jobs.worker", "money", "--burst")


def start(settings, words: tuple[str, ...], **extra: str) -> subprocess.CompletedProcess:
    env = environment(settings) | extra
    given = {"cwd": CHECKOUT, "env": env, "capture_output": True, "text": True}
    return subprocess.run([sys.executable, *words], check=False, timeout=120, **given)


@pytest.mark.parametrize(
    ("words", "extra", "named"),
    [
        (WEB, PAYSTACK, "TEST_MODE"),
        (WORKER, IPAYMU | {"TEST_MODE": "0", "TWIN_URLS": "http://127.0.0.1:9"}, "TWIN_URLS"),
    ],
)
def test_what_the_environment_may_not_say_together(settings, words, extra, named):
    told = start(settings, words, **extra)
    assert told.returncode != 0
    assert named in told.stderr
    assert "sk_live_0123456789" not in told.stderr
    assert "a-key-of-production" not in told.stderr


def test_a_stored_live_account_beside_the_time_machine(session, make, settings):
    use_live(session, make)
    told = start(settings, WEB)
    assert told.returncode != 0
    assert "TEST_MODE" in told.stderr


@pytest.mark.parametrize("feature", [{"test_mode": True}, {"twin_urls": ("http://x",)}, {"crash_plan": "C-10:1:kill"}])
def test_a_live_account_in_use_stands_beside_nothing_made_for_tests(application, session, make, settings, feature):
    alone = replace(settings, test_mode=False)
    use_live(session, make)
    require_no_live_account(application, alone)
    with pytest.raises(SettingsError):
        require_no_live_account(application, replace(alone, **feature))
    session.execute(update(GatewayAccount).values(is_enabled=False))
    session.commit()
    require_no_live_account(application, replace(alone, **feature))


def test_a_live_account_at_a_made_up_time(application, session, settings):
    session.execute(update(VirtualClock).values(shift_seconds=3600))
    session.commit()
    live = replace(settings, test_mode=False, paystack_secret_key="sk_live_0123456789")
    with pytest.raises(SettingsError, match="clock"):
        require_no_live_account(application, live)
    require_no_live_account(application, settings)


def use_live(session, make) -> None:
    make.account()
    session.execute(update(GatewayAccount).values(mode="live"))
    session.commit()
