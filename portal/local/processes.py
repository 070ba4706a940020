"""The portal's processes as a table, their environment, and the supervisor that starts and stops them together."""

import shlex
import socket
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from honcho.manager import Manager
from honcho.printer import Message, Printer

from portal.local.home import CHECKOUT, CannotStart

QUEUES = ("money", "news", "messages", "documents")
MOST_WORK = "documents"  # of a checked year: its papers are printed by two
HOST = "127.0.0.1"
PORTS = 5


@dataclass(frozen=True)
class Ports:
    web: int
    twin: int
    mailbox: int
    smtp: int
    ipaymu: int

    @classmethod
    def from_first(cls, first: int) -> "Ports":
        """Five in a row. Raises CannotStart for the first that is taken."""
        for port in range(first, first + PORTS):
            with socket.socket() as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                try:
                    probe.bind((HOST, port))
                except (OSError, OverflowError) as error:
                    raise CannotStart(
                        f"Port {port} is taken or not allowed: "
                        f"start with ./run --port N, where N to N+{PORTS - 1} are free."
                    ) from error
        return cls(*range(first, first + PORTS))

    @classmethod
    def free(cls) -> "Ports":
        """Any five; held together while they are chosen, so that they differ."""
        probes = [socket.socket() for _ in range(PORTS)]
        try:
            for probe in probes:
                probe.bind((HOST, 0))
            return cls(*(probe.getsockname()[1] for probe in probes))
        finally:
            for probe in probes:
                probe.close()

    def url(self, port: int) -> str:
        return f"http://{HOST}:{port}"


def environment(given: Mapping[str, str], ports: Ports, own: Mapping[str, str]) -> dict[str, str]:
    """What the processes read: `own` (servers, secrets, folders) and what follows from the ports.

    The stand-ins always take the place of the gateways here, so a key of a real one is never used.
    """
    return {
        "MAIL_FROM": "billing@portal.example",
        "LOG_LEVEL": "WARNING",  # so that the addresses stay in sight
        "SMTP_URL": f"smtp://{HOST}:{ports.smtp}",
        **given,
        **own,
        "APP_URL": given.get("APP_URL") or ports.url(ports.web),
        "PAYSTACK_BASE_URL": ports.url(ports.twin),
        "IPAYMU_BASE_URL": ports.url(ports.ipaymu),
        "TWIN_URLS": f"{ports.url(ports.twin)},{ports.url(ports.ipaymu)}",
        "TEST_MODE": "1",
        "PYTHONUNBUFFERED": "1",
        "CHECK_BASE_URL": ports.url(ports.web),
        "CHECK_TWIN_URL": ports.url(ports.twin),
        "CHECK_MAILBOX_URL": ports.url(ports.mailbox),
        "CHECK_IPAYMU_URL": ports.url(ports.ipaymu),
    }


def portal_command(*words: str) -> list[str]:
    return [sys.executable, "-m", "flask", "--app", "wsgi", "portal", *words]


def commands(ports: Ports, folder: Path, *, is_kept: bool) -> dict[str, list[str]]:
    """Name of the process → its command. Mails and the twins' books lie in `folder`.

    The twins keep their books from one start to the next if `is_kept`; what truly happened they write down always.
    """
    python = sys.executable
    web = [python, "-m", "gunicorn", "--bind", f"{HOST}:{ports.web}", "--workers", "2", "--preload"]
    web += ["--no-control-socket"]
    # Threads: a browser opens connections ahead of time, and each would block a process that has none.
    web += ["--worker-class", "gthread", "--threads", "4", "--timeout", "120", "--graceful-timeout", "3"]
    web += ["--worker-tmp-dir", "/dev/shm"] if sys.platform == "linux" else []  # noqa: S108 - a heartbeat, not data
    news = ports.url(ports.web) + "/api/billing/webhook"
    twin = [python, "-m", "portal.twins.paystack", "--port", str(ports.twin), "--webhook-url", news]
    twin += _memory(folder / "twin", is_kept=is_kept)
    ipaymu = [python, "-m", "portal.twins.ipaymu", "--port", str(ports.ipaymu)]
    ipaymu += _memory(folder / "ipaymu", is_kept=is_kept)
    mailbox = [python, "-m", "portal.local.mailbox", "--smtp-port", str(ports.smtp), "--web-port", str(ports.mailbox)]
    return {
        "web": [*web, "wsgi:application"],
        # What `flask portal worker` and `scheduler` turn into, without loading the application twice.
        **{f"worker-{queue}": [python, "-m", "jobs.worker", queue] for queue in QUEUES},
        **({} if is_kept else {"worker-second": [python, "-m", "jobs.worker", MOST_WORK]}),
        "scheduler": [python, "-m", "jobs.watch"],
        "twin": twin,
        "ipaymu": ipaymu,
        "mailbox": [*mailbox, "--folder", str(folder / "mails")],
    }


def _memory(path: Path, *, is_kept: bool) -> list[str]:
    """The options of a twin that say where it writes."""
    return ["--log", f"{path}.log", *(["--state", f"{path}.state"] if is_kept else [])]


class Loud(Printer):  # type: ignore[misc]
    """Lets one process speak without a prefix and to a place of its own."""

    def __init__(self, output: TextIO, loud: str, loud_output: TextIO) -> None:
        super().__init__(output)
        self.loud = loud
        self.loud_output = loud_output

    def write(self, message: Message) -> None:
        if message.name == self.loud:
            self.loud_output.write(message.data.decode("utf-8", "replace"))
            self.loud_output.flush()
        else:
            super().write(message)


def supervise(table: Mapping[str, str], env: Mapping[str, str], printer: Printer) -> int:
    """Run shell commands until one ends or a signal comes, then stop them all. Returns the first status."""
    manager = Manager(printer)
    for name, command in table.items():
        manager.add_process(name, f"exec {command}", env=dict(env), cwd=str(CHECKOUT))
    manager.loop()
    return int(manager.returncode)


def as_shell(command: list[str]) -> str:
    return shlex.join(command)
