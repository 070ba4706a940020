"""Bells that PostgreSQL rings between processes, so that nobody has to look again and again."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from portal.core.db import db


def ring(session: Session, bell: str) -> None:
    """Wake whoever listens, once we commit."""
    session.execute(text(f"NOTIFY {bell}"))


@contextmanager
def listening(bell: str) -> Iterator[Callable[[float], bool]]:
    """A wait of so many seconds, cut short by the bell: did it ring? What rang between two waits counts too."""
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as held:
        held.execute(text(f"LISTEN {bell}"))
        driver: Any = held.connection.driver_connection
        yield lambda seconds: bool(list(driver.notifies(timeout=seconds, stop_after=1)))
