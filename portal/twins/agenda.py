"""A twin's own time, and what it has promised to do at which time."""

from __future__ import annotations

import heapq
import itertools
import sys
import threading
import traceback
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

Deed = Callable[[], None]


class TwinClock:
    """Real time, until it is set: then it stands still there, or runs on from there."""

    def __init__(self) -> None:
        self._at: datetime | None = None
        self._shift = timedelta(0)

    def now(self) -> datetime:
        return self._at or datetime.now(UTC) + self._shift

    @property
    def is_frozen(self) -> bool:
        return self._at is not None

    def set(self, at: datetime | None, *, runs: bool = False) -> None:
        """None: real time again. `runs`: the time goes on from `at` instead of standing still."""
        self._at = None if runs else at
        self._shift = at - datetime.now(UTC) if at is not None and runs else timedelta(0)


class Agenda:
    """Does each deed once its time has come by the twin's clock, several at once, each on a thread of a pool."""

    def __init__(self, clock: TwinClock, threads: int = 8) -> None:
        self.clock = clock
        self._due: list[tuple[datetime, int, Deed]] = []
        self._numbers = itertools.count()
        self._under_way = 0
        self._changed = threading.Condition()
        self._is_closed = False
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="agenda")
        self._thread = threading.Thread(target=self._keep, name="agenda", daemon=True)
        self._thread.start()

    def add(self, due_at: datetime, deed: Deed) -> None:
        with self._changed:
            heapq.heappush(self._due, (due_at, next(self._numbers), deed))
            self._changed.notify_all()

    def hold(self) -> Callable[[], None]:
        """Something is about to be added: the twin is not idle until what this returns was called."""
        with self._changed:
            self._under_way += 1
        return self._let_go

    def _let_go(self) -> None:
        with self._changed:
            self._under_way -= 1
            self._changed.notify_all()

    def set_clock(self, at: datetime | None, *, runs: bool = False) -> None:
        with self._changed:
            self.clock.set(at, runs=runs)
            self._changed.notify_all()

    def idle(self) -> tuple[int, datetime | None]:
        """How many deeds are due or under way, and when the next one is due."""
        with self._changed:
            now = self.clock.now()
            late = sum(1 for due_at, _, _ in self._due if due_at <= now)
            later = [due_at for due_at, _, _ in self._due if due_at > now]
            return self._under_way + late, min(later, default=None)

    def clear(self) -> None:
        with self._changed:
            self._due.clear()

    def close(self) -> None:
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()
        self._thread.join(timeout=5)
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _keep(self) -> None:
        with self._changed:
            while not self._is_closed:
                now = self.clock.now()
                while self._due and self._due[0][0] <= now:
                    _, _, deed = heapq.heappop(self._due)
                    self._under_way += 1
                    self._pool.submit(self._perform, deed)
                self._changed.wait(self._patience(now))

    def _patience(self, now: datetime) -> float | None:
        """Seconds until the next deed is due; None, for as long as nothing changes, if no time will bring it."""
        if not self._due or self.clock.is_frozen:
            return None
        return max(0.001, min((self._due[0][0] - now).total_seconds(), 3600.0))

    def _perform(self, deed: Deed) -> None:
        try:
            deed()
        except Exception:
            traceback.print_exc(file=sys.stderr)
        finally:
            self._let_go()
