"""Writing many rows in one statement: arrays unpacked by the server.

PostgreSQL receives one array per column instead of one parameter per value, so a batch of a
hundred rows costs little more than a single one (measured 2 to 3 times faster than VALUES lists).
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from psycopg.types.json import Jsonb
from sqlalchemy import Table, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

_DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]


@lru_cache(maxsize=256)
def _statement(table: Table, columns: tuple[str, ...], suffix: str) -> Any:
    kinds = {name: table.c[name].type.compile(_DIALECT) for name in columns}
    arrays = ", ".join(f"CAST(:{name} AS {kinds[name]}[])" for name in columns)
    names = ", ".join(columns)
    return text(f"INSERT INTO {table.name} ({names}) SELECT * FROM unnest({arrays}) {suffix}")  # noqa: S608


def insert_rows(session: Session, table: Any, rows: Sequence[Mapping[str, Any]], suffix: str = "") -> None:
    """Insert `rows` (all with the same keys) into `table` (a mapped class). `suffix`: ON CONFLICT …"""
    if rows:
        session.execute(*_prepared(table, rows, suffix))


def insert_returning(session: Session, table: Any, rows: Sequence[Mapping[str, Any]], suffix: str) -> list[Any]:
    """Like `insert_rows`; `suffix` ends in RETURNING and its rows come back."""
    return list(session.execute(*_prepared(table, rows, suffix)).all()) if rows else []


def _prepared(table: Any, rows: Sequence[Mapping[str, Any]], suffix: str) -> tuple[Any, dict[str, list[Any]]]:
    described: Table = table.__table__
    columns = tuple(rows[0])
    values = {
        name: [Jsonb(row[name]) if row[name] is not None else None for row in rows]
        if isinstance(described.c[name].type, JSONB)
        else [row[name] for row in rows]
        for name in columns
    }
    return _statement(described, columns, suffix), values


def take_ids(session: Session, table: Any, count: int) -> list[int]:
    """`count` fresh ids of `table`'s identity, so that parents and children can be written as lists."""
    if not count:
        return []
    sequence = f"{table.__tablename__}_id_seq"
    return list(
        session.scalars(
            text("SELECT nextval(:name) FROM generate_series(1, :count)"), {"name": sequence, "count": count}
        )
    )
