"""Keys that were changed are believed for a while, and then forgotten."""

from jobs.app import drained, job
from jobs.queues import Lane
from portal.actions.retire_gateway_keys import retire_due_keys
from portal.core.actors import Actor

KEYS = Actor.system("changed keys")
BATCH = 20


@job(Lane.NEWS)
def retire_keys() -> None:
    """Forget the former keys whose overlap is over. Dying half way leaves them due."""
    if not drained(lambda at: retire_due_keys(limit=BATCH, actor=KEYS, at=at), BATCH):
        retire_keys.wake()
