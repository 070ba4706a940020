"""Which money pays which invoice, and how much of a balance may be spent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from portal.core.money import Money


@dataclass(frozen=True, slots=True)
class Debt:
    """An issued invoice and what is open on it."""

    invoice_id: int
    due_on: date
    open: Money


@dataclass(frozen=True, slots=True)
class Share:
    invoice_id: int
    amount: Money


@dataclass(frozen=True, slots=True)
class Settlement:
    """What each invoice gets, never nothing and never more than is open, and what is left for the balance."""

    shares: tuple[Share, ...]
    rest: Money


def settlement(received: Money, debts: Sequence[Debt], *, first: int | None = None) -> Settlement:
    """`received` over `debts`: the invoice `first` was paid for before all others, then the oldest due day first."""
    left, shares = received, []
    for debt in sorted(debts, key=lambda debt: (debt.invoice_id != first, debt.due_on, debt.invoice_id)):
        amount = min(left, debt.open)
        if amount.is_positive:
            shares.append(Share(debt.invoice_id, amount))
            left -= amount
    return Settlement(tuple(shares), left)


def balance_to_spend(balance: Money, owed: Money, minimum: Money) -> Money:
    """The most of `balance` that may go towards `owed`: what remains is 0 or at least the gateway's `minimum`.

    Nothing, when any part of it would leave a remainder that no gateway takes.
    """
    zero = Money.zero(owed.currency)
    if balance >= owed:
        return max(owed, zero)
    return max(min(balance, owed - minimum), zero)


def to_collect(owed: Money, minimum: Money) -> Money:
    """What to ask a gateway for: what is owed, or its minimum, the difference going to the balance. 0 if none is."""
    return max(owed, minimum) if owed.is_positive else Money.zero(owed.currency)
