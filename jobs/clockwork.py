"""Drives the clock of a test installation to its target: from one due time to the next, at full speed."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from threading import Event

from sqlalchemy import text

from jobs.app import connection
from jobs.audit import seal_entries
from jobs.due import Waiting
from jobs.queues import DONE, is_busy
from jobs.scheduler import Outlook, Scheduler
from portal.actions.move_clock import break_journey, end_journey, move_clock
from portal.core.actors import Actor
from portal.core.clock import wall
from portal.core.db import db
from portal.core.logging import log
from portal.core.settings import current
from portal.gateways.twin_clock import TwinClocks, TwinState

CLOCK = Actor.system("clock")
JOB_WAIT_SECONDS = 1
TWIN_WAIT_SECONDS = 0.02
STUCK_ROUNDS = 20
STUCK_SECONDS = 20.0
PROGRESS_SECONDS = 2.0


@dataclass
class Patience:
    """Notices when the same rows stay due however often their jobs end."""

    rows: frozenset[tuple[str, datetime]] = frozenset()
    rounds: int = 0
    since: float = 0.0

    def is_over(self, due: tuple[Waiting, ...], woken: int) -> bool:
        """Count another round in which something was due and all of it had been woken before."""
        rows = frozenset((row.row, row.due_at) for row in due)
        if rows != self.rows:
            self.rows, self.rounds, self.since = rows, 0, time.monotonic()
        self.rounds += bool(woken)
        return self.rounds > STUCK_ROUNDS and time.monotonic() - self.since > STUCK_SECONDS

    @property
    def pause(self) -> float:
        """Seconds to leave between tries that change nothing."""
        return 0.0 if self.rounds < 3 else min(0.05 * self.rounds, 1.0)


class Journey:
    """One drive. Quiet means: nothing due, no job queued or running, nothing due or in flight at the stand-ins."""

    def __init__(self, scheduler: Scheduler, stop: Event) -> None:
        self.scheduler = scheduler
        self.stop = stop
        self.jumps = 0
        self._patience = Patience()
        self._clocks = TwinClocks(current().twin_urls)
        self._calm: TwinState | None = None
        self._is_sealed = False
        self._told_at = 0.0

    def go(self) -> None:
        """Go on until the target is reached, given up, or the process is to stop."""
        began = time.monotonic()
        self._show_stand_ins(self.scheduler.dispatch())
        while not self.stop.is_set():
            look = self.scheduler.dispatch()
            if look.target_at is None:
                break
            self.scheduler.beat()
            self._tell(look)
            stand_ins = self._quiet(look)
            if stand_ins is None:
                continue
            if look.at < look.target_at:
                self._jump(look, look.target_at, stand_ins)
            elif not self._is_sealed:
                self._is_sealed = seal_entries.wake() or True
            else:
                end_journey(look.target_at, actor=CLOCK, at=look.at)
        self._clocks.close()
        log().info("clock stops here", jumps=self.jumps, seconds=round(time.monotonic() - began, 2))

    def _quiet(self, look: Outlook) -> TwinState | None:
        """The stand-ins' state once everything is quiet; None after waiting a little for what is not.

        A stand-in may have delivered something between our look at the rows and our question to it, so quiet is
        believed at the second look in a row. They are not asked again then: without a job they have heard nothing.
        """
        calm, self._calm = self._calm, None
        if look.due or is_busy(connection(), wall().timestamp()):
            self._wait_for_jobs(look)
            return None
        if calm is not None:
            return calm
        state = self._clocks.state()
        if state.in_flight:
            self.stop.wait(TWIN_WAIT_SECONDS)
            return None
        if not self._clocks.urls:
            return state
        self._calm = state
        return None

    def _wait_for_jobs(self, look: Outlook) -> None:
        if self._patience.is_over(look.due, look.woken):
            rows = [f"{row.work}: {row.row}, due {row.due_at.isoformat()}" for row in look.due]
            log().error("clock is stuck", rows=rows)
            break_journey(rows, actor=CLOCK, at=look.at)
            return
        cache = connection()
        cache.blpop(DONE, JOB_WAIT_SECONDS)
        cache.delete(DONE)
        self.stop.wait(self._patience.pause)

    def _jump(self, look: Outlook, target_at: datetime, stand_ins: TwinState) -> None:
        """To the earliest time at which anything is due anywhere, or to the target."""
        later = [at for at in (look.next_at, stand_ins.next_due_at, target_at) if at is not None and at > look.at]
        move_clock(min(later), wall_at=wall())
        self._show_stand_ins(look, min(later))
        self.jumps += 1

    def _show_stand_ins(self, look: Outlook, at: datetime | None = None) -> None:
        self._clocks.show(at or look.at, runs=not look.is_standing)

    def _tell(self, look: Outlook) -> None:
        if time.monotonic() - self._told_at >= PROGRESS_SECONDS:
            log().info("clock moves", at=look.at.isoformat(), target=str(look.target_at), jumps=self.jumps)
            self._told_at = time.monotonic()


def drive(scheduler: Scheduler, stop: Event) -> None:
    """Drive to the target, unless another scheduler does so already or this is no test installation."""
    if not current().test_mode:
        return
    with _alone() as is_alone:
        if is_alone:
            Journey(scheduler, stop).go()


@contextmanager
def _alone() -> Iterator[bool]:
    """One driver at a time, held by a connection of its own: it lets go when the process dies."""
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as held:
        is_mine = bool(held.scalar(text("SELECT pg_try_advisory_lock(hashtext('portal-clock'))")))
        try:
            yield is_mine
        finally:
            if is_mine:
                held.execute(text("SELECT pg_advisory_unlock(hashtext('portal-clock'))"))
