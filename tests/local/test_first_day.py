"""A newcomer's first day: one command, a company at work, Ctrl-C, and the same company at the next start."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from portal.local.home import CannotStart, Home
from portal.local.postgres import Postgres
from portal.local.processes import Ports, environment, portal_command
from portal.simulation import company
from portal.simulation.stories import PASSWORD
from portal.simulation.visitor import Visitor
from tests.house.source import ROOT

PATIENCE_SECONDS = 600
OWN = ("DATABASE_URL", "REDIS_URL", "SMTP_URL", "APP_URL", "FILES_DIR", "SECRET_KEY", "ENCRYPTION_KEYS")
STATES = ("active", "in trial", "past due", "suspended", "paused", "canceled", "expired", "sends the money")


@pytest.fixture
def ports() -> Ports:
    """Five in a row that nobody uses."""
    while True:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            first = probe.getsockname()[1]
        try:
            return Ports.from_first(first)
        except CannotStart:
            continue


@contextmanager
def started(ports: Ports, folder: Path) -> Iterator[str]:
    """`./run` until it says that all is ready: what it said. Then Ctrl-C, after which it ends as asked."""
    bare = {name: value for name, value in os.environ.items() if name not in OWN}
    words = [sys.executable, "-m", "portal.local", "--port", str(ports.web), "--data", str(folder)]
    said = folder.parent / "said"
    with said.open("w") as output:
        running = subprocess.Popen(
            words, env=bare, cwd=ROOT, stdout=output, stderr=subprocess.STDOUT, start_new_session=True
        )
    try:
        until = time.monotonic() + PATIENCE_SECONDS
        while "Ctrl-C stops all of it" not in said.read_text():
            assert running.poll() is None, said.read_text()
            assert time.monotonic() < until, said.read_text()
            time.sleep(0.2)
        yield said.read_text()
        os.killpg(running.pid, signal.SIGINT)
        assert running.wait(60) == 0, said.read_text()
    finally:
        if running.poll() is None:
            os.killpg(running.pid, signal.SIGTERM)
            running.wait(60)


def proved(ports: Ports, data: Path) -> subprocess.CompletedProcess[str]:
    """What `flask portal prove` says of the company's books."""
    own = Home(data).secrets() | {"FILES_DIR": str(data / "files"), "REDIS_URL": "unix://unused"}
    own["DATABASE_URL"] = Postgres(data / "postgres").url("portal")
    env = dict(os.environ) | environment({}, ports, own)
    return subprocess.run(portal_command("prove"), env=env, cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.mark.timeout(2 * PATIENCE_SECONDS)
def test_a_newcomer_types_one_command_and_sees_a_company_at_work(folder, ports):
    data, web = folder / "data", ports.url(ports.web)
    with started(ports, data) as said:
        for address in (ports.web, ports.twin, ports.mailbox, ports.ipaymu):
            assert ports.url(address) in said
        assert all(email in said for email, _, _ in company.STAFF)
        customers = re.findall(r"^    (\S.*?)\s{2,}(\S+@\S+)$", said.partition("Customers, password")[2], re.MULTILINE)
        assert len(customers) >= 16, said
        assert [state for state in STATES if not any(state in shown for shown, _ in customers)] == []
        for email, _, _ in company.STAFF:
            Visitor(web).sign_in(email, company.STAFF_PASSWORD)
        for _, email in customers:
            Visitor(web).sign_in(email, PASSWORD)
        assert proved(ports, data).returncode == 0, proved(ports, data).stdout
    with started(ports, data) as again:
        assert again.partition("Portal  ")[2] == said.partition("Portal  ")[2]
    for port in (ports.web, ports.twin, ports.mailbox, ports.smtp, ports.ipaymu):
        with socket.socket() as probe:
            assert probe.connect_ex(("127.0.0.1", port)), "it is still listening"
