"""What is done when: every kind of work that rows wait for, and every piece of housekeeping. One table each."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import Select

from jobs.app import Job
from jobs.attempts import resolve_due
from jobs.audit import seal_entries
from jobs.charges import charge_due
from jobs.due import first_of, first_waiting_attempts
from jobs.gateway_news import receive_news
from jobs.housekeeping import prune_rows
from portal.core.business import STOP_CHARGES
from portal.payments.models import Attempt, GatewayNews
from portal.payments.states import AttemptStatus


@dataclass(frozen=True)
class Work:
    """A job that is woken when the earliest of `rows` is due; None: when a run slot has no run.

    `stopped_by` names the switch that holds it; read_only holds everything.
    """

    job: Job
    rows: Select[Any] | None
    stopped_by: str = ""


@dataclass(frozen=True)
class Tick:
    """A job that is woken once in each slot: `every` so much wall time; None: at each run hour of the business."""

    job: Job
    every: timedelta | None


PLAN = "plan_run"

_WORKS: tuple[Work, ...] = (
    Work(charge_due, first_waiting_attempts(), stopped_by=STOP_CHARGES),
    Work(receive_news, first_of(GatewayNews)),
    Work(resolve_due, first_of(Attempt, Attempt.status != AttemptStatus.WAITING)),
)

WORK: dict[str, Work] = {work.job.name: work for work in _WORKS}

TICKS = (
    Tick(seal_entries, timedelta(minutes=1)),
    Tick(prune_rows, timedelta(days=1)),
)
