"""Our books are compared with the gateways' lists: every day, and when somebody wishes."""

from jobs.app import drained, job, now
from jobs.queues import Lane
from portal.actions.ask_reconciliation import ask_reconciliation
from portal.actions.reconcile_gateway import reconcile_gateway
from portal.core.actors import Actor

RECONCILER = Actor.system("reconciliation")


@job(Lane.DOCUMENTS)
def ask_reconciliation_daily() -> None:
    """Each enabled account is to be looked at. Dying half way leaves rows that the clock finds."""
    ask_reconciliation(actor=RECONCILER, at=now())


@job(Lane.DOCUMENTS)
def reconcile_due() -> None:
    """Do the looks that are due; long lists take minutes, so news is not kept waiting behind them.

    Dying in one leaves it waiting: it is begun anew when its lease has lapsed.
    """
    if not drained(lambda at: int(reconcile_gateway(actor=RECONCILER, at=at) is not None)):
        reconcile_due.wake()
