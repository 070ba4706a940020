"""What somebody wants of a subscription, as doors say it and quotes keep it. Pure values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, Self

from portal.subscriptions.states import Collection


class Beginning(StrEnum):
    """How staff let a subscription begin."""

    DRAFT = "draft"  # nothing happens yet
    PENDING = "pending"  # with its first payment, or on its start day
    TRIALING = "trialing"
    ACTIVE = "active"  # at once; its first invoice is collected like any later one


class OpenInvoices(StrEnum):
    """What becomes of a canceled subscription's open invoices."""

    KEEP = "keep"
    VOID = "void"


@dataclass(frozen=True, slots=True)
class StartTerms:
    """`due_days` None: as the company's policy says. `trial_days` None: the plan's, once per customer and family.

    `start_on` None: today.
    """

    collection: Collection = Collection.PULL
    due_days: int | None = None
    trial_days: int | None = None
    start_on: date | None = None

    @property
    def as_json(self) -> dict[str, Any]:
        return {
            "collection": str(self.collection),
            "due_days": self.due_days,
            "trial_days": self.trial_days,
            "start_on": self.start_on.isoformat() if self.start_on else None,
        }

    @classmethod
    def from_json(cls, kept: dict[str, Any]) -> Self:
        return cls(
            collection=Collection(kept["collection"]),
            due_days=kept["due_days"],
            trial_days=kept["trial_days"],
            start_on=date.fromisoformat(kept["start_on"]) if kept["start_on"] else None,
        )


@dataclass(frozen=True, slots=True)
class CancelChoices:
    """What is settled when a subscription ends at once, before the time it was paid for is over."""

    credit_unused: bool = False
    open_invoices: OpenInvoices = OpenInvoices.KEEP
