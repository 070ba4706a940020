"""Sending refunds in three beats: commit that we are about to ask, ask with nothing open, commit the answer."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

from portal.actions import _refund_asking, _refund_calls, _refunding
from portal.actions._refund_calls import Asked
from portal.core import tasks
from portal.core.actors import Actor
from portal.core.crashes import crash_point
from portal.core.db import PASSING, transaction
from portal.core.logging import log
from portal.gateways.base import Outcome, RefundList, RefundOutcome
from portal.payments import refunds
from portal.payments.models import Payment

IN_FLIGHT = 8


def refund_payments(*, limit: int, actor: Actor, at: datetime) -> int:
    """Send up to `limit` approved refunds and record the answers; how many were sent.

    The gateway takes no name of ours for a refund, so the refunds of the payment are listed first, and only what is
    not among them is sent. A crash between the beats leaves refunds `sending`: once the lease has lapsed
    `resolve_refunds` looks for them in the same list.
    """
    crash_point("C-25-08")
    with transaction() as session:
        leased = _refund_asking.questions(session, refunds.lease(session, limit=limit, at=at))
    if not leased:
        return 0
    crash_point("C-25-09")
    with ThreadPoolExecutor(max_workers=min(IN_FLIGHT, len(leased))) as pool:
        heard = list(pool.map(_refund_calls.carried, leased))
    declined = any(told.outcome is Outcome.DECLINED for told, _ in heard)
    crash_point("C-25-13" if declined else "C-25-12")
    for one, (told, found) in zip(leased, heard, strict=True):
        try:
            _record(one, told, found, actor=actor, at=at)
        except PASSING:
            raise  # the database was away or held: its lease lapses, and it is looked for
        except Exception as error:
            log().error("refund not recorded", refund=one.ref, error=repr(error), exc_info=error)
    crash_point("C-25-15")
    return len(leased)


def _record(one: Asked, told: RefundOutcome, found: RefundList | None, *, actor: Actor, at: datetime) -> None:
    with transaction() as session:
        refund = _refund_asking.locked(session, one.refund_id)
        if found is not None:
            payment = session.get_one(Payment, one.payment_id)
            _refund_asking.take_in(session, payment, found.refunds, actor=actor, at=at)
            return
        _refunding.record(session, refund, told, actor=actor, at=at)
        if told.note == _refund_calls.REFUSED:
            tasks.open_task(
                session, "refund_in_doubt", refund.ref, at=at, customer_id=refund.customer_id, reason=told.reason
            )
