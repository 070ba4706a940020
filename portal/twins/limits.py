"""A gateway's rate limit: so many calls of one kind per account and minute of real time."""

from __future__ import annotations

import threading
import time

WINDOW_SECONDS = 60.0


class Limits:
    """Counts in windows that begin with the first call; does nothing unless `is_on`."""

    def __init__(self, limit: int, *, is_on: bool) -> None:
        self.limit, self.is_on = limit, is_on
        self._windows: dict[tuple[int, str], tuple[float, int]] = {}
        self._lock = threading.Lock()

    def take(self, account: int, call: str) -> tuple[int, int]:
        """(calls left, seconds until the window ends). Less than zero left: this call is one too many."""
        now = time.monotonic()
        with self._lock:
            began, used = self._windows.get((account, call), (now, 0))
            if now - began >= WINDOW_SECONDS:
                began, used = now, 0
            self._windows[account, call] = (began, used + 1)
        return self.limit - used - 1, max(1, round(WINDOW_SECONDS - (now - began)))
