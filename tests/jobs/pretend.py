"""A kind of work for the tests of the machinery: it relays outbox rows, slowly or not at all when told so."""

import os
import time
from datetime import datetime

from sqlalchemy import select

from jobs.app import drained, job
from jobs.due import first_of
from jobs.queues import Lane
from jobs.schedule import Work
from portal.core.crashes import crash_point
from portal.core.db import transaction
from portal.core.outbox import OutboxEntry


@job(Lane.MESSAGES)
def relay_rows() -> None:
    """Rows are claimed in transactions of their own: dying half way leaves the rest due."""
    if not drained(_relay):
        relay_rows.wake()


@job(Lane.MESSAGES)
def leave_rows() -> None:
    """Ends well and changes nothing."""


RELAY = {"relay_rows": Work(relay_rows, first_of(OutboxEntry))}
LEAVE = {"leave_rows": Work(leave_rows, first_of(OutboxEntry))}


def _relay(at: datetime) -> int:
    time.sleep(float(os.environ.get("PRETEND_SECONDS", "0")))
    with transaction() as session:
        due = select(OutboxEntry).where(OutboxEntry.next_action_at <= at).order_by(OutboxEntry.id).limit(1)
        row = session.scalar(due.with_for_update(skip_locked=True))
        if row is None:
            return 0
        row.next_action_at, row.posted_at = None, at
        crash_point("pretend.relayed")
        return 1
