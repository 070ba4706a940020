"""May this customer use it? Answered from status and dates at the moment of asking; never waits for a run."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from portal.core.days import midnight
from portal.subscriptions.schedule import Timetable
from portal.subscriptions.states import SERVED, SubscriptionStatus


class Access(StrEnum):
    GRANTED = "granted"
    GRACE = "grace"  # still served, but something is to be done
    WITHHELD = "withheld"


def access(timetable: Timetable, at: datetime, override_until: date | None = None) -> Access:
    """What the service should do at the instant `at`.

    Staff's `override_until` beats all else until that day begins. Cancel, pause and resume days count from their
    first instant, run or no run. A trial that has ended is in grace until its end is dealt with, and a
    period that has ended does not count against the customer: the bill is ours to write.
    """

    def has_come(on: date | None) -> bool:
        return on is not None and midnight(on, timetable.zone) <= at

    if override_until is not None and not has_come(override_until):
        return Access.GRANTED
    resumed = timetable.status is SubscriptionStatus.PAUSED and has_come(timetable.resume_on)
    if has_come(timetable.cancel_on) or not (timetable.status in SERVED or resumed):
        return Access.WITHHELD
    if timetable.status is SubscriptionStatus.ACTIVE and has_come(timetable.pause_on):
        return Access.WITHHELD
    if timetable.status is SubscriptionStatus.PAST_DUE:
        return Access.GRACE
    if timetable.status is SubscriptionStatus.TRIALING and has_come(timetable.trial_ends_on):
        return Access.GRACE
    return Access.GRANTED
