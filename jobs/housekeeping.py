"""What nobody needs any more is removed."""

from jobs.app import drained, job
from jobs.queues import Lane
from portal.actions.prune import prune
from portal.core.clock import wall


@job(Lane.DOCUMENTS)
def prune_rows() -> None:
    """Delete relayed events, claimed slots and ended sign-ins after their time, some thousand at once.

    Dying half way leaves the rest to the next day.
    """
    if not drained(lambda at: prune(at=at, wall_at=wall())):
        prune_rows.wake()
