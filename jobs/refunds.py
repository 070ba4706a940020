"""Refunds are sent, and asked about until they have arrived or failed."""

from jobs.app import drained, job
from jobs.queues import Lane
from portal.actions.refund_payments import refund_payments
from portal.actions.resolve_refunds import resolve_refunds
from portal.core.actors import Actor

REFUNDS = Actor.system("refunds")
BATCH = 20


@job(Lane.MONEY)
def send_refunds() -> None:
    """Send the approved refunds through their gateways and write down the answers.

    Dying in between leaves refunds `sending`: `ask_about_refunds_due` finds them in the gateway's list, or sends them
    again once it is certain that they are in none.
    """
    if not drained(lambda at: refund_payments(limit=BATCH, actor=REFUNDS, at=at), BATCH):
        send_refunds.wake()


@job(Lane.NEWS)
def ask_about_refunds_due() -> None:
    """Ask the gateways about every refund whose time to be asked about has come.

    Each claim pushes its refunds ahead first, so dying half way asks about them again a little later.
    """
    if not drained(lambda at: resolve_refunds(limit=BATCH, actor=REFUNDS, at=at), BATCH):
        ask_about_refunds_due.wake()
