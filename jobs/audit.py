"""The audit trail is sealed."""

from jobs.app import drained, job
from jobs.queues import Lane
from portal.actions.seal_audit import seal_audit


@job(Lane.DOCUMENTS)
def seal_entries() -> None:
    """Seal what was written since the last time, a thousand entries at once.

    Each seal is its own transaction: dying half way leaves the rest to the next minute.
    """
    if not drained(lambda at: seal_audit(at=at)):
        seal_entries.wake()
