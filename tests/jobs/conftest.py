"""Outbox rows that wait, workers in this process and in processes of their own."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from jobs.app import connect, connection, stopping
from jobs.queues import DONE, Lane
from jobs.worker import make_worker
from portal.core import outbox
from portal.core.outbox import OutboxEntry
from portal.core.settings import Settings
from portal.local.home import CHECKOUT
from tests.jobs.pretend import leave_rows

NOON = datetime(2027, 3, 10, 12, 0, tzinfo=UTC)


@pytest.fixture
def noon(travel: Callable[[datetime], None], session: Session) -> datetime:
    """Business time stands at noon of a day; `ticks` are taken, so that nothing but rows is due."""
    travel(NOON)
    return NOON


@pytest.fixture
def events(session: Session) -> Callable[..., None]:
    """events(after=…): an outbox row that is due then."""

    def add(*after: timedelta) -> None:
        for delay in after:
            outbox.post(session, "test.happened", at=NOON + delay)
        session.commit()

    return add


@pytest.fixture
def relayed(session: Session) -> Callable[[], list[datetime]]:
    """When each row was relayed, in business time, in the order in which they were due."""

    def read() -> list[datetime]:
        session.rollback()
        rows = select(OutboxEntry.posted_at).where(OutboxEntry.posted_at.is_not(None))
        return list(session.scalars(rows.order_by(OutboxEntry.created_at)))

    return read


@pytest.fixture
def work_off(app: Any) -> Callable[[], None]:
    """Do all waiting jobs here and now, queue after queue, until all are empty."""

    def work() -> None:
        stopping.clear()
        while waiting := [lane for lane in Lane if connection().llen(f"rq:queue:{lane}")]:
            for lane in waiting:
                worker = make_worker(lane)
                worker.subscribe = _hears_no_commands  # nobody sends any, and each goodbye would be waited for
                worker.work(burst=True, logging_level="ERROR")

    return work


def _hears_no_commands() -> None:
    pass


@pytest.fixture
def waiting_jobs(app: Any) -> Callable[[str], int]:
    return lambda lane: connection().llen(f"rq:queue:{lane}")


@pytest.fixture(scope="module")
def _crew(application: Any, settings: Settings) -> Iterator[None]:
    command = [sys.executable, "-m", "jobs.worker", *Lane]
    process = subprocess.Popen(command, cwd=CHECKOUT, env=environment(settings))
    yield
    process.terminate()
    process.wait()


@pytest.fixture
def crew(_crew: None, app: Any) -> None:
    """One worker process for all queues, which stays over several tests."""
    leave_rows.enqueue()
    assert connect(None).blpop(DONE, 60), "the worker did not begin to work"


@pytest.fixture
def start(app: Any, settings: Settings) -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    """start("jobs.worker", "messages", PRETEND_SECONDS="1"): a module as a process; killed at the end."""
    running = []

    def begin(*words: str, **extra: str) -> subprocess.Popen[bytes]:
        process = subprocess.Popen([sys.executable, "-m", *words], cwd=CHECKOUT, env=environment(settings) | extra)
        running.append(process)
        return process

    yield begin
    for process in running:
        process.kill()
        process.wait()


def environment(settings: Settings) -> dict[str, str]:
    return {
        **os.environ,
        "DATABASE_URL": settings.database_url,
        "REDIS_URL": settings.redis_url,
        "APP_URL": settings.app_url,
        "SECRET_KEY": settings.secret_key,
        "ENCRYPTION_KEYS": ",".join(settings.encryption_keys),
        "SMTP_URL": settings.smtp_url,
        "MAIL_FROM": settings.mail_from,
        "FILES_DIR": settings.files_dir,
        "PAYSTACK_SECRET_KEY": settings.paystack_secret_key,
        "PAYSTACK_BASE_URL": settings.paystack_base_url,
        "TEST_MODE": "1",
        "TWIN_URLS": "",
    }
