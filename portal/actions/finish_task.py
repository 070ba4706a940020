"""A person has looked at what was asked of them."""

from datetime import datetime

from sqlalchemy import select

from portal.core import audit
from portal.core.actors import Actor
from portal.core.db import transaction
from portal.core.errors import Invalid, NotFound, Refused
from portal.core.tasks import Task

# These are closed by the deed that ends their cause, and by nothing else: a held run that nobody sees stays held.
CLOSED_BY_THEIR_CAUSE = frozenset({"run_held", "customer_parked", "gateway_refused", "approval_waiting", "difference"})


class CauseRemains(Refused):
    """What the task is about still is so. Nothing was changed."""

    code = "cause_remains"


def finish_task(task_id: int, *, reason: str, actor: Actor, at: datetime) -> None:
    """Close the task, saying what was done. Closed already: nothing."""
    if not reason.strip():
        raise Invalid("Please say what was done about it.", field="reason")
    with transaction() as session:
        task = session.scalar(select(Task).where(Task.id == task_id).with_for_update())
        if task is None:
            raise NotFound("There is no such task.")
        if task.closed_at is not None:
            return
        if task.kind in CLOSED_BY_THEIR_CAUSE:
            raise CauseRemains("This closes by itself once its cause is gone. Nothing was changed.")
        task.closed_at, task.closed_by = at, actor.name
        audit.record(
            session,
            actor,
            "task.finished",
            at=at,
            customer_id=task.customer_id,
            subject=task.subject,
            reason=reason.strip(),
            kind=task.kind,
        )
