"""The whole twin: its parts put together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import timedelta
from typing import Any

from portal.twins.ipaymu.behaviours import BEHAVIOURS, CALLS
from portal.twins.ipaymu.ledger import Ledger
from portal.twins.ipaymu.shapes import local
from portal.twins.ipaymu.switches import Switches
from portal.twins.ipaymu.till import Till
from portal.twins.limits import Limits
from portal.twins.news import Delivery
from portal.twins.standing import Character, Settings, StandIn

# Five tries; iPaymu says neither how many nor how far apart.
SCHEDULE = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=2))
LIMIT = 60
SWITCHES_KIND = "Switches"


class Twin(StandIn):
    def __init__(self, settings: Settings, merchants: Mapping[str, str] | None = None) -> None:
        """`merchants`: their numbers with their keys."""
        super().__init__(settings, Character(BEHAVIOURS, CALLS, SCHEDULE), self._headers)
        self.switches = Switches()
        self.ledger = Ledger(self.records, settings.seed)
        self.limits = Limits(LIMIT, is_on=settings.has_rate_limits)
        self.till = Till(self.ledger, self.agenda, self.truth, self.post, self.faults, self.switches)
        self.restore()
        for va, key in (merchants or {}).items():
            self.ledger.enlist(va, key)
        self.till.resume()

    def switch(self, told: Mapping[str, Any]) -> None:
        self.switches.set(told)
        self.records.put(SWITCHES_KIND, "1", asdict(self.switches))

    def restore_book(self, kind: str, record: dict[str, Any]) -> None:
        if kind == SWITCHES_KIND:
            self.switches.set(record)
        else:
            self.ledger.restore(kind, record)

    def clear_books(self) -> None:
        self.switches.set(asdict(Switches()))
        self.ledger.clear()

    def _headers(self, delivery: Delivery) -> Mapping[str, str]:
        stamp = local(self.now.isoformat())
        digits = "".join(one for one in stamp if one.isdigit())
        return delivery.headers | {
            "Accept": "application/json",
            "X-Timestamp": stamp.replace(" ", "T") + "+07:00",
            "X-External-ID": f"{digits}{(delivery.number * 100 + delivery.tries) % 1_000_000:06d}",
        }
