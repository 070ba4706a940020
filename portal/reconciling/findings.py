"""Keeping what was found: differences open, stay, and close by themselves; each has a task while it is open."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core import tasks
from portal.core.errors import NotFound, Refused
from portal.core.ids import public_ref
from portal.payments.models import GatewayAccount
from portal.reconciling.kinds import Family, family_of
from portal.reconciling.models import Difference
from portal.reconciling.sides import Found

TASK = "difference"
AGREEMENT = "agreement"
"""Who closed a difference of which a later look found nothing any more."""


class AlreadyClosed(Refused):
    """Somebody, or a later look, was faster."""

    code = "difference_closed"


@dataclass(frozen=True, slots=True)
class Kept:
    """How many were opened and how many closed."""

    opened: int
    closed: int


def keep(
    session: Session,
    account: GatewayAccount,
    found: Sequence[Found],
    *,
    judged: Collection[Family],
    unsure: Collection[str],
    since: datetime,
    at: datetime,
) -> Kept:
    """Write what a look found. Closed are those of the `judged` families since `since` that it did not find again,
    unless the gateway said nothing about their reference (`unsure`)."""
    rows = {(one.kind, one.subject): one for one in open_ones(session, account.id)}
    silenced = _silenced(session, account.id, found)
    opened, seen = 0, set()
    for one in found:
        key = (one.kind, one.subject)
        seen.add(key)
        row = rows.get(key)
        if row is not None:
            _refresh(row, one, at)
        elif (*key, _digest(one)) not in silenced and key not in rows:
            rows[key] = _open(session, account, one, at)
            opened += 1
    over = [
        row
        for key, row in rows.items()
        if key not in seen
        and family_of(row.kind) in judged
        and row.happened_at >= since
        and row.subject.partition(":")[2] not in unsure
    ]
    for row in over:
        close(session, row, by=AGREEMENT, note="", at=at)
    return Kept(opened, len(over))


def open_ones(session: Session, account_id: int) -> list[Difference]:
    wanted = select(Difference).where(Difference.gateway_account_id == account_id, Difference.closed_at.is_(None))
    return list(session.scalars(wanted.order_by(Difference.id)))


def by_ref(session: Session, ref: str) -> Difference:
    row = session.scalar(select(Difference).where(Difference.ref == ref))
    if row is None:
        raise NotFound("There is no such difference.")
    return row


def close(session: Session, row: Difference, *, by: str, note: str, at: datetime) -> None:
    """With its task. Raises AlreadyClosed."""
    if row.closed_at is not None:
        raise AlreadyClosed("This difference is closed already. Nothing was changed.")
    row.closed_at, row.closed_by, row.note = at, by, note
    tasks.close_task(session, TASK, row.ref, by=by, at=at)


def _silenced(session: Session, account_id: int, found: Sequence[Found]) -> set[tuple[str, str, str]]:
    """What persons closed although it stays: kind, subject, digest."""
    rows = session.execute(
        select(Difference.kind, Difference.subject, Difference.digest).where(
            Difference.gateway_account_id == account_id,
            Difference.subject.in_(sorted({one.subject for one in found})),
            Difference.closed_by.is_not(None),
            Difference.closed_by != AGREEMENT,
        )
    )
    return {(row[0], row[1], row[2]) for row in rows}


def _refresh(row: Difference, one: Found, at: datetime) -> None:
    row.seen_at = at
    row.ours, row.theirs, row.digest = dict(one.ours), dict(one.theirs), _digest(one)


def _open(session: Session, account: GatewayAccount, one: Found, at: datetime) -> Difference:
    row = Difference(
        ref=public_ref("dif"),
        gateway_account_id=account.id,
        kind=one.kind,
        subject=one.subject,
        customer_id=one.customer_id,
        payment_id=one.payment_id,
        amount_minor=one.amount.minor if one.amount else None,
        currency=one.amount.currency if one.amount else None,
        ours=dict(one.ours),
        theirs=dict(one.theirs),
        digest=_digest(one),
        happened_at=one.happened_at,
        found_at=at,
        seen_at=at,
        note="",
    )
    session.add(row)
    facts = {"difference": one.kind.value, "gateway": account.gateway}
    if one.amount is not None:
        facts |= {"amount_minor": str(one.amount.minor), "currency": one.amount.currency}
    tasks.open_task(session, TASK, row.ref, at=at, customer_id=one.customer_id, **facts)
    return row


def _digest(one: Found) -> str:
    return sha256(json.dumps([dict(one.ours), dict(one.theirs)], sort_keys=True).encode()).hexdigest()
