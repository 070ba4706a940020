"""Opening and closing a run, and its exceptions. Steps; callers commit."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.core.bulk import among, insert_rows
from portal.core.errors import NotFound
from portal.core.money import Money
from portal.runs.models import BillingRun, RunBatch, RunItem
from portal.runs.states import RUN, RUN_ITEM, RunEvent, RunItemEvent, RunItemStatus, RunStatus

SLICE = timedelta(minutes=3)
"""Longer than a slice works: a run that nobody pushed ahead by then is taken over by another worker."""

OPEN_ITEMS = (RunItemStatus.HELD, RunItemStatus.PARKED, RunItemStatus.FAILED)
_ONCE = "ON CONFLICT (run_id, subscription_id) DO UPDATE SET status = EXCLUDED.status, reason = EXCLUDED.reason"


@dataclass(frozen=True, slots=True)
class OpenRun:
    id: int
    ref: str
    as_of: datetime


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run came: `done` bills and their sums by currency, and what needs a person, by status."""

    done: int
    totals_minor: dict[str, int]
    exceptions: dict[str, int]


def lock(session: Session, ref: str) -> BillingRun:
    run = session.scalar(
        select(BillingRun)
        .where(BillingRun.ref == ref)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    if run is None:
        raise NotFound("There is no such run.")
    return run


def open_run(session: Session, ref: str, *, at: datetime) -> OpenRun | None:
    """Take a slice of the run: it is running from the first one on. None if it is held or over."""
    run = lock(session, ref)
    if run.status not in (RunStatus.PLANNED, RunStatus.RUNNING):
        return None
    run.status = RUN.after(run.status, RunEvent.STARTED) or run.status
    run.next_action_at = at + SLICE
    return OpenRun(run.id, run.ref, run.as_of)


def put_back(session: Session, ref: str, *, at: datetime) -> None:
    """The slice is over and something may be left: the next one may begin at once."""
    run = lock(session, ref)
    if run.status is RunStatus.RUNNING:
        run.next_action_at = at


def close_run(session: Session, ref: str, *, at: datetime) -> BillingRun | None:
    """Nothing is left of the run. None if another worker closed it before."""
    run = lock(session, ref)
    event = RunEvent.FINISHED_WITH_EXCEPTIONS if _exceptions(session, run.id) else RunEvent.FINISHED
    after = RUN.after(run.status, event)
    if after is None:
        return None
    run.status, run.finished_at, run.next_action_at = after, at, None
    return run


def note_billed(session: Session, run_id: int, totals: Sequence[Money], *, at: datetime) -> None:
    """Append-only, one row per currency: a counter in the run's own row would be a queue for all workers."""
    sums: dict[str, tuple[int, int]] = {}
    for total in totals:
        count, minor = sums.get(total.currency, (0, 0))
        sums[total.currency] = (count + 1, minor + total.minor)
    rows = [
        {"run_id": run_id, "done": count, "total_minor": minor, "currency": currency, "created_at": at}
        for currency, (count, minor) in sums.items()
    ]
    insert_rows(session, RunBatch, rows)


def except_all(
    session: Session, run_id: int, items: Sequence[tuple[int, str]], status: RunItemStatus, *, at: datetime
) -> None:
    """Write down subscriptions that were not simply billed, each with the reason."""
    rows: list[dict[str, Any]] = [
        {
            "run_id": run_id,
            "subscription_id": subscription_id,
            "status": status,
            "reason": reason,
            "facts": {},
            "created_at": at,
        }
        for subscription_id, reason in items
    ]
    insert_rows(session, RunItem, rows, _ONCE)


def release_items(session: Session, subscription_ids: Sequence[int], *, by: str, at: datetime) -> None:
    """What was excepted of these subscriptions may be billed by the next run. A run without exceptions is finished."""
    items = session.scalars(
        select(RunItem).where(RunItem.subscription_id.in_(list(subscription_ids)), RunItem.status.in_(OPEN_ITEMS))
    ).all()
    for item in items:
        item.status = RUN_ITEM.after(item.status, RunItemEvent.RELEASED) or item.status
        item.decided_at, item.decided_by = at, by
    session.flush()
    for run_id in sorted({item.run_id for item in items}):
        run = session.get_one(BillingRun, run_id, with_for_update={"key_share": True}, populate_existing=True)
        if run.status is RunStatus.FINISHED_WITH_EXCEPTIONS and not _exceptions(session, run_id):
            run.status = RUN.after(run.status, RunEvent.FINISHED) or run.status


def released(session: Session, due: Mapping[int, datetime | None]) -> set[int]:
    """Of the subscriptions with what they have due since when: those that were held for it and let pass by a person."""
    rows = session.execute(
        select(RunItem.subscription_id, func.max(RunItem.created_at))
        .where(among(RunItem.subscription_id, due), RunItem.status == RunItemStatus.RELEASED)
        .group_by(RunItem.subscription_id)
    )
    return {row[0] for row in rows if (due_at := due[row[0]]) is not None and row[1] >= due_at}


def progress_of(session: Session, run_id: int) -> Progress:
    """How far the run has come, summed from its batches."""
    rows = session.execute(
        select(RunBatch.currency, func.sum(RunBatch.done), func.sum(RunBatch.total_minor))
        .where(RunBatch.run_id == run_id)
        .group_by(RunBatch.currency)
    ).all()
    return Progress(
        sum(int(row[1]) for row in rows), {row[0]: int(row[2]) for row in rows}, _exceptions(session, run_id)
    )


def _exceptions(session: Session, run_id: int) -> dict[str, int]:
    counted = (
        select(RunItem.status, func.count())
        .where(RunItem.run_id == run_id, RunItem.status.in_(OPEN_ITEMS))
        .group_by(RunItem.status)
    )
    return {str(row[0]): row[1] for row in session.execute(counted)}
