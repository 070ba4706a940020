"""Writing prices: a price is never edited, its next version takes its place. Steps; none commits."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from portal.catalogue.models import Price
from portal.catalogue.pricing import BilledIn, PriceModel, PriceTerms, tiers_of
from portal.core.errors import Invalid
from portal.core.ids import public_ref
from portal.core.money import Money
from portal.core.periods import Interval


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceWish:
    """One price to be written. `tiers` are rows of upper end, unit and flat amount, in minor units."""

    currency: str
    interval: Interval
    amount_minor: int = 0
    model: PriceModel = PriceModel.FLAT
    tiers: Sequence[Sequence[int | None]] = ()
    package_units: int = 1
    tax_inclusive: bool = False

    def require_sound(self) -> None:
        """Raises Invalid, or MoneyError for what cannot be an amount."""
        tiers = tiers_of(self.tiers)
        PriceTerms(self.model, self.currency, self.amount_minor, tiers, self.package_units)
        for minor in (self.amount_minor, *(part for tier in tiers for part in (tier.unit_minor, tier.flat_minor))):
            Money(minor, self.currency)


def write_price(session: Session, plan_id: int, wish: PriceWish, *, at: datetime) -> Price:
    """The next version of the plan's price for this currency and interval; the one sold until now is retired."""
    wish.require_sound()
    same = (
        Price.plan_id == plan_id,
        Price.currency == wish.currency,
        Price.interval_unit == wish.interval.unit,
        Price.interval_count == wish.interval.count,
    )
    session.execute(update(Price).where(*same, Price.retired_at.is_(None)).values(retired_at=at))
    last = session.scalar(select(func.max(Price.version)).where(*same)) or 0
    price = Price(
        ref=public_ref("pri"),
        plan_id=plan_id,
        version=last + 1,
        currency=wish.currency,
        interval_unit=wish.interval.unit,
        interval_count=wish.interval.count,
        model=wish.model,
        amount_minor=wish.amount_minor,
        tiers=[list(tier) for tier in wish.tiers],
        package_units=wish.package_units,
        billed_in=BilledIn.ADVANCE,
        tax_inclusive=wish.tax_inclusive,
        first_used_at=None,
        retired_at=None,
        created_at=at,
    )
    session.add(price)
    session.flush()
    return price


def require_distinct(wishes: Sequence[PriceWish]) -> None:
    """One price for each currency and interval."""
    if len({(wish.currency, wish.interval) for wish in wishes}) != len(wishes):
        raise Invalid("There is one price for each currency and interval.", field="prices")


def mark_used(session: Session, price_ids: Collection[int], *, at: datetime) -> None:
    """From now on the database refuses to change these prices: somebody has them."""
    unused = update(Price).where(Price.id.in_(set(price_ids)), Price.first_used_at.is_(None))
    session.execute(unused.values(first_used_at=at))
