"""What is due when for a subscription. Nothing else computes its next action time or its next period."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from portal.core.days import midnight
from portal.core.periods import Interval, Period, number_on, period_at
from portal.subscriptions.states import RENEWING, SubscriptionStatus


class Step(StrEnum):
    """In the order in which steps of the same day are taken."""

    CANCEL = "cancel"
    PAUSE = "pause"
    START = "start"
    TRIAL_END = "trial_end"
    RESUME = "resume"
    CHANGE = "change"
    RENEW = "renew"


@dataclass(frozen=True, slots=True, kw_only=True)
class Timetable:
    """The dates of one subscription, as days in its customer's zone.

    `start_on` is there only while it waits for its start day, `change_on` only while a change is scheduled
    for a day. Dates that mean nothing in the status may be there; they are passed over.
    """

    status: SubscriptionStatus
    zone: str
    start_on: date | None = None
    period_end_on: date | None = None
    trial_ends_on: date | None = None
    cancel_on: date | None = None
    pause_on: date | None = None
    resume_on: date | None = None
    change_on: date | None = None


@dataclass(frozen=True, slots=True)
class Due:
    step: Step
    on: date


@dataclass(frozen=True, slots=True)
class Turn:
    """One billing period of a subscription: its number counted from the anchor, and its days."""

    number: int
    period: Period


_S = SubscriptionStatus

# Which steps the clock may take in which status; in all others nothing but a deed or money moves it.
CLOCKED: dict[SubscriptionStatus, frozenset[Step]] = {
    _S.PENDING: frozenset({Step.START, Step.CANCEL}),
    _S.TRIALING: frozenset({Step.CANCEL, Step.TRIAL_END, Step.CHANGE}),
    _S.ACTIVE: frozenset({Step.CANCEL, Step.PAUSE, Step.CHANGE, Step.RENEW}),
    _S.PAST_DUE: frozenset({Step.CANCEL, Step.CHANGE, Step.RENEW}),
    _S.SUSPENDED: frozenset({Step.CANCEL}),
    _S.PAUSED: frozenset({Step.CANCEL, Step.RESUME}),
}
_ORDER = {step: place for place, step in enumerate(Step)}


def next_due(timetable: Timetable) -> Due | None:
    """The earliest step the clock will take; of one day the first by the order of `Step`. None: it waits for no day."""
    return min(_waiting(timetable), key=lambda due: (due.on, _ORDER[due.step]), default=None)


def next_action(timetable: Timetable) -> datetime | None:
    """When the clock has to look at the subscription: the first instant of its next due day."""
    due = next_due(timetable)
    return midnight(due.on, timetable.zone) if due else None


def due_step(timetable: Timetable, at: datetime) -> Due | None:
    """The one step to take now, None if none is due. Ask again after taking it.

    Missed days are taken in their order, so a subscription that was to be canceled a month ago is first
    renewed for the month before. On one day: cancel, pause, change, renew.
    """
    due = next_due(timetable)
    return due if due and midnight(due.on, timetable.zone) <= at else None


def next_bill_on(timetable: Timetable) -> date | None:
    """The day on which the next period will be billed as things stand; None if it will not be."""
    if timetable.status in RENEWING:
        bill_on = timetable.period_end_on
    elif timetable.status is _S.TRIALING:
        bill_on = timetable.trial_ends_on
    elif timetable.status is _S.PENDING:
        bill_on = timetable.start_on
    elif timetable.status is _S.PAUSED:
        bill_on = timetable.resume_on
    else:
        return None
    ends = [timetable.cancel_on, timetable.pause_on if timetable.status in RENEWING else None]
    return None if bill_on is None or any(end is not None and end <= bill_on for end in ends) else bill_on


def first_turn(anchor: date, interval: Interval) -> Turn:
    """The period that begins on the anchor, the first day that is paid for."""
    return Turn(0, period_at(anchor, interval, 0))


def turn_after(anchor: date, interval: Interval, number: int) -> Turn:
    """The period after period `number`: what a renewal bills."""
    return Turn(number + 1, period_at(anchor, interval, number + 1))


def turn_on(anchor: date, interval: Interval, on: date) -> Turn:
    """The period that contains `on`: where a resumed or restored subscription takes up again."""
    number = number_on(anchor, interval, on)
    return Turn(number, period_at(anchor, interval, number))


def turns_missed(anchor: date, interval: Interval, number: int, on: date) -> list[Turn]:
    """The periods after `number` that have begun by `on`, oldest first: each gets an invoice of its own."""
    return [Turn(n, period_at(anchor, interval, n)) for n in range(number + 1, number_on(anchor, interval, on) + 1)]


def _waiting(timetable: Timetable) -> Iterator[Due]:
    dates = {
        Step.CANCEL: timetable.cancel_on,
        Step.PAUSE: timetable.pause_on,
        Step.START: timetable.start_on,
        Step.TRIAL_END: timetable.trial_ends_on,
        Step.RESUME: timetable.resume_on,
        Step.CHANGE: timetable.change_on,
        Step.RENEW: timetable.period_end_on,
    }
    for step in CLOCKED.get(timetable.status, ()):
        on = dates[step]
        if on is not None:
            yield Due(step, on)
