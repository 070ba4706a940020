"""Customers are told what is coming: renewals, ends of trials, cards that expire."""

from jobs.app import drained, job
from jobs.queues import Lane
from portal.actions.announce_upcoming import announce_upcoming
from portal.core.actors import Actor

HERALD = Actor.system("herald")
BATCH = 500


@job(Lane.MESSAGES)
def announce_due() -> None:
    """Announce what lies within the notice that staff set.

    What was announced is marked in the same transaction, so dying half way leaves the rest and repeats nothing.
    """
    if not drained(lambda at: announce_upcoming(limit=BATCH, actor=HERALD, at=at)):
        announce_due.wake()
