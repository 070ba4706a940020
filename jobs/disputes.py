"""Disputes are asked about, and our answers passed on."""

from jobs.app import drained, job
from jobs.queues import Lane
from portal.actions.resolve_disputes import resolve_disputes
from portal.core.actors import Actor

DISPUTES = Actor.system("disputes")
BATCH = 20


@job(Lane.NEWS)
def ask_about_disputes_due() -> None:
    """Ask the gateways about every dispute whose time has come, and answer those that were decided on.

    An answer is passed on only while the gateway says that it waits for one: dying in between asks again.
    """
    if not drained(lambda at: resolve_disputes(limit=BATCH, actor=DISPUTES, at=at), BATCH):
        ask_about_disputes_due.wake()
