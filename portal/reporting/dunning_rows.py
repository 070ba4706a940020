"""A case as staff see it in a list: what is owed, where it stands on its ladder, what comes next."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Row

from portal.core.money import Money
from portal.dunning.models import DunningCase, DunningPolicy
from portal.dunning.policy import Climb, LastStep
from portal.dunning.states import CLOSED, CaseStatus, PauseKind


class NextStep(StrEnum):
    """What comes next in a case by itself."""

    TRY = "try"
    MAIL = "mail"
    SUSPEND = "suspend"
    CANCEL = "cancel"
    WAKE = "wake"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Queued:
    """A row. `owed`: of a closed case what its invoices came to. `climb` is that of its oldest invoice, if one is open.

    `next_at` is business time. `method` is (brand, last four, expires on, refused) of the default one.
    """

    ref: str
    status: CaseStatus
    pause: PauseKind | None
    paused_until: date | None
    customer: str
    customer_ref: str
    owed: Money
    invoices: int
    climb: Climb | None
    next_step: NextStep
    next_at: datetime | None
    closed_at: datetime | None
    decline: str
    decline_code: str
    attempts: int
    owner: str
    is_push: bool
    is_parked: bool
    method: tuple[str, str, date | None, bool] | None

    @property
    def steps(self) -> int:
        return len(self.climb.days) if self.climb else 0

    @property
    def step(self) -> int:
        return min(self.climb.taken, self.steps) if self.climb else 0


def queued(row: Row[Any]) -> Queued:
    """One row of `page` as the list shows it."""
    found: DunningCase = row.DunningCase
    is_push = row.collection != "pull"
    climb = climb_of(row.DunningPolicy, row.began_on, row.step, row.stepped_on, is_push) if row.began_on else None
    return Queued(
        ref=found.ref,
        status=found.status,
        pause=found.paused_kind,
        paused_until=found.paused_until,
        customer=row.customer,
        customer_ref=row.customer_ref,
        owed=Money(int(row.owed_minor or 0), found.currency),
        invoices=row.invoices,
        climb=climb,
        next_step=next_step(found.status, row.DunningPolicy, climb, is_tried=not (is_push or row.is_hard)),
        next_at=found.next_action_at,
        closed_at=found.closed_at,
        decline=row.decline or "",
        decline_code=row.decline_code or "",
        attempts=row.attempts or 0,
        owner=row.owner or "",
        is_push=is_push,
        is_parked=row.parked_at is not None,
        method=(row.brand, row.last4, row.expires_on, row.is_refused) if row.last4 is not None else None,
    )


def climb_of(policy: DunningPolicy, began_on: date, step: int, stepped_on: date | None, is_push: bool) -> Climb:
    """Where a debt of this policy stands, read without asking again."""
    days = tuple(day for day in policy.push_days if day > 0) if is_push else tuple(policy.pull_days)
    gives_up_after = policy.cancel_after_days if policy.last_step == LastStep.SUSPEND else None
    return Climb(began_on, days, step, stepped_on, gives_up_after)


def next_step(status: CaseStatus, policy: DunningPolicy, climb: Climb | None, *, is_tried: bool) -> NextStep:
    """What the case does next if nobody pays and nobody acts."""
    if status is CaseStatus.PAUSED:
        return NextStep.WAKE
    if status in CLOSED or climb is None or climb.waits_until is None:
        return NextStep.NOTHING
    if not climb.is_used_up:
        return NextStep.TRY if is_tried else NextStep.MAIL
    if climb.is_over:
        return NextStep.CANCEL
    last = {LastStep.SUSPEND: NextStep.SUSPEND, LastStep.CANCEL: NextStep.CANCEL}
    return last.get(LastStep(policy.last_step), NextStep.NOTHING)
