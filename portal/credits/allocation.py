"""What happens to unit credits when a period is settled."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class CreditTurn(StrEnum):
    RESETS = "resets"  # what is left is lost, the grant starts afresh
    ACCUMULATES = "accumulates"  # the grant is added to what is left


class CreditReason(StrEnum):
    """Why units came or went. At most one grant and one discard per subscription, type and period."""

    GRANT = "grant"
    DISCARD = "discard"
    SPEND = "spend"
    ADJUST = "adjust"  # by staff


@dataclass(frozen=True, slots=True)
class CreditMove:
    """`units` come (positive) or go (negative), and so many are there after it."""

    reason: CreditReason
    units: int
    units_after: int


def turn(balance: int, granted: int, how: CreditTurn, *, is_late: bool) -> list[CreditMove]:
    """The moves of a period that was settled with `balance` units left: what expires, then what is granted.

    `is_late`: a later period was settled before this one. Its resetting units have been replaced already,
    so it grants accumulating types only. Units are never negative.
    """
    if balance < 0 or granted < 0:
        raise ValueError("Units are never negative.")
    if how is CreditTurn.ACCUMULATES:
        return [CreditMove(CreditReason.GRANT, granted, balance + granted)]
    if is_late:
        return []
    grant = CreditMove(CreditReason.GRANT, granted, granted)
    return [CreditMove(CreditReason.DISCARD, -balance, 0), grant] if balance else [grant]
