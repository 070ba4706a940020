"""Keeps the clocks of the local stand-ins for gateways with the portal's, in test mode only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import requests

from portal.core.db import require_no_transaction

DEADLINE_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class TwinState:
    """How many deeds the stand-ins have due or under way, and when the next one of any is due."""

    in_flight: int
    next_due_at: datetime | None


class TwinClocks:
    """All stand-ins of an installation, spoken to over kept connections."""

    def __init__(self, urls: Sequence[str]) -> None:
        self.urls = tuple(urls)
        self._http = requests.Session()
        self._http.trust_env = False

    def show(self, at: datetime, *, runs: bool) -> None:
        """Set every clock to `at`; `runs`: they go on from there, otherwise they stand."""
        require_no_transaction()
        for url in self.urls:
            told = {"at": at.isoformat(), "runs": "true" if runs else "false"}
            self._http.post(f"{url}/_twin/clock", json=told, timeout=DEADLINE_SECONDS).raise_for_status()

    def state(self) -> TwinState:
        """Of all together. Raises OSError when one does not answer."""
        require_no_transaction()
        in_flight, dues = 0, []
        for url in self.urls:
            answer = self._http.get(f"{url}/_twin/idle", timeout=DEADLINE_SECONDS)
            answer.raise_for_status()
            told = answer.json()
            in_flight += int(told["in_flight"])
            if told["next_due_at"]:
                dues.append(datetime.fromisoformat(told["next_due_at"]))
        return TwinState(in_flight, min(dues, default=None))

    def close(self) -> None:
        self._http.close()
