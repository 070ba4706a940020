"""The clock's way to subscriptions: claim customers, read what is due of theirs, move periods on. In lists."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from portal.core.periods import Interval, Unit
from portal.subscriptions.schedule import Timetable, Turn, turn_after
from portal.subscriptions.states import SubscriptionStatus

# The claim's own snapshot may be older than its locks, so it returns customers only; what is due is read after it.
_CLAIM = text(
    """
    SELECT s.customer_id FROM subscriptions s JOIN customers c ON c.id = s.customer_id
     WHERE s.next_action_at <= :as_of AND c.parked_at IS NULL
     ORDER BY s.next_action_at, s.id LIMIT 100 FOR NO KEY UPDATE OF c SKIP LOCKED
    """
)
# Not EXISTS, whose order is dropped: then every subscription would be read to find that none is due.
_FIRST_DUE = text(
    """
    SELECT s.id FROM subscriptions s JOIN customers c ON c.id = s.customer_id
     WHERE s.next_action_at <= :as_of AND c.parked_at IS NULL ORDER BY s.next_action_at, s.id LIMIT 1
    """
)
_DUE = text(
    """
    SELECT s.id, s.ref, s.customer_id, s.status, s.currency, s.interval_unit, s.interval_count, s.collection,
           s.due_days, s.anchor_on, s.period_number, s.period_start_on, s.period_end_on, s.started_on,
           s.trial_ends_on, s.cancel_on, s.pause_on, s.resume_on, c.zone,
           EXISTS (SELECT FROM scheduled_changes p WHERE p.subscription_id = s.id AND p.status = 'pending') AS changes
      FROM subscriptions s JOIN customers c ON c.id = s.customer_id
     WHERE s.customer_id = ANY(:customers) AND s.next_action_at <= :as_of
     ORDER BY s.next_action_at, s.id LIMIT 500
    """
)
_ADVANCE = text(
    """
    UPDATE subscriptions s
       SET period_number = n.period_number, period_start_on = n.start_on, period_end_on = n.end_on,
           next_bill_on = n.bill_on, next_action_at = n.action_at, version = s.version + 1
      FROM unnest(CAST(:ids AS bigint[]), CAST(:numbers AS bigint[]), CAST(:starts AS date[]), CAST(:ends AS date[]),
                  CAST(:bills AS date[]), CAST(:actions AS timestamptz[]))
           AS n (id, period_number, start_on, end_on, bill_on, action_at)
     WHERE s.id = n.id
    """
)


@dataclass(frozen=True, slots=True)
class DueSubscription:
    """What the run needs of a subscription, read after its customer was locked."""

    id: int
    ref: str
    customer_id: int
    status: SubscriptionStatus
    currency: str
    interval: Interval
    collection: str
    due_days: int
    anchor_on: date | None
    period_number: int
    has_change: bool
    timetable: Timetable

    @property
    def turn(self) -> Turn:
        """The period that a renewal bills."""
        assert self.anchor_on is not None  # what is renewed has been anchored  # noqa: S101
        return turn_after(self.anchor_on, self.interval, self.period_number)


@dataclass(frozen=True, slots=True)
class Advance:
    """A subscription moves into a period; when the clock looks at it next, and the day shown as its next bill."""

    subscription_id: int
    turn: Turn
    next_bill_on: date | None
    next_action_at: datetime | None


def claim(session: Session, as_of: datetime) -> list[int]:
    """Lock up to a hundred customers with something due that nobody else has; parked ones are passed over."""
    return sorted(set(session.scalars(_CLAIM, {"as_of": as_of})))


def is_any_due(session: Session, as_of: datetime) -> bool:
    """Is anything due that can be billed, also of customers whom somebody else has locked?"""
    return session.scalar(_FIRST_DUE, {"as_of": as_of}) is not None


def of_customers(session: Session, customer_ids: Sequence[int], as_of: datetime) -> list[DueSubscription]:
    """What is due of the locked customers. May be less than the claim saw: another worker may just have done it."""
    return [_due(row) for row in session.execute(_DUE, {"customers": list(customer_ids), "as_of": as_of})]


def advance_all(session: Session, moved: Sequence[Advance]) -> None:
    """Move each subscription into its period."""
    if moved:
        session.execute(
            _ADVANCE,
            {
                "ids": [one.subscription_id for one in moved],
                "numbers": [one.turn.number for one in moved],
                "starts": [one.turn.period.start for one in moved],
                "ends": [one.turn.period.end for one in moved],
                "bills": [one.next_bill_on for one in moved],
                "actions": [one.next_action_at for one in moved],
            },
        )


def _due(row: Any) -> DueSubscription:
    status = SubscriptionStatus(row.status)
    return DueSubscription(
        id=row.id,
        ref=row.ref,
        customer_id=row.customer_id,
        status=status,
        currency=row.currency,
        interval=Interval(Unit(row.interval_unit), row.interval_count),
        collection=row.collection,
        due_days=row.due_days,
        anchor_on=row.anchor_on,
        period_number=row.period_number,
        has_change=row.changes,
        timetable=Timetable(
            status=status,
            zone=row.zone,
            start_on=row.started_on if row.anchor_on is None else None,
            period_end_on=row.period_end_on,
            trial_ends_on=row.trial_ends_on,
            cancel_on=row.cancel_on,
            pause_on=row.pause_on,
            resume_on=row.resume_on,
        ),
    )
