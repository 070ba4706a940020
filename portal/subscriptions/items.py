"""What is chosen: prices with quantities, and which sets of them make a subscription. Pure values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from portal.core.errors import Invalid, Refused
from portal.core.periods import Interval

MOST = 1_000_000
MOST_ITEMS = 20


@dataclass(frozen=True, slots=True, order=True)
class Chosen:
    """So many of one price."""

    price_id: int
    quantity: int

    def __post_init__(self) -> None:
        if not 1 <= self.quantity <= MOST:
            raise Invalid("A quantity is between 1 and %(most)s.", field="quantity", most=f"{MOST:,}")

    @property
    def as_json(self) -> dict[str, int]:
        return {"price_id": self.price_id, "quantity": self.quantity}


@dataclass(frozen=True, slots=True)
class Offered:
    """What counts of a price when it is put beside others."""

    price_id: int
    kind: str
    family: str
    tier: int
    currency: str
    interval: Interval
    trial_days: int
    is_on_sale: bool


class CurrencyFixed(Refused):
    """The customer is billed in another currency; `currency` says in which."""

    code = "currency_fixed"

    def __init__(self, currency: str) -> None:
        super().__init__(
            "You are billed in %(currency)s, so everything is billed in it. Nothing was changed.", currency=currency
        )
        self.currency = currency


class NoLongerOffered(Refused):
    """The price or its plan was retired, and nothing took its place."""

    code = "no_longer_offered"

    def __init__(self) -> None:
        super().__init__("This price is no longer offered. Nothing was changed, please choose again.")


def chosen_from(rows: Iterable[Mapping[str, Any]]) -> tuple[Chosen, ...]:
    """The items that were stored as JSON."""
    return tuple(Chosen(int(row["price_id"]), int(row["quantity"])) for row in rows)


def require_fitting(chosen: Sequence[Chosen], offered: Mapping[int, Offered], held: Iterable[int] = ()) -> None:
    """One plan, add-ons beside it, one currency, one interval, nothing twice, and all of it for sale.

    `held` are the prices that the subscription has already: those it may keep after they were retired.
    """
    if not chosen or len(chosen) > MOST_ITEMS:
        raise Invalid("Choose one plan and at most %(most)s add-ons.", field="items", most=MOST_ITEMS - 1)
    prices = [offered[item.price_id] for item in chosen]
    if len({price.price_id for price in prices}) != len(prices):
        raise Invalid("Each price is chosen once, with a quantity.", field="items")
    if sum(price.kind == "plan" for price in prices) != 1:
        raise Invalid("Choose exactly one plan.", field="items")
    if len({(price.currency, price.interval) for price in prices}) != 1:
        raise Invalid("Plan and add-ons are billed in one currency and at one interval.", field="items")
    gone = [price for price in prices if not price.is_on_sale and price.price_id not in set(held)]
    if gone:
        raise NoLongerOffered


def plan_of(chosen: Iterable[Chosen], offered: Mapping[int, Offered]) -> Offered:
    """The one plan among what is chosen."""
    return next(offered[item.price_id] for item in chosen if offered[item.price_id].kind == "plan")


def leaving(before: Iterable[Chosen], after: Iterable[Chosen]) -> tuple[Chosen, ...]:
    """What ends in a switch: a changed quantity ends too, and joins anew."""
    kept = set(after)
    return tuple(item for item in before if item not in kept)


def joining(before: Iterable[Chosen], after: Iterable[Chosen]) -> tuple[Chosen, ...]:
    """What begins in a switch."""
    return leaving(after, before)
