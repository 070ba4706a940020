"""The books are proved: every hour what changed, every night all of them."""

from jobs.app import job, now
from jobs.queues import Lane
from portal.actions.prove_books import prove_books


@job(Lane.DOCUMENTS)
def prove_recent() -> None:
    """Ask every invariant of what changed since the last time. Reads, and opens a task for what is broken."""
    prove_books(since_beat_of=prove_recent.name, at=now())


@job(Lane.DOCUMENTS)
def prove_all() -> None:
    """Ask every invariant of everything."""
    prove_books(at=now())
