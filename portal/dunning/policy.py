"""When the next try or reminder of an unpaid invoice comes, what follows the last, and who deserves a try."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from portal.core.days import at_hour

# Days between the last step of a ladder, with the mail that says what follows, and what follows.
NOTICE = 1

# The only kind of decline after which the same method may simply be tried again; see the gateways' tables.
SOFT_DECLINE = "retry_later"


class LastStep(StrEnum):
    """What becomes of a subscription whose invoice used up the ladder."""

    SUSPEND = "suspend"  # and cancel after so many more days
    CANCEL = "cancel"
    KEEP_PAST_DUE = "keep_past_due"


@dataclass(frozen=True, slots=True)
class Ladder:
    """`pull_days` count from an invoice's first failure, `push_days` from its due day; both in whole days, rising."""

    pull_days: tuple[int, ...] = (1, 2, 4, 7, 14)
    push_days: tuple[int, ...] = (-3, 0, 3, 7, 14)
    last_step: LastStep = LastStep.SUSPEND
    cancel_after_days: int = 30

    def __post_init__(self) -> None:
        for days in (self.pull_days, self.push_days):
            if list(days) != sorted(set(days)):
                raise ValueError("The days of a ladder rise.")
        if any(day < 1 for day in self.pull_days):
            raise ValueError("A retry comes at least a day after the failure.")

    @property
    def reminder_days(self) -> tuple[int, ...]:
        """Days of the push ladder up to the due day: they belong to the invoice, not to a case."""
        return tuple(day for day in self.push_days if day <= 0)

    @property
    def overdue_days(self) -> tuple[int, ...]:
        """Days of the push ladder after the due day: the steps of a case."""
        return tuple(day for day in self.push_days if day > 0)


class Stage(StrEnum):
    """What is due of one invoice on its ladder."""

    STEP = "step"  # a try, or a mail
    LAST = "last"  # the ladder is used up and notice was given
    GIVE_UP = "give_up"  # suspended for as long as the policy says


@dataclass(frozen=True, slots=True)
class Climb:
    """One invoice on a ladder: the day it counts from, the steps' days, and how many steps are behind it.

    After the last day of the ladder there are two more steps: what the policy does then, and giving up
    `gives_up_after` days later (None: never). They count from when they were taken (`stepped_on`), not from when
    they could have been, so that nobody is suspended without notice because we were late.
    """

    began_on: date
    days: tuple[int, ...]
    taken: int = 0
    stepped_on: date | None = None
    gives_up_after: int | None = None

    @property
    def is_used_up(self) -> bool:
        return self.taken >= len(self.days)

    @property
    def is_over(self) -> bool:
        """The policy's last step was taken."""
        return self.taken > len(self.days)

    @property
    def next_on(self) -> date | None:
        """The day of the next step, counted from the beginning and not from the step before; None after the last."""
        return None if self.is_used_up else self.began_on + timedelta(days=self.days[self.taken])

    @property
    def last_on(self) -> date:
        """The day of the last step; without steps the day it began."""
        return self.began_on + timedelta(days=self.days[-1] if self.days else 0)

    @property
    def ends_on(self) -> date:
        """The day of what the policy does when the ladder is used up: after notice, which the last mail gives."""
        noticed_on = self.last_on
        if self.taken == len(self.days) and self.stepped_on is not None:
            noticed_on = max(noticed_on, self.stepped_on)
        return noticed_on + timedelta(days=NOTICE)

    @property
    def gives_up_on(self) -> date | None:
        """The day on which a suspended subscription is given up; None before it is suspended, and if it never is."""
        if self.taken != len(self.days) + 1 or self.gives_up_after is None or self.stepped_on is None:
            return None
        return self.stepped_on + timedelta(days=self.gives_up_after)

    @property
    def waits_until(self) -> date | None:
        """The day for which it waits, whatever happens then; None when nothing but money moves it."""
        if not self.is_used_up:
            return self.next_on
        return self.gives_up_on if self.is_over else self.ends_on


def steps_due(climb: Climb, on: date) -> int:
    """How many untaken steps have come by `on`: more than one after downtime, when only the last is acted on."""
    return sum(climb.began_on + timedelta(days=day) <= on for day in climb.days[climb.taken :])


def stage_due(climb: Climb, on: date) -> tuple[Stage, int] | None:
    """What is to be done by `on`, and the number of the step that is thereby taken; None: nothing yet."""
    if due := steps_due(climb, on):
        return Stage.STEP, climb.taken + due
    waits_until = climb.waits_until
    if waits_until is None or waits_until > on or not climb.is_used_up:
        return None
    return (Stage.GIVE_UP if climb.is_over else Stage.LAST), climb.taken + 1


def next_step_at(climbs: Iterable[Climb], run_hour: int, zone: str) -> datetime | None:
    """When a case with these invoices acts next: the earliest day any of them waits for, at the run hour."""
    days = [climb.waits_until for climb in climbs if climb.waits_until is not None]
    return at_hour(min(days), run_hour, zone) if days else None


def next_reminder_at(ladder: Ladder, due_on: date, after: date, run_hour: int, zone: str) -> datetime | None:
    """When an invoice that the customer is to pay has its next reminder after the day `after`; None if overdue next."""
    days = [due_on + timedelta(days=day) for day in ladder.reminder_days]
    coming = [day for day in days if day > after]
    return at_hour(coming[0], run_hour, zone) if coming else None


def may_try(declines: Sequence[tuple[int, str]], method_id: int | None) -> bool:
    """May `method_id` be charged automatically, given the declines of the invoice as (method, kind of decline)?

    Not without a method, and not with one that was declined for good: mails go on, tries wait for another.
    """
    return method_id is not None and all(kind == SOFT_DECLINE for declined, kind in declines if declined == method_id)
