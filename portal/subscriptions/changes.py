"""The one change that waits, for the end of the period or for its invoice. Steps; none commits."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from portal.core.actors import Actor
from portal.core.errors import Refused
from portal.core.periods import Interval
from portal.subscriptions import lifecycle, queries
from portal.subscriptions.items import Chosen, chosen_from
from portal.subscriptions.models import ScheduledChange, Subscription
from portal.subscriptions.schedule import first_turn
from portal.subscriptions.states import (
    SCHEDULED_CHANGE,
    ScheduledChangeEvent,
    ScheduledChangeStatus,
    SubscriptionEvent,
)

BEFORE_THE_FIRST = -1
"""The number of a period that ended on the anchor: the renewal after it is number 0."""


class ChangePending(Refused):
    """Another change waits already: replace it or keep it."""

    code = "change_pending"

    def __init__(self) -> None:
        super().__init__("Another change is waiting already. Nothing was changed, please replace it or keep it.")


def schedule_change(
    session: Session,
    subscription: Subscription,
    chosen: Sequence[Chosen],
    *,
    on: date,
    lapses_at: datetime | None,
    actor: Actor,
    at: datetime,
) -> ScheduledChange:
    """Let `chosen` take over: with `lapses_at` as of `on` once its invoice is settled, without it on the day `on`.

    A day is always the end of the running period, so that the renewal carries it out. Raises ChangePending.
    """
    if queries.pending_change(session, subscription.id) is not None:
        raise ChangePending
    change = ScheduledChange(
        subscription_id=subscription.id,
        status=ScheduledChangeStatus.PENDING,
        items=[item.as_json for item in chosen],
        on_day=on,
        lapses_at=lapses_at,
        created_at=at,
        closed_at=None,
    )
    session.add(change)
    session.flush()
    facts: dict[str, Any] = {"items": change.items, "on": on.isoformat(), "waits_for_payment": lapses_at is not None}
    lifecycle.move(session, subscription, SubscriptionEvent.CHANGE_SCHEDULED, actor=actor, at=at, **facts)
    return change


def waits_for_payment(change: ScheduledChange) -> bool:
    """Is it settled by money rather than by a day?"""
    return change.lapses_at is not None


def execute_change(
    session: Session, subscription: Subscription, change: ScheduledChange, *, actor: Actor, at: datetime
) -> bool:
    """The items of `change` take over as of its day. False: it had lapsed before, the plan stays."""
    if not _close(change, ScheduledChangeEvent.EXECUTED, at):
        return False
    assert change.on_day is not None  # every change has one from the start  # noqa: S101
    chosen, is_charged = chosen_from(change.items), waits_for_payment(change)
    switch(session, subscription, chosen, on=change.on_day, is_charged=is_charged, actor=actor, at=at)
    return True


def cancel_change(
    session: Session,
    subscription: Subscription,
    change: ScheduledChange,
    *,
    actor: Actor,
    at: datetime,
    reason: str = "",
) -> bool:
    """It will not happen: replaced, taken back, or lapsed with its invoice. False: it was closed already."""
    if not _close(change, ScheduledChangeEvent.CANCELED, at):
        return False
    event = SubscriptionEvent.CHANGE_CANCELED
    lifecycle.move(session, subscription, event, actor=actor, at=at, reason=reason, items=change.items)
    return True


def switch(
    session: Session,
    subscription: Subscription,
    chosen: Sequence[Chosen],
    *,
    on: date,
    is_charged: bool,
    actor: Actor,
    at: datetime,
) -> None:
    """From `on` it consists of `chosen`. Another interval begins a period of its own on that day, with a new anchor.

    That period was charged with the change, or (`is_charged` false) is what the renewal bills next.
    """
    before = [row.chosen for row in queries.items_of(session, subscription.id)]
    interval = _interval_of(session, chosen)
    if interval != subscription.interval:
        subscription.interval_unit, subscription.interval_count = interval.unit, interval.count
        if subscription.period is not None and is_charged:
            lifecycle.set_anchor(subscription, first_turn(on, interval))
        elif subscription.period is not None:
            subscription.anchor_on, subscription.period_number = on, BEFORE_THE_FIRST
    lifecycle.switch_items(session, subscription, chosen, on)
    facts: dict[str, Any] = {"before": [item.as_json for item in before], "after": [item.as_json for item in chosen]}
    lifecycle.move(session, subscription, SubscriptionEvent.CHANGED, actor=actor, at=at, on=on.isoformat(), **facts)


def _interval_of(session: Session, chosen: Sequence[Chosen]) -> Interval:
    return next(iter(queries.offered(session, [item.price_id for item in chosen]).values())).interval


def _close(change: ScheduledChange, event: ScheduledChangeEvent, at: datetime) -> bool:
    after = SCHEDULED_CHANGE.after(change.status, event)
    if after is None:
        return False
    change.status, change.closed_at = after, at
    return True
