"""The whole twin: its parts put together."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from portal.twins.limits import Limits
from portal.twins.news import Delivery
from portal.twins.paystack.behaviours import BEHAVIOURS
from portal.twins.paystack.court import Court
from portal.twins.paystack.ledger import Ledger
from portal.twins.paystack.till import Till
from portal.twins.standing import Character, Settings, StandIn

__all__ = ["LIMIT", "Settings", "Twin"]

CALLS = (
    "initialize", "charge", "verify", "refund", "list", "customer", "deactivate", "balance", "dispute", "news",
    "checkout",
)  # fmt: skip
# The schedule of test mode: hourly for ten hours.
SCHEDULE = (timedelta(hours=1),) * 10
LIMIT = 100


class Twin(StandIn):
    def __init__(self, settings: Settings) -> None:
        super().__init__(settings, Character(BEHAVIOURS, CALLS, SCHEDULE), self._signed)
        self.ledger = Ledger(self.records, settings.seed)
        self.limits = Limits(LIMIT, is_on=settings.has_rate_limits)
        self.till = Till(self.ledger, self.agenda, self.truth, self.post, self.faults)
        self.court = Court(self.till)
        self.restore()
        self.till.resume()
        self.court.resume()

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

    def restore_book(self, kind: str, record: dict[str, Any]) -> None:
        self.ledger.restore(kind, record)

    def clear_books(self) -> None:
        self.ledger.clear()

    def _signed(self, delivery: Delivery) -> Mapping[str, str]:
        key = self.ledger.integrations[delivery.owner].key
        signature = hmac.new(key.encode(), delivery.body.encode("utf-8"), hashlib.sha512).hexdigest()
        return {
            "Content-Type": "application/json",
            "Accept": "application/json, text/plain, */*",
            "User-Agent": "Paystack/2.0",
            "X-Paystack-Signature": signature,
        }
