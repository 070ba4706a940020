"""Comparing our books with a gateway's lists, in both directions, and keeping every difference as a work item."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from portal.actions import _gateways, _listing
from portal.core import audit
from portal.core import business as businesses
from portal.core.actors import Actor
from portal.core.crashes import crash_point
from portal.core.db import transaction
from portal.core.errors import Refused
from portal.core.logging import log
from portal.core.settings import current
from portal.gateways.pace import Pace
from portal.payments.models import GatewayAccount
from portal.reconciling import books, comparing, comparing_returns, findings, looks
from portal.reconciling.kinds import Family
from portal.reconciling.models import Reconciliation
from portal.reconciling.sides import Found, Frame, Ours, Theirs

MOST_ASKED = 500
"""How many absent references are asked about in one look; the rest wait for the next."""


@dataclass(frozen=True, slots=True)
class Look:
    """A claimed look: which account, and what of it."""

    id: int
    account: GatewayAccount
    zone: str
    since: datetime
    until: datetime


def reconcile_gateway(*, actor: Actor, at: datetime) -> str | None:
    """Do the look that is due first; its reference, None if none is due.

    Dying in between leaves the look waiting with its time pushed ahead. A gateway that does not tell its whole lists
    is asked again later; nothing is opened or closed from half of them.
    """
    look, ref = _claim(at)
    if look is None:
        return ref
    try:
        theirs, ours, unsure = _both_sides(look)
    except Refused as reason:
        log().warning("lists were not told", account=look.account.ref, reason=reason.message)
        with transaction() as session:
            looks.put_off(session.get_one(Reconciliation, look.id), reason.message, at=at)
        return ref
    frame = Frame(look.since, look.until, look.account.mode, look.zone, unsure)
    found = [
        *comparing.charges(ours, theirs, frame),
        *comparing_returns.refunds(ours, theirs, frame),
        *comparing_returns.disputes(ours, theirs, frame),
    ]
    crash_point("reconciliation.compared")
    _keep(look, theirs, frame, found, actor=actor, at=at)
    return ref


def _claim(at: datetime) -> tuple[Look | None, str | None]:
    with transaction() as session:
        row = looks.claim(session, at)
        if row is None or row.since is None or row.until is None:
            return None, None
        account = session.get_one(GatewayAccount, row.gateway_account_id)
        zone = businesses.read(session).zone
        session.expunge(account)
        return Look(row.id, account, zone, row.since, row.until), row.ref


def _both_sides(look: Look) -> tuple[Theirs, Ours, frozenset[str]]:
    """The gateway's lists first: what our books learn meanwhile is too young to be judged. Raises Silent or NoKey."""
    gateway = _gateways.adapter_of(look.account)
    own = Pace(look.account.ref, look.account.calls_per_minute, current().redis_url)
    pace = _listing.Patience(own)
    theirs = Theirs(_listing.charges(gateway, pace, look.since, look.until))
    lists = _gateways.listing_returns(look.account)
    if lists is not None:
        theirs = Theirs(theirs.charges, *_listing.returns(lists, pace, look.since, look.until))
    with transaction() as session:
        ours = books.read(session, look.account, theirs, look.since, look.until)
    frame = Frame(look.since, look.until, look.account.mode, look.zone)
    absent = comparing.expected(ours, theirs, frame)
    theirs, unsure = _listing.confirmed(gateway, theirs, absent[:MOST_ASKED], pace)
    return theirs, ours, unsure | {one.reference for one in absent[MOST_ASKED:]}


def _keep(look: Look, theirs: Theirs, frame: Frame, found: Sequence[Found], *, actor: Actor, at: datetime) -> None:
    judged = {Family.CHARGES}
    judged |= {Family.REFUNDS} if theirs.refunds is not None else set()
    judged |= {Family.DISPUTES} if theirs.disputes is not None else set()
    with transaction() as session:
        row = session.get_one(Reconciliation, look.id, with_for_update=True)
        if row.finished_at is not None:
            return  # another worker was faster
        kept = findings.keep(session, look.account, found, judged=judged, unsure=frame.unsure, since=look.since, at=at)
        row.charges = sum(len(told) for told in theirs.charges.values())
        row.refunds, row.disputes = len(theirs.refunds or ()), len(theirs.disputes or ())
        row.opened, row.closed = kept.opened, kept.closed
        looks.finish(row, at=at)
        crash_point("reconciliation.keeping")
        audit.record(
            session,
            actor,
            "gateway.reconciled",
            at=at,
            subject=row.ref,
            opened=kept.opened,
            closed=kept.closed,
            charges=row.charges,
        )
