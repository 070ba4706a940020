"""The twin as a process: it keeps its books over restarts, and says in one sentence why it cannot start."""

import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import requests

from tests.twins.running import KEY, PAYER, Running, running


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return found.getsockname()[1]


@contextmanager
def started(port: int, *options: str, stop: int = signal.SIGTERM) -> Iterator[Running]:
    command = [sys.executable, "-m", "portal.twins.paystack", "--port", str(port), *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == f"Paystack twin: http://127.0.0.1:{port}/_twin/\n"
        with requests.Session() as web:
            yield Running(None, f"http://127.0.0.1:{port}", web)
        process.send_signal(stop)
        status = process.wait(timeout=10)
    assert status == (0 if stop != signal.SIGKILL else -signal.SIGKILL)


def test_a_restart_keeps_everything(tmp_path: Path):
    port, state, log = free_port(), tmp_path / "twin.jsonl", tmp_path / "truth.jsonl"
    options = ("--state", str(state), "--log", str(log), "--seed", "3")
    with started(port, *options, stop=signal.SIGKILL) as twin:
        twin.pay(twin.page("r-1"))
        token = twin.card()
        twin.behave("processing", seconds=0.5)
        asked = {"email": PAYER, "amount": 250_000, "authorization_code": token, "reference": "r-2"}
        twin.ask("POST", "/transaction/charge_authorization", json=asked)
        twin.clock("2026-03-01T12:00:00+00:00")
    with state.open("a") as half:
        half.write('["Transaction", "66')
    with started(port, *options, stop=signal.SIGINT) as twin:
        assert twin.status("r-1") == "success"
        assert twin.web.get(f"{twin.url}/_twin/").text.count("standing still") == 1
        twin.clock(None)
        until = time.monotonic() + 5
        while twin.status("r-2") == "processing" and time.monotonic() < until:
            time.sleep(0.05)
        assert twin.status("r-2") == "success"
        asked["reference"] = "r-3"
        assert twin.ask("POST", "/transaction/charge_authorization", json=asked).json()["data"]["status"] == "success"
        assert twin.card() != token
    deeds = [json.loads(line)["deed"] for line in log.read_text().splitlines()]
    assert deeds.count("charged") == 3


def test_undelivered_news_survive_too(tmp_path: Path):
    state = tmp_path / "twin.jsonl"
    with running(state_path=state, webhook_url="http://127.0.0.1:1/") as twin:
        twin.clock("2026-03-01T12:00:00+00:00")
        twin.pay(twin.page("r-1"))
        due = twin.wait()["next_due_at"]
        assert due == "2026-03-01T13:00:00+00:00"
    with running(state_path=state) as twin:
        assert twin.wait()["next_due_at"] == due


def test_the_same_seed_makes_the_same_codes():
    def codes(seed: int) -> list[str]:
        with running(seed=seed) as twin:
            return [twin.card(), twin.page("r-1").rpartition("/")[2], twin.card(key=KEY)]

    assert codes(5) == codes(5) != codes(6)


def test_a_taken_port_is_one_sentence():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        command = [sys.executable, "-m", "portal.twins.paystack", "--port", port]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "cannot start" in done.stderr
