"""A person decides about a run that was held: let it go on, or stop it for good."""

from datetime import datetime

from portal.core import audit, tasks
from portal.core import business as businesses
from portal.core.actors import Actor
from portal.core.clock import wall
from portal.core.db import transaction
from portal.runs import progress
from portal.runs.states import RUN, RunEvent


def release_run(ref: str, *, reason: str, actor: Actor, at: datetime) -> None:
    """Let the held run bill what it planned."""
    _decide(ref, RunEvent.RELEASED, reason, actor, at)


def abort_run(ref: str, *, reason: str, actor: Actor, at: datetime) -> None:
    """Stop the run; what it has billed stays, the rest is due again with the next run."""
    _decide(ref, RunEvent.ABORTED, reason, actor, at)


def _decide(ref: str, event: RunEvent, reason: str, actor: Actor, at: datetime) -> None:
    with transaction() as session:
        run = progress.lock(session, ref)
        after = RUN.after(run.status, event)
        if after is None:
            return
        run.status = after
        run.next_action_at = at if event is RunEvent.RELEASED else None
        run.finished_at = at if event is RunEvent.ABORTED else None
        businesses.beat(session, "billing_run", wall_at=wall(), at=at)
        tasks.close_task(session, "run_held", run.ref, by=actor.name, at=at)
        audit.record(session, actor, f"run.{event}", at=at, subject=run.ref, reason=reason)
