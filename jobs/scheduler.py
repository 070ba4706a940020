"""Looks every second what is due, and wakes whoever does it. Two of them are harmless."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from jobs.app import connection, record_beat
from jobs.due import Circumstances, Waiting, circumstances, waiting
from jobs.queues import is_busy
from jobs.schedule import PLAN, TICKS, WORK, Tick, Work
from jobs.slots import last_slot, next_slot, wall_slot
from portal.actions.move_clock import SCHEDULER
from portal.core.business import READ_ONLY, claim_tick, silent_since_taken
from portal.core.clock import wall
from portal.core.db import db, transaction

BEAT_SECONDS = 5.0


@dataclass(frozen=True)
class Outlook:
    """What one look found: the work that is due, how many wake-ups it took, and when more will be due."""

    at: datetime
    target_at: datetime | None
    is_standing: bool
    due: tuple[Waiting, ...]
    woken: int
    next_at: datetime


class Scheduler:
    """One process's view: it remembers which slots are taken, so that it asks the database once for each."""

    def __init__(self, works: Mapping[str, Work] = WORK, ticks: Sequence[Tick] = TICKS) -> None:
        self._works, self._ticks = works, ticks
        self._taken: dict[str, datetime] = {}
        self._ended: dict[str, datetime] = {}
        self._beat_at = 0.0

    def dispatch(self) -> Outlook:
        """Wake each kind of work that is due and has no wake-up waiting. Opens and ends its own transactions."""
        with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            facts = circumstances(connection)
            works = {name: work for name, work in self._works.items() if not is_held(work, facts)}
            rows = waiting(connection, {name: work.rows for name, work in works.items() if work.rows is not None})
        at = facts.at
        if PLAN in works and is_slot_missed(facts, at):
            slot = last_slot(at, facts.run_hour, facts.zone)
            rows.append(Waiting(PLAN, None, slot, f"run slot {slot:%Y-%m-%d %H:%M}"))
        due = tuple(row for row in rows if row.due_at <= at)
        woken = sum(works[row.work].job.wake(*row.args) for row in due)
        woken += self._claim_ticks(facts, at) + self._wake_lost(facts)
        later = [row.due_at for row in rows if row.due_at > at]
        later.append(next_slot(at, facts.run_hour, facts.zone))
        return Outlook(at, facts.target_at, facts.is_standing, due, woken, min(later))

    def beat(self, *, always: bool = False) -> None:
        """Say that the scheduler is awake."""
        if always or time.monotonic() - self._beat_at >= BEAT_SECONDS:
            record_beat(SCHEDULER, wall(), finished=True)
            self._beat_at = time.monotonic()

    def _claim_ticks(self, facts: Circumstances, at: datetime) -> int:
        if READ_ONLY in facts.switches_on:
            return 0
        return sum(self._claim(tick, _slot_of(tick, facts, at)) for tick in self._ticks)

    def _claim(self, tick: Tick, slot: datetime) -> bool:
        """Whoever inserts the slot enqueues its job, and commits only then: a slot is never claimed in vain."""
        if self._taken.get(tick.job.name) == slot:
            return False
        with transaction() as session:
            is_mine = claim_tick(session, tick.job.name, slot)
            if is_mine:
                tick.job.enqueue()
        self._taken[tick.job.name] = slot
        return is_mine

    def _wake_lost(self, facts: Circumstances) -> int:
        """A slot's job that neither waits nor runs nor ever ended went with its queue or its worker: once more."""
        jobs = {tick.job.name: tick.job for tick in self._ticks}
        open_ones = {name: slot for name, slot in self._taken.items() if self._ended.get(name) != slot}
        if READ_ONLY in facts.switches_on or not open_ones:
            return 0
        with Session(db.engine) as session:
            silent = silent_since_taken(session, open_ones)
        self._ended |= {name: slot for name, slot in open_ones.items() if name not in silent}
        cache, at = connection(), wall().timestamp()
        return sum(jobs[name].wake() for name in sorted(silent) if not is_busy(cache, at, [jobs[name].lane]))


def is_held(work: Work, facts: Circumstances) -> bool:
    """Does an emergency switch hold this kind of work?"""
    return READ_ONLY in facts.switches_on or work.stopped_by in facts.switches_on


def is_slot_missed(facts: Circumstances, at: datetime) -> bool:
    """Has the latest run slot no run yet, and may one begin? After downtime one run takes all that was missed."""
    if facts.run_is_under_way:
        return False
    return facts.last_run_slot is None or facts.last_run_slot < last_slot(at, facts.run_hour, facts.zone)


def _slot_of(tick: Tick, facts: Circumstances, at: datetime) -> datetime:
    return last_slot(at, facts.run_hour, facts.zone) if tick.every is None else wall_slot(wall(), tick.every)
