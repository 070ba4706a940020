"""`flask portal rotate-keys`, killed half way: everything stays readable, and the next try ends it."""

import signal
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta

from cryptography.fernet import Fernet
from sqlalchemy import select

from portal.actions import _gateways
from portal.actions.open_gateway_account import open_gateway_account
from portal.actions.store_gateway_keys import store_gateway_keys
from portal.core.actors import Actor
from portal.core.settings import install
from portal.local.home import CHECKOUT
from portal.payments.models import GatewayAccount
from tests.factories import NOON
from tests.jobs.conftest import environment

ROOT = Actor.operator("tests")
SECRETS = [{"va": "1179000899", "api_key": f"SANDBOX-KEY-{number}"} for number in (1, 2)]


def rotate(settings, **extra: str) -> subprocess.CompletedProcess:
    words = [sys.executable, "-m", "flask", "--app", "wsgi", "portal", "rotate-keys"]
    env = environment(settings) | extra
    return subprocess.run(words, check=False, cwd=CHECKOUT, env=env, capture_output=True, text=True, timeout=180)


def test_a_rotation_that_was_killed_loses_nothing(session, settings):
    ref = open_gateway_account("ipaymu", "test", actor=ROOT, at=NOON)
    for keys in SECRETS:
        store_gateway_keys(ref, keys, password="", overlap=timedelta(days=1), actor=ROOT, at=NOON)
    ring = replace(settings, encryption_keys=(Fernet.generate_key().decode(), *settings.encryption_keys))
    assert rotate(ring, CRASH_PLAN="rotate-slice:1:kill").returncode == -signal.SIGKILL
    assert read(session, ring, ref) == SECRETS
    assert rotate(ring).returncode == 0
    only_new = replace(ring, encryption_keys=ring.encryption_keys[:1])
    assert read(session, only_new, ref) == SECRETS
    install(settings)


def read(session, settings, ref: str) -> list[dict[str, str]]:
    """The former and the present keys, as a process with these settings reads them."""
    install(settings)
    session.rollback()
    session.expire_all()
    account = session.scalars(select(GatewayAccount).where(GatewayAccount.ref == ref)).one()
    return [dict(_gateways.stored(sealed, account)) for sealed in (account.former_secrets, account.secrets)]
