"""Customers who owe are reminded and retried by the ladder."""

from jobs.app import drained, job
from jobs.queues import Lane
from portal.actions.advance_dunning import advance_dunning
from portal.core.actors import Actor

LADDER = Actor.system("dunning")
BATCH = 50


@job(Lane.MONEY)
def advance_cases() -> None:
    """Let every case whose day has come take its steps.

    Each case is a transaction of its own, so dying half way leaves the others due. Charges are only
    committed here; `charge_due` sends them.
    """
    if not drained(lambda at: advance_dunning(limit=BATCH, actor=LADDER, at=at), BATCH):
        advance_cases.wake()
