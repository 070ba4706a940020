"""Attempts in doubt are asked about."""

from jobs.app import drained, job
from jobs.queues import Lane
from portal.actions.resolve_attempts import resolve_attempts
from portal.core.actors import Actor

RESOLVER = Actor.system("resolver")
BATCH = 50


@job(Lane.NEWS)
def resolve_due() -> None:
    """Ask the gateways about every attempt whose time to be asked about has come.

    Each claim pushes its attempts ahead first, so dying half way asks about them again a little later.
    An answer recorded twice changes nothing.
    """
    if not drained(lambda at: resolve_attempts(limit=BATCH, actor=RESOLVER, at=at), BATCH):
        resolve_due.wake()
