"""What every test may ask for. Real servers; a test that commits is cleaned up after."""

import contextvars
import signal
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import psycopg
import pytest
import redis as redis_client
from aiosmtpd.controller import Controller
from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import update
from sqlalchemy.orm import Session

from portal.app import create_app
from portal.core import clock
from portal.core.business import VirtualClock
from portal.core.db import db
from portal.core.settings import Settings
from portal.identity import passwords
from portal.local.mailbox import Catcher
from portal.local.mails import Mails
from portal.local.redis import Redis
from tests import servers
from tests.concurrency.rig import door
from tests.factories import Make
from tests.pushing import ipaymu, pushed, shared_ipaymu

__all__ = ["door", "ipaymu", "pushed", "shared_ipaymu"]


class FreshClient(FlaskClient):
    """A browser: its requests see nothing of the test's own application context (nor its `g`)."""

    def open(self, *args: Any, **kwargs: Any) -> Any:
        return contextvars.Context().run(super().open, *args, **kwargs)


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that the servers are stopped
        servers.open_home()


def pytest_unconfigure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        servers.close_home()


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    server = Redis(tmp_path_factory.mktemp("redis"), is_durable=False)
    server.start()
    yield server.url
    server.stop()


@pytest.fixture(scope="session")
def settings(redis_url: str, worker_id: str, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Of this process: a migrated database, a Redis, free ports for the web, the twin and SMTP."""
    return servers.settings_of(f"w_{worker_id}", redis_url, tmp_path_factory.mktemp("files"))


@pytest.fixture(scope="session")
def application(settings: Settings) -> Iterator[Flask]:
    """One for the whole run. Tests ask for `app`."""
    passwords.hasher = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
    made = create_app(settings)
    made.testing = True
    made.test_client_class = FreshClient
    yield made
    with made.app_context():
        db.engine.dispose()


@pytest.fixture(scope="session")
def sweeper(application: Flask, redis_url: str) -> Iterator[Callable[[], None]]:
    """Puts database and Redis back to how an installation begins."""
    with application.app_context():
        conninfo = str(db.engine.url.set(drivername="postgresql").render_as_string(hide_password=False))
    cache = redis_client.Redis.from_url(redis_url)
    with psycopg.connect(conninfo, autocommit=True) as connection:

        def sweep() -> None:
            servers.clean(connection)
            cache.flushall()

        yield sweep
    cache.close()


@pytest.fixture
def app(application: Flask, sweeper: Callable[[], None]) -> Iterator[Flask]:
    """The application, with its context open, on a database of its own; cleaned when the test ends."""
    with application.app_context():
        yield application
        db.session.remove()
    sweeper()


@pytest.fixture
def session(app: Flask) -> Iterator[Session]:
    """For looking and for preparing; commit before an action is to see it."""
    with Session(db.engine, expire_on_commit=False) as opened:
        yield opened


@pytest.fixture
def make(session: Session) -> Make:
    """The smallest true things; see tests/factories.py."""
    return Make(session)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def travel(session: Session) -> Callable[[datetime], None]:
    """travel(to): business time stands still at that instant, for this test and for the pages it asks for."""

    def to(at: datetime) -> None:
        session.execute(update(VirtualClock).values(frozen_at=at))
        session.commit()
        clock.forget()

    return to


@pytest.fixture(scope="session")
def smtp(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mails]:
    """A real SMTP server at the address of the settings. Tests ask for `mails`."""
    kept = Mails(tmp_path_factory.mktemp("mails"))
    port = int(settings.smtp_url.rpartition(":")[2])
    controller = Controller(Catcher(kept), hostname="127.0.0.1", port=port, enable_SMTPUTF8=True)
    controller.start()
    yield kept
    controller.stop()


@pytest.fixture
def mails(smtp: Mails) -> Iterator[Mails]:
    """What really went out by SMTP during the test."""
    smtp.clear()
    yield smtp
    smtp.clear()
