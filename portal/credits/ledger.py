"""Granting and spending unit credits: an entry for every movement, a balance that is always their sum.

Callers hold the customer's lock.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from portal.core.bulk import among, insert_rows
from portal.credits.allocation import CreditReason, CreditTurn, turn
from portal.credits.models import CreditBalance, CreditEntry

_KEEP_BALANCES = "ON CONFLICT (subscription_id, credit_type_id) DO UPDATE SET units = EXCLUDED.units"


@dataclass(frozen=True, slots=True)
class Grant:
    """The units of one type for one settled period. `is_late`: a later period was settled before."""

    subscription_id: int
    credit_type_id: int
    turn: CreditTurn
    units: int
    period_start_on: date
    is_late: bool


def grant_all(session: Session, grants: Sequence[Grant], *, cause: str, at: datetime) -> None:
    """Turn the period of each grant. A period that was granted before is passed over."""
    fresh = _not_yet_granted(session, grants)
    balances = _balances(session, [grant.subscription_id for grant in fresh])
    entries: list[dict[str, Any]] = []
    for grant in sorted(fresh, key=lambda grant: (grant.subscription_id, grant.credit_type_id, grant.period_start_on)):
        key = (grant.subscription_id, grant.credit_type_id)
        for move in turn(balances.get(key, 0), grant.units, grant.turn, is_late=grant.is_late):
            balances[key] = move.units_after
            entries.append(_entry(key, move.units, move.units_after, move.reason, grant.period_start_on, cause, at))
    _write(session, entries, balances)


def add(
    session: Session,
    subscription_id: int,
    credit_type_id: int,
    units: int,
    reason: CreditReason,
    *,
    cause: str,
    at: datetime,
) -> int:
    """Add units, negative to take; returns what is left. The database refuses to fall below zero."""
    key = (subscription_id, credit_type_id)
    left = _balances(session, [subscription_id]).get(key, 0) + units
    _write(session, [_entry(key, units, left, reason, None, cause, at)], {key: left})
    return left


def _entry(
    key: tuple[int, int],
    units: int,
    after: int,
    reason: CreditReason,
    period_start_on: date | None,
    cause: str,
    at: datetime,
) -> dict[str, Any]:
    return {
        "subscription_id": key[0],
        "credit_type_id": key[1],
        "units": units,
        "units_after": after,
        "reason": reason,
        "period_start_on": period_start_on,
        "cause": cause,
        "created_at": at,
    }


def _write(session: Session, entries: list[dict[str, Any]], balances: dict[tuple[int, int], int]) -> None:
    changed = sorted({(entry["subscription_id"], entry["credit_type_id"]) for entry in entries})
    insert_rows(session, CreditEntry, entries)
    rows = [{"subscription_id": key[0], "credit_type_id": key[1], "units": balances[key]} for key in changed]
    insert_rows(session, CreditBalance, rows, _KEEP_BALANCES)


def _balances(session: Session, subscription_ids: Sequence[int]) -> dict[tuple[int, int], int]:
    rows = session.execute(
        select(CreditBalance.subscription_id, CreditBalance.credit_type_id, CreditBalance.units).where(
            among(CreditBalance.subscription_id, subscription_ids)
        )
    )
    return {(subscription_id, type_id): units for subscription_id, type_id, units in rows}


_GRANTED = text(
    "SELECT subscription_id, credit_type_id, period_start_on FROM credit_entries"
    " WHERE reason = 'grant' AND subscription_id = ANY(:ids) AND period_start_on = ANY(:days)"
)


def _not_yet_granted(session: Session, grants: Sequence[Grant]) -> list[Grant]:
    if not grants:
        return []
    asked = {
        "ids": sorted({grant.subscription_id for grant in grants}),
        "days": sorted({grant.period_start_on for grant in grants}),
    }
    before = {(row[0], row[1], row[2]) for row in session.execute(_GRANTED, asked)}
    return [
        grant for grant in grants if (grant.subscription_id, grant.credit_type_id, grant.period_start_on) not in before
    ]
