"""What a billing run is going to do, counted before anything moves."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from portal.core.money import Money


@dataclass(frozen=True, slots=True)
class PlannedItem:
    """One step of one subscription (`renew`, `cancel` and so on) and what it will bill, zero for most but renewals."""

    subscription_id: int
    step: str
    amount: Money


@dataclass(frozen=True, slots=True)
class Manifest:
    """Counts of steps, and of bills and their sums per currency."""

    subscriptions: int = 0
    steps: dict[str, int] = field(default_factory=dict)
    bills: dict[str, int] = field(default_factory=dict)
    totals: dict[str, Money] = field(default_factory=dict)

    @property
    def planned(self) -> dict[str, Any]:
        """As stored with the run: JSON, amounts in minor units."""
        return {
            "subscriptions": self.subscriptions,
            "steps": dict(sorted(self.steps.items())),
            "bills": dict(sorted(self.bills.items())),
            "totals_minor": {currency: total.minor for currency, total in sorted(self.totals.items())},
        }


def manifest(items: Iterable[PlannedItem]) -> Manifest:
    """The sums over `items`; a subscription with several steps counts once."""
    seen: set[int] = set()
    steps: dict[str, int] = {}
    bills: dict[str, int] = {}
    totals: dict[str, Money] = {}
    for item in items:
        seen.add(item.subscription_id)
        steps[item.step] = steps.get(item.step, 0) + 1
        if not item.amount.is_zero:
            currency = item.amount.currency
            bills[currency] = bills.get(currency, 0) + 1
            totals[currency] = totals.get(currency, Money.zero(currency)) + item.amount
    return Manifest(len(seen), steps, bills, totals)


def manifest_from(planned: dict[str, Any]) -> Manifest:
    """The manifest that was stored as `planned`."""
    totals = {currency: Money(minor, currency) for currency, minor in planned["totals_minor"].items()}
    return Manifest(planned["subscriptions"], dict(planned["steps"]), dict(planned["bills"]), totals)
