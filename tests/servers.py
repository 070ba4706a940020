"""The tests' own PostgreSQL and Redis, started once by whoever needs them first.

One PostgreSQL serves all processes of a run. Its template is brought up by the real migrations; each process works on a
clone and puts it back to that state after every test, also where tests commit.
"""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import flask_migrate
import psycopg
from cryptography.fernet import Fernet

from portal.app import create_app
from portal.core.db import db
from portal.core.settings import Settings
from portal.local.postgres import Postgres
from portal.local.processes import Ports

HOME = "PORTAL_TEST_HOME"
TEMPLATE = "template_of_tests"
MIGRATIONS = Path(__file__).resolve().parents[1] / "migrations"

# Every table that a migration fills is copied; cleaning empties the tables that are not empty and fills those again.
REMEMBER = """
CREATE SCHEMA seeded;
DO $$ DECLARE t text; filled boolean; BEGIN
  FOR t IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' LOOP
    EXECUTE format('SELECT EXISTS (SELECT FROM public.%I)', t) INTO filled;
    IF filled THEN EXECUTE format('CREATE TABLE seeded.%I AS TABLE public.%I', t, t); END IF;
  END LOOP;
END $$;
CREATE FUNCTION seeded.clean() RETURNS void LANGUAGE plpgsql
SET session_replication_role = replica SET lock_timeout = '10s' AS $$
DECLARE t text; filled boolean; BEGIN
  FOR t IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' LOOP
    EXECUTE format('SELECT EXISTS (SELECT FROM public.%I)', t) INTO filled;
    IF filled THEN EXECUTE format('DELETE FROM public.%I', t); END IF;
  END LOOP;
  FOR t IN SELECT tablename FROM pg_tables WHERE schemaname = 'seeded' LOOP
    EXECUTE format('INSERT INTO public.%I OVERRIDING SYSTEM VALUE SELECT * FROM seeded.%I', t, t);
  END LOOP;
END $$;
"""


def open_home() -> None:
    """Called once by the process that the run begins with; the others inherit the name of the folder."""
    home = tempfile.mkdtemp(prefix="portal-tests-")
    Path(home).chmod(0o711 if os.geteuid() == 0 else 0o700)
    os.environ[HOME] = home


def close_home() -> None:
    home = Path(os.environ.pop(HOME))
    _postgres(home).stop()
    shutil.rmtree(home, ignore_errors=True)


def settings_of(worker: str, redis_url: str, files: Path) -> Settings:
    """Complete settings for one process of the run; its database is made here."""
    ports = Ports.free()
    settings = Settings(
        database_url=postgres().url(TEMPLATE),
        redis_url=redis_url,
        app_url=ports.url(ports.web),
        secret_key="a secret of the tests, long enough",
        encryption_keys=(Fernet.generate_key().decode(),),
        smtp_url=f"smtp://127.0.0.1:{ports.smtp}",
        mail_from="billing@portal.example",
        files_dir=str(files),
        paystack_secret_key="sk_test_0123456789abcdef0123456789abcdef01234567",
        paystack_base_url=ports.url(ports.twin),
        ipaymu_base_url=ports.url(ports.ipaymu),
        test_mode=True,
        twin_urls=(),
    )
    return replace(settings, database_url=_clone(worker, settings))


def postgres() -> Postgres:
    """The run's server, running."""
    home = Path(os.environ[HOME])
    server = _postgres(home)
    with _alone(home):
        if not (home / "started").exists():
            server.start()
            (home / "started").touch()
    return server


def clean(connection: psycopg.Connection) -> None:
    """The database as the migrations left it, whatever was committed."""
    connection.execute("SELECT seeded.clean()")


def _postgres(home: Path) -> Postgres:
    return Postgres(home / "postgres", is_durable=False, settings=("max_connections=200",))


def _clone(worker: str, settings: Settings) -> str:
    server = postgres()
    with _alone(Path(os.environ[HOME])):
        if not (Path(os.environ[HOME]) / "migrated").exists():
            server.create(TEMPLATE)
            migrate(settings)
            with psycopg.connect(server.conninfo(TEMPLATE), autocommit=True) as connection:
                connection.execute(REMEMBER)
            (Path(os.environ[HOME]) / "migrated").touch()
        server.create(worker, TEMPLATE)
    return server.url(worker)


def migrate(settings: Settings) -> None:
    """Every migration, as `flask portal migrate` does it; leaves no connection open."""
    app = create_app(settings)
    with app.app_context():
        try:
            flask_migrate.upgrade(directory=str(MIGRATIONS))
        finally:
            db.engine.dispose()


@contextmanager
def _alone(home: Path) -> Iterator[None]:
    """One process of the run at a time."""
    with (home / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
