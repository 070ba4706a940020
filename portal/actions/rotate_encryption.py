"""Putting everything in the vault under its newest key, so that the older ones can be taken out of the ring."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Column, select, update
from sqlalchemy.orm import Session

from portal.core import audit
from portal.core.actors import Actor
from portal.core.crashes import crash_point
from portal.core.db import Base, transaction
from portal.core.logging import log
from portal.core.secrets import SecretUnreadable, vault

SLICE = 500


@dataclass(frozen=True, slots=True)
class Rotated:
    """`renewed` lie under the newest key now, `current` did before, `unreadable` no key of the ring opens."""

    renewed: int = 0
    current: int = 0
    unreadable: int = 0

    def __add__(self, other: "Rotated") -> "Rotated":
        return Rotated(
            self.renewed + other.renewed, self.current + other.current, self.unreadable + other.unreadable
        )  # fmt: skip


def rotate_encryption(*, actor: Actor, at: datetime) -> Rotated:
    """Slice by slice, each a transaction of its own. Died half way: what is committed stays; asked again, it goes on.

    It disturbs nobody: a secret that somebody else stores meanwhile is left as they stored it, under the newest key.
    """
    done = Rotated()
    for column in sealed_columns():
        last: int | None = 0
        while last is not None:
            part, last = _slice(column, last)
            done += part
            crash_point("rotate-slice")
    with transaction() as session:
        audit.record(
            session, actor, "keys.rotated", at=at, renewed=done.renewed, current=done.current,
            unreadable=done.unreadable,
        )  # fmt: skip
    return done


def sealed_columns() -> list[Column[Any]]:
    """Every column of every table whose bytes lie in the vault."""
    return [column for table in Base.metadata.sorted_tables for column in table.columns if column.info.get("is_sealed")]


def _slice(column: Column[Any], after: int) -> tuple[Rotated, int | None]:
    """Renew the next rows behind the id `after`; the last id seen, None when there are no more."""
    table = column.table
    wanted = select(table.c.id, column).where(table.c.id > after, column.is_not(None))
    with transaction() as session:
        rows = session.execute(wanted.order_by(table.c.id).limit(SLICE)).all()
        part = sum((_renew(session, column, row_id, sealed) for row_id, sealed in rows), Rotated())
    return part, rows[-1][0] if len(rows) == SLICE else None


def _renew(session: Session, column: Column[Any], row_id: int, sealed: bytes) -> Rotated:
    try:
        fresh = vault().renewed(bytes(sealed))
    except SecretUnreadable:
        log().error("a secret cannot be read", place=f"{column.table.name}.{column.name}", row=row_id)
        return Rotated(unreadable=1)
    if fresh is None:
        return Rotated(current=1)
    table = column.table
    session.execute(update(table).where(table.c.id == row_id, column == sealed).values({column.name: fresh}))
    return Rotated(renewed=1)
