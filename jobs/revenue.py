"""What was served becomes revenue."""

from jobs.app import drained, job
from jobs.queues import Lane
from portal.actions.recognise_revenue import recognise_revenue
from portal.core.actors import Actor

BOOKS = Actor.system("revenue")
BATCH = 1_000


@job(Lane.MONEY)
def recognise_due() -> None:
    """Post what was earned before the business's day.

    Each line and month is posted once, in the transaction that moves the line on: dying half way leaves the rest.
    """
    if not drained(lambda at: recognise_revenue(limit=BATCH, actor=BOOKS, at=at)):
        recognise_due.wake()
