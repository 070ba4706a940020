"""Migrations: numbered, in one line, equal to the models, and good in both directions."""

import importlib
import pkgutil
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import flask_migrate
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask
from sqlalchemy import create_engine, text

import portal
from portal.app import create_app
from portal.core.db import Base, db
from portal.core.settings import Settings
from tests import servers

VERSIONS = servers.MIGRATIONS / "versions"

# All of the schema that matters, as rows that can be compared: columns, constraints, indexes, triggers, functions.
SHAPE = """
SELECT 'column', table_name, column_name, data_type || ' ' || is_nullable || ' ' || coalesce(column_default, '')
  FROM information_schema.columns WHERE table_schema = 'public'
UNION ALL SELECT 'constraint', conrelid::regclass::text, conname, pg_get_constraintdef(oid)
  FROM pg_constraint WHERE connamespace = 'public'::regnamespace
UNION ALL SELECT 'index', tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'
UNION ALL SELECT 'trigger', tgrelid::regclass::text, tgname, pg_get_triggerdef(oid) FROM pg_trigger
  WHERE NOT tgisinternal
UNION ALL SELECT 'function', '', proname, prosrc FROM pg_proc p WHERE pronamespace = 'public'::regnamespace
  AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')
ORDER BY 1, 2, 3, 4
"""


@pytest.fixture
def empty(settings: Settings, worker_id: str) -> Iterator[Flask]:
    """An application on a database without a table."""
    name = f"empty_{worker_id}"
    server = servers.postgres()
    server.create(name)
    app = create_app(replace(settings, database_url=server.url(name)))
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


def test_migrations_are_numbered_without_a_gap():
    numbers = [int(re.match(r"(\d{4})_[a-z]", path.name).group(1)) for path in _files()]
    assert numbers == list(range(1, len(numbers) + 1))


def test_migrations_stand_in_one_line_in_the_order_of_their_numbers():
    script = ScriptDirectory(str(servers.MIGRATIONS))
    assert len(script.get_heads()) == 1
    walked = [Path(revision.path).name for revision in script.walk_revisions()]
    assert walked[::-1] == [path.name for path in _files()]


def test_migrated_tables_are_those_of_the_models(app):
    _import_every_table()
    with db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "include_name": _is_ours})
        assert compare_metadata(context, Base.metadata) == []


def test_migrations_lead_up_and_down_and_up_again(empty):
    flask_migrate.upgrade(directory=str(servers.MIGRATIONS))
    first = _shape()
    flask_migrate.downgrade(directory=str(servers.MIGRATIONS), revision="base")
    left = {row[1] or row[2] for row in _shape()} - {"alembic_version"}
    assert not left, "a migration leaves something behind on the way down"
    flask_migrate.upgrade(directory=str(servers.MIGRATIONS))
    assert _shape() == first


def _files() -> list[Path]:
    return sorted(VERSIONS.glob("*.py"))


def _is_ours(name: str | None, kind: str, _parents: object) -> bool:
    return not (kind == "table" and name == "alembic_version")


def _shape() -> list[tuple[str, ...]]:
    """Seen by an engine of its own, which no migration has touched."""
    engine = create_engine(db.engine.url)
    try:
        with engine.connect() as connection:
            return [tuple(row) for row in connection.execute(text(SHAPE))]
    finally:
        engine.dispose()


def _import_every_table() -> None:
    for package in pkgutil.iter_modules(portal.__path__, "portal."):
        if package.ispkg and importlib.util.find_spec(f"{package.name}.models"):
            importlib.import_module(f"{package.name}.models")
    for module in pkgutil.iter_modules(importlib.import_module("portal.core").__path__, "portal.core."):
        importlib.import_module(module.name)
