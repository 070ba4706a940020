"""Waiting charges are sent."""

from jobs.app import drained, job
from jobs.queues import Lane
from portal.actions.charge_invoices import charge_invoices
from portal.core.actors import Actor

CHARGES = Actor.system("charges")
BATCH = 100


@job(Lane.MONEY)
def charge_due(account_id: int) -> None:
    """Take a slice of the charges that wait for one gateway account, and write down the answers.

    `charge_invoices` commits that it is about to ask, asks many at a time with no transaction open, and
    commits what it heard. A second job finds others to lease, or none. Dying in between leaves attempts
    `sending`, and `resolve_due` asks what became of them.
    """
    if not drained(lambda at: charge_invoices(account_id, limit=BATCH, actor=CHARGES, at=at), BATCH):
        charge_due.wake(account_id)
