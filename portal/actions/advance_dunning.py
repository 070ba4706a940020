"""Chasing what is overdue: every case whose day has come takes its steps."""

from datetime import datetime

from sqlalchemy.exc import OperationalError

from portal.actions import _chasing, _parking, _resting
from portal.core import business as businesses
from portal.core.actors import Actor
from portal.core.crashes import crash_point
from portal.core.db import transaction
from portal.core.errors import Busy
from portal.core.logging import log
from portal.customers import queries as customers
from portal.dunning import due
from portal.dunning.due import Claimed


def advance_dunning(*, limit: int, actor: Actor, at: datetime) -> int:
    """Let up to `limit` cases act, each in a transaction of its own; how many did. 0: none is due that is free.

    Charges are only committed here and sent by `charge_invoices`. A case that cannot act parks its customer, and
    the others go on.
    """
    done = 0
    while done < limit:
        seen: list[Claimed] = []
        try:
            _act(seen, actor=actor, at=at)
        except (OperationalError, Busy):
            raise  # the database was away or held: the case stays due
        except Exception as error:
            if not seen:
                raise
            _set_aside(seen[0], error, actor=actor, at=at)
        if not seen:
            break
        done += 1
    return done


def _act(seen: list[Claimed], *, actor: Actor, at: datetime) -> None:
    """Claim a case and let it act; it is put into `seen`, also where that fails."""
    with transaction() as session:
        claimed = due.claim(session, at)
        if claimed is None:
            return
        seen.append(claimed)
        crash_point("D-01")
        customer = customers.lock(session, claimed.customer_id)
        case = due.still_due(session, claimed, at)
        business = businesses.read(session)
        if case is not None and not _resting.rest_while_disputed(session, case, customer, business=business, at=at):
            _chasing.act(session, case, customer, business=business, actor=actor, at=at)
        crash_point("D-02")


def _set_aside(claimed: Claimed, error: Exception, *, actor: Actor, at: datetime) -> None:
    log().error("case not advanced", case=claimed.case_id, error=repr(error), exc_info=error)
    with transaction() as session:
        customer = customers.lock(session, claimed.customer_id)
        _parking.park(session, customer, f"Dunning failed: {error}", actor=actor, at=at)
