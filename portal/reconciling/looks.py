"""Looks as rows: asked for, claimed, and put off while the gateway is silent. Callers commit."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from portal.core.ids import public_ref
from portal.payments.models import GatewayAccount
from portal.reconciling.models import Difference, Reconciliation
from portal.reconciling.states import LOOK, LookEvent, LookStatus

LEASE = timedelta(minutes=15)
FIRST = timedelta(days=31)
OVERLAP = timedelta(days=3)
"""How far each look goes back behind the end of the one before."""
BEFORE = timedelta(hours=1)
AGAIN_AFTER = (timedelta(minutes=1), timedelta(minutes=10), timedelta(hours=1), timedelta(hours=6))


def ask(session: Session, account: GatewayAccount, *, by: str, at: datetime) -> bool:
    """Have the account's lists looked at as soon as possible; False if that waits already."""
    row = {
        "ref": public_ref("rec"),
        "gateway_account_id": account.id,
        "status": LookStatus.WAITING,
        "requested_by": by,
        "charges": 0,
        "refunds": 0,
        "disputes": 0,
        "opened": 0,
        "closed": 0,
        "said": "",
        "tries": 0,
        "created_at": at,
        "next_action_at": at,
    }
    made = insert(Reconciliation).values(row).on_conflict_do_nothing().returning(Reconciliation.id)
    return session.scalar(made) is not None


def claim(session: Session, at: datetime) -> Reconciliation | None:
    """The look that is due first; its time is pushed ahead, so that nobody else takes it."""
    due = (
        select(Reconciliation)
        .where(Reconciliation.next_action_at <= at)
        .order_by(Reconciliation.next_action_at, Reconciliation.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    look = session.scalar(due)
    if look is not None:
        look.tries += 1
        if look.tries > len(AGAIN_AFTER) + 1:  # whoever took it died in it, each time
            put_off(look, look.said or "it was never finished", at=at)
            return None
        look.next_action_at = at + LEASE
        look.since, look.until = _begin(session, look.gateway_account_id, at), at
    return look


def _begin(session: Session, account_id: int, at: datetime) -> datetime:
    """Behind the last finished look, with an overlap, and behind everything that is still open."""
    last = session.scalar(
        select(func.max(Reconciliation.until)).where(
            Reconciliation.gateway_account_id == account_id, Reconciliation.status == LookStatus.FINISHED
        )
    )
    oldest = session.scalar(
        select(func.min(Difference.happened_at)).where(
            Difference.gateway_account_id == account_id, Difference.closed_at.is_(None)
        )
    )
    since = min(at, last) - OVERLAP if last is not None else at - FIRST
    return min(since, oldest - BEFORE) if oldest is not None else since


def finish(look: Reconciliation, *, at: datetime) -> None:
    if LOOK.after(look.status, LookEvent.FINISHED) is not None:
        look.status, look.finished_at, look.next_action_at, look.said = LookStatus.FINISHED, at, None, ""


def put_off(look: Reconciliation, reason: str, *, at: datetime) -> None:
    """The gateway did not tell everything: again later, and after some tries not before the next daily look."""
    look.said = reason[:500]
    if look.tries <= len(AGAIN_AFTER):
        look.next_action_at = at + AGAIN_AFTER[look.tries - 1]
    elif LOOK.after(look.status, LookEvent.FAILED) is not None:
        look.status, look.finished_at, look.next_action_at = LookStatus.FAILED, at, None
