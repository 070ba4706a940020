"""Runs migrations against the application's engine, one transaction for each."""

import importlib
import pkgutil

from alembic import context

import portal
from portal.core.db import Base, db


def metadata_of_every_table() -> object:
    """Every module that may hold a table is imported, so that none is missed."""
    for module in pkgutil.walk_packages(portal.__path__, "portal."):
        if module.name.endswith(".models"):
            importlib.import_module(module.name)
    for name in ("business", "outbox", "audit", "tasks", "once"):
        importlib.import_module(f"portal.core.{name}")
    return Base.metadata


with db.engine.connect() as connection:
    context.configure(
        connection=connection,
        target_metadata=metadata_of_every_table(),  # type: ignore[arg-type]
        transaction_per_migration=True,
        compare_type=False,
    )
    with context.begin_transaction():
        context.run_migrations()
