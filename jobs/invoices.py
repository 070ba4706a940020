"""Unpaid invoices act when their time comes."""

from jobs.app import drained, job
from jobs.queues import Lane
from portal.actions.lapse_invoices import lapse_invoices
from portal.core.actors import Actor

DUE_DAYS = Actor.system("due days")
BATCH = 50


@job(Lane.MONEY)
def lapse_due() -> None:
    """Remind before the due day, chase after it, and void what a purchase or a change waited for in vain.

    Each invoice is a transaction of its own, so dying half way leaves the others due.
    """
    if not drained(lambda at: lapse_invoices(limit=BATCH, actor=DUE_DAYS, at=at), BATCH):
        lapse_due.wake()
