"""What a quantity costs at a price: whole minor units times whole numbers, so nothing is ever rounded here."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from portal.core.errors import Invalid
from portal.core.money import Money


class PriceModel(StrEnum):
    FLAT = "flat"  # one amount, whatever the quantity
    PER_UNIT = "per_unit"  # per seat
    TIERED = "tiered"  # graduated: each unit at the price of the tier it falls in
    VOLUME = "volume"  # all units at the price of the tier the quantity falls in
    PACKAGE = "package"  # whole packages, the last one begun is paid in full


class BilledIn(StrEnum):
    ADVANCE = "advance"
    ARREARS = "arrears"


@dataclass(frozen=True, slots=True)
class Tier:
    """Units up to and including `up_to` (None: all further ones); `flat_minor` once if the tier is entered."""

    up_to: int | None
    unit_minor: int
    flat_minor: int = 0


@dataclass(frozen=True, slots=True)
class PriceTerms:
    """How one price reckons. `amount_minor` is for the whole, one unit or one package, as the model says."""

    model: PriceModel
    currency: str
    amount_minor: int = 0
    tiers: tuple[Tier, ...] = ()
    package_units: int = 1

    def __post_init__(self) -> None:
        require_sound(self)


@dataclass(frozen=True, slots=True)
class TierShare:
    """The part of a quantity that one tier prices."""

    tier: Tier
    units: int

    @property
    def minor(self) -> int:
        return self.units * self.tier.unit_minor + self.tier.flat_minor


def tiers_of(rows: Sequence[Sequence[int | None]]) -> tuple[Tier, ...]:
    """Tiers as prices store them: `[up_to, unit_minor, flat_minor]` each, `up_to` null in the last."""
    try:
        return tuple(Tier(up_to, int(unit or 0), int(flat or 0)) for up_to, unit, flat in rows)
    except (TypeError, ValueError):
        raise Invalid("A tier is its upper end, a price per unit and a price once.", field="tiers") from None


def price_of(terms: PriceTerms, quantity: int) -> Money:
    """What `quantity` units cost for one full period. Nothing of something costs nothing, unless the price is flat."""
    if quantity < 0:
        raise Invalid("A quantity is not negative.", field="quantity")
    if terms.model is PriceModel.FLAT:
        minor = terms.amount_minor
    elif terms.model is PriceModel.PER_UNIT:
        minor = terms.amount_minor * quantity
    elif terms.model is PriceModel.PACKAGE:
        minor = terms.amount_minor * packages(terms, quantity)
    else:
        minor = sum(share.minor for share in tier_shares(terms, quantity))
    return Money(minor, terms.currency)


def packages(terms: PriceTerms, quantity: int) -> int:
    """How many packages hold `quantity` units."""
    return -(-quantity // terms.package_units)


def tier_shares(terms: PriceTerms, quantity: int) -> list[TierShare]:
    """Which tiers price how many units: those passed through when tiered, the one reached for volume."""
    if quantity == 0:
        return []
    reached = list(_graduated(terms.tiers, quantity))
    if terms.model is PriceModel.VOLUME:
        return [TierShare(reached[-1].tier, quantity)]
    return reached


def require_sound(terms: PriceTerms) -> None:
    """A price is not negative; tiers rise and the last one is open; a package holds something."""
    if terms.amount_minor < 0:
        raise Invalid("A price is not negative.", field="amount")
    if terms.package_units < 1:
        raise Invalid("A package holds at least one unit.", field="package_units")
    if terms.model not in (PriceModel.TIERED, PriceModel.VOLUME):
        return
    if not terms.tiers or terms.tiers[-1].up_to is not None:
        raise Invalid("The last tier has no upper end.", field="tiers")
    ends = [0, *(tier.up_to for tier in terms.tiers[:-1])]
    if any(lower is None or upper is None or lower >= upper for lower, upper in pairwise(ends)):
        raise Invalid("Each tier ends above the one before.", field="tiers")
    if any(tier.unit_minor < 0 or tier.flat_minor < 0 for tier in terms.tiers):
        raise Invalid("A price is not negative.", field="tiers")


def _graduated(tiers: tuple[Tier, ...], quantity: int) -> Iterator[TierShare]:
    below = 0
    for tier in tiers:
        top = quantity if tier.up_to is None else min(tier.up_to, quantity)
        yield TierShare(tier, top - below)
        if top == quantity:
            return
        below = top
