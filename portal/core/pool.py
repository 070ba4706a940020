"""Connections that rested are asked whether they still stand; those in steady use are not, for each question costs.

Each keeps what it has prepared: a worker has more statements than the hundred that the driver would keep.
"""

import time
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import Engine
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.pool import Pool

RESTED_SECONDS = 1.0
MOST_PREPARED = 500
_USED_AT = "portal_used_at"


def watch(pool: type[Pool] | Engine = Pool) -> None:
    """A pooled connection that rested for a second is tried before it is given out, and replaced if it is dead."""
    event.listen(pool, "connect", _keep_prepared)
    event.listen(pool, "checkin", _note_use)
    event.listen(pool, "checkout", _try_if_rested)


def _keep_prepared(connection: Any, _record: Any) -> None:
    connection.prepared_max = MOST_PREPARED


def _note_use(_connection: Any, record: Any) -> None:
    record.info[_USED_AT] = time.monotonic()


def _try_if_rested(connection: Any, record: Any, _proxy: Any) -> None:
    used_at = record.info.get(_USED_AT)
    if used_at is None or time.monotonic() - used_at < RESTED_SECONDS:
        return
    try:
        connection.execute("SELECT 1")
        connection.rollback()
    except Exception as error:
        raise DisconnectionError("the connection was cut while it rested") from error
