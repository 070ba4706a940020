"""The whole twin: its parts put together, started, restored and stopped."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from portal.twins.agenda import Agenda, TwinClock
from portal.twins.faults import Faults
from portal.twins.memory import Records, Truth
from portal.twins.news import KIND as NEWS_KIND
from portal.twins.news import Delivery, Post
from portal.twins.paystack.cards import DECLINES
from portal.twins.paystack.ledger import Ledger
from portal.twins.paystack.limits import Limits
from portal.twins.paystack.till import Till

CALLS = ("initialize", "charge", "verify", "refund", "list", "customer", "deactivate", "balance", "news", "checkout")
# The schedule of test mode: hourly for ten hours.
SCHEDULE = (timedelta(hours=1),) * 10
CLOCK_KIND = "Clock"


@dataclass(frozen=True, slots=True)
class Settings:
    """`public_url` is how a browser reaches the twin."""

    public_url: str
    webhook_url: str = ""
    seed: int | None = None
    has_rate_limits: bool = False
    truth_path: Path | None = None
    state_path: Path | None = None
    webhook_timeout: float = 30.0


class Twin:
    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.records = Records(settings.state_path)
        self.truth = Truth(settings.truth_path)
        self.agenda = Agenda(TwinClock())
        self.faults = Faults(CALLS, tuple(DECLINES), settings.seed or 0)
        self.ledger = Ledger(self.records, settings.seed)
        self.limits = Limits(settings.has_rate_limits)
        self.post = Post(
            self.agenda,
            self.records,
            self.truth,
            headers=self._signed,
            schedule=SCHEDULE,
            timeout=settings.webhook_timeout,
        )
        self.post.url = settings.webhook_url
        self.till = Till(self.ledger, self.agenda, self.truth, self.post, self.faults)
        self._restore()

    def set_clock(self, at: datetime | None, *, runs: bool = False) -> None:
        self.agenda.set_clock(at, runs=runs)
        self.records.put(CLOCK_KIND, "1", {"at": at.isoformat() if at and not runs else None})

    def rotate_key(self, former: str, fresh: str) -> bool:
        """The same integration under another key; False if nobody used the former one."""
        with self.ledger.lock:
            number = self.ledger.keys.get(former)
            if number is None or fresh in self.ledger.keys:
                return False
            integration = self.ledger.integrations[number]
            integration.key = fresh
            self.ledger.save(integration)
        return True

    def reset(self) -> None:
        """As on the first day: no records, no rules, no news, real time."""
        self.agenda.clear()
        self.agenda.set_clock(None)
        self.faults.clear()
        self.post.clear()
        self.truth.clear()
        self.ledger.clear()

    def close(self) -> None:
        self.agenda.close()
        self.records.close()
        self.truth.close()

    def _restore(self) -> None:
        for kind, _, record in self.records.load():
            if kind == NEWS_KIND:
                self.post.restore(record)
            elif kind == CLOCK_KIND:
                self.agenda.set_clock(datetime.fromisoformat(record["at"]) if record["at"] else None)
            else:
                self.ledger.restore(kind, record)
        self.till.resume()

    def _signed(self, delivery: Delivery) -> Mapping[str, str]:
        key = self.ledger.integrations[delivery.owner].key
        signature = hmac.new(key.encode(), delivery.body.encode("utf-8"), hashlib.sha512).hexdigest()
        return {
            "Content-Type": "application/json",
            "Accept": "application/json, text/plain, */*",
            "User-Agent": "Paystack/2.0",
            "X-Paystack-Signature": signature,
        }
