"""`./run` says in one sentence what is wrong, and ends with a status that is not 0."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from portal.local.processes import QUEUES, Ports, commands, environment
from tests.house.source import ROOT


def run(*arguments: str, **given: str) -> subprocess.CompletedProcess[str]:
    bare = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "REDIS_URL", "SMTP_URL")}
    command = [sys.executable, "-m", "portal.local", *arguments]
    return subprocess.run(command, env=bare | given, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)


@pytest.fixture
def taken() -> int:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        yield holder.getsockname()[1]


def test_a_taken_port_is_named_with_the_way_out(taken):
    ended = run("--port", str(taken))
    assert ended.returncode == 1
    assert (
        ended.stderr.strip()
        == f"Port {taken} is taken or not allowed: start with ./run --port N, where N to N+4 are free."
    )


def test_a_port_that_cannot_be_is_refused():
    ended = run("--port", "70000")
    assert ended.returncode == 1
    assert ended.stderr.startswith("Port 70000 is taken or not allowed")


def test_fresh_never_touches_a_given_database():
    ended = run("--fresh", DATABASE_URL="postgresql://nobody@127.0.0.1:9/portal")
    assert ended.returncode == 1
    assert ended.stderr.count("\n") == 1
    assert "unset DATABASE_URL" in ended.stderr


def test_the_stand_in_never_learns_a_real_key():
    ports = Ports(8000, 8001, 8002, 8003, 8004)
    env = environment({"PAYSTACK_SECRET_KEY": "sk_live_real"}, ports, {"PAYSTACK_SECRET_KEY": "sk_test_own"})
    assert env["PAYSTACK_SECRET_KEY"] == "sk_test_own"
    assert env["PAYSTACK_BASE_URL"] == "http://127.0.0.1:8001"
    assert env["IPAYMU_BASE_URL"] == "http://127.0.0.1:8004"
    assert env["TWIN_URLS"] == "http://127.0.0.1:8001,http://127.0.0.1:8004"


def test_given_mail_settings_beat_the_inbox():
    ports = Ports(8000, 8001, 8002, 8003, 8004)
    assert environment({}, ports, {})["SMTP_URL"] == "smtp://127.0.0.1:8003"
    assert environment({"SMTP_URL": "smtps://mail.example"}, ports, {})["SMTP_URL"] == "smtps://mail.example"


def test_every_queue_has_a_worker():
    started = commands(Ports(8000, 8001, 8002, 8003, 8004), Path("var"), is_kept=True)
    assert {name.removeprefix("worker-") for name in started if name.startswith("worker-")} == set(QUEUES)


def test_free_ports_differ():
    ports = Ports.free()
    assert len({ports.web, ports.twin, ports.mailbox, ports.smtp, ports.ipaymu}) == 5
