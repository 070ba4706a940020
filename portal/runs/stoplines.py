"""Where a billing run stops and waits for a person, because something is probably wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from portal.core.money import Money


class StopLine(StrEnum):
    INVOICE_ABOVE_MEDIAN = "invoice_above_median"  # holds the item
    TAX_MISSING = "tax_missing"  # holds the item
    RUN_ABOVE_FORECAST = "run_above_forecast"  # holds the run
    CLOCK_AHEAD = "clock_ahead"  # holds the run


@dataclass(frozen=True, slots=True)
class Limits:
    """`times_median` for one invoice, `times_forecast` for the run, and how far the clock may leap unnoticed."""

    times_median: int = 5
    times_forecast: int = 2
    clock_ahead: timedelta = timedelta(hours=36)


def median(amounts: Sequence[Money]) -> Money | None:
    """The middle one of earlier invoices, of an even count the lower of the two; None without any."""
    return sorted(amounts, key=lambda amount: amount.minor)[(len(amounts) - 1) // 2] if amounts else None


def is_above_median(amount: Money, earlier: Money | None, limits: Limits) -> bool:
    """Is an invoice more than so many times what this customer usually gets? Without a history it is not."""
    return earlier is not None and earlier.is_positive and amount > earlier.times(limits.times_median)


def currencies_above_forecast(totals: Mapping[str, Money], forecast: Mapping[str, Money], limits: Limits) -> list[str]:
    """The currencies, in order, in which a run bills more than so many times what was forecast for it.

    A currency without a forecast crosses nothing: there is nothing to compare with.
    """
    return [
        currency
        for currency, total in sorted(totals.items())
        if currency in forecast
        and forecast[currency].is_positive
        and total > forecast[currency].times(limits.times_forecast)
    ]


def is_clock_ahead(at: datetime, last_beat_at: datetime | None, limits: Limits) -> bool:
    """Did business time leap since the last heartbeat? A clock set wrong would bill the future. First start: no."""
    return last_beat_at is not None and at - last_beat_at > limits.clock_ahead
