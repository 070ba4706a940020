"""Recording what gateways answered: one function for worker, news, resolver and staff, for one answer or a hundred."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from portal.actions import _parking, _settling
from portal.core.actors import Actor
from portal.core.crashes import crash_point
from portal.core.db import transaction
from portal.core.errors import Busy
from portal.core.logging import log
from portal.customers import queries as customers
from portal.gateways.base import ChargeOutcome
from portal.payments import attempts
from portal.payments.models import Attempt


@dataclass(frozen=True, slots=True)
class Heard:
    """What was heard about one attempt."""

    attempt_id: int
    charge: ChargeOutcome


def settle_payments(heard: Sequence[Heard], *, actor: Actor, at: datetime) -> None:
    """Apply each answer to its attempt, with everything that follows, in one transaction. A repeat does nothing.

    If that fails the answers are taken one by one, so that the one which cannot be recorded parks its customer
    alone; its attempt stays open and is asked about again.
    """
    if not heard:
        return
    try:
        _settle(heard, actor=actor, at=at)
    except (OperationalError, Busy):
        raise  # the database was away or held: the attempts stay open and are asked about again
    except Exception as error:
        if len(heard) == 1:
            set_aside(heard[0].attempt_id, error, actor=actor, at=at)
            return
        log().warning("answers are recorded one by one", count=len(heard), error=repr(error))
        for one in heard:
            settle_payments([one], actor=actor, at=at)


def _settle(heard: Sequence[Heard], *, actor: Actor, at: datetime) -> None:
    with transaction() as session:
        _settling.apply(session, {one.attempt_id: one.charge for one in heard}, actor=actor, at=at)
    crash_point("C-15")


def set_aside(attempt_id: int, error: Exception, *, actor: Actor, at: datetime) -> None:
    """This answer cannot be recorded: its customer is parked with the reason, its attempt is asked about again."""
    log().error("answer not recorded", attempt=attempt_id, error=repr(error), exc_info=error)
    with transaction() as session:
        customer_id = session.scalars(select(Attempt.customer_id).where(Attempt.id == attempt_id)).one()
        customer = customers.lock(session, customer_id)
        attempt = session.get_one(Attempt, attempt_id)
        if attempt.next_action_at is not None:
            attempt.next_action_at = attempts.ask_again_at(attempt, at)
        _parking.park(session, customer, f"An answer could not be recorded: {error}", actor=actor, at=at)
