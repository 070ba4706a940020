"""Many rows in one statement: arrays unpacked by the server.

PostgreSQL receives one array per column instead of one parameter per value, so a batch of a
hundred rows costs little more than a single one (measured 2 to 3 times faster than VALUES lists).
The arrays are written here as text, which takes a tenth of the time the driver takes for it.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, cast

from sqlalchemy import ColumnElement, LargeBinary, Table, any_, literal, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

_DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]
_NEXT_IDS = text("SELECT nextval(:name) FROM generate_series(1, :count)")


def among(column: Any, values: Iterable[Any]) -> ColumnElement[bool]:
    """Is `column` one of `values`? They are passed as one array, so that the statement is the same for any number."""
    return cast(ColumnElement[bool], column == any_(literal(list(values), ARRAY(column.type))))


def insert_rows(session: Session, table: Any, rows: Sequence[Mapping[str, Any]], suffix: str = "") -> None:
    """Insert `rows` (all with the same keys) into `table` (a mapped class). `suffix`: ON CONFLICT …"""
    if rows:
        columns = tuple(rows[0])
        session.execute(_insert(table.__table__, columns, suffix), _arrays(table.__table__, columns, rows))


def insert_returning(session: Session, table: Any, rows: Sequence[Mapping[str, Any]], suffix: str) -> list[Any]:
    """Like `insert_rows`; `suffix` ends in RETURNING and its rows come back."""
    if not rows:
        return []
    columns = tuple(rows[0])
    return list(session.execute(_insert(table.__table__, columns, suffix), _arrays(table.__table__, columns, rows)))


def write_changes(session: Session, objects: Sequence[Any], columns: Sequence[str]) -> None:
    """Write these `columns` of mapped objects of one class, all in one statement; their unit of work has no part in it.

    The caller holds the locks under which the objects were read, for every column is written, changed or not.
    """
    if not objects:
        return
    rows = [{"id": each.id} | {name: getattr(each, name) for name in columns} for each in objects]
    described: Table = type(objects[0]).__table__
    names = ("id", *columns)
    with session.no_autoflush:
        written = session.execute(_update(described, names), _arrays(described, names, rows)).mappings()
    computed = {row["id"]: row for row in written}
    for each, row in zip(objects, rows, strict=True):
        for name, value in (row | dict(computed[each.id])).items():
            set_committed_value(each, name, value)


def take_ids(session: Session, table: Any, count: int) -> list[int]:
    """`count` fresh ids of `table`'s identity, so that parents and children can be written as lists."""
    if not count:
        return []
    return list(session.scalars(_NEXT_IDS, {"name": f"{table.__tablename__}_id_seq", "count": count}))


@lru_cache(maxsize=256)
def _insert(table: Table, columns: tuple[str, ...], suffix: str) -> Any:
    names = ", ".join(columns)
    return text(f"INSERT INTO {table.name} ({names}) SELECT * FROM {_unnested(table, columns)} {suffix}")  # noqa: S608


@lru_cache(maxsize=64)
def _update(table: Table, columns: tuple[str, ...]) -> Any:
    changes = ", ".join(f"{name} = n.{name}" for name in columns if name != "id")
    rows = f"{_unnested(table, columns)} AS n ({', '.join(columns)})"
    told = ", ".join(["t.id", *(f"t.{column.name}" for column in table.c if column.computed is not None)])
    return text(f"UPDATE {table.name} t SET {changes} FROM {rows} WHERE t.id = n.id RETURNING {told}")  # noqa: S608


def _unnested(table: Table, columns: Sequence[str]) -> str:
    kinds = {name: table.c[name].type.compile(_DIALECT) for name in columns}
    return f"unnest({', '.join(f'CAST(:{name} AS {kinds[name]}[])' for name in columns)})"


def _arrays(table: Table, columns: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    return {name: _array(table.c[name].type, [row[name] for row in rows]) for name in columns}


def _array(kind: Any, values: list[Any]) -> str:
    """An array as PostgreSQL reads it. Most columns of a batch hold one value throughout: it is written once."""
    element = _json if isinstance(kind, JSONB) else _binary if isinstance(kind, LargeBinary) else _plain
    if element is _plain and values.count(values[0]) == len(values):
        parts = [_plain(values[0])] * len(values)
    else:
        parts = [element(value) for value in values]
    return f"{{{','.join(parts)}}}"


def _plain(value: Any) -> str:
    if value is None:
        return "NULL"
    return str(value) if isinstance(value, int) else _quoted(str(value))


def _json(value: Any) -> str:
    return "NULL" if value is None else _quoted(json.dumps(value))


def _binary(value: bytes | None) -> str:
    return "NULL" if value is None else f'"\\\\x{value.hex()}"'


def _quoted(value: str) -> str:
    if "\\" in value:
        value = value.replace("\\", "\\\\")
    if '"' in value:
        value = value.replace('"', '\\"')
    return f'"{value}"'
