"""The items of many subscriptions at once, as figures take them: names, prices, quantities."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from portal.catalogue.models import Plan, Price
from portal.catalogue.pricing import PriceModel, PriceTerms, tiers_of
from portal.core.money import Money
from portal.core.periods import Interval, Unit
from portal.reporting.worth import Held, mrr, per_period
from portal.subscriptions.models import SubscriptionItem

PRICE = (
    Price.currency, Price.interval_unit, Price.interval_count, Price.model, Price.amount_minor, Price.tiers,
    Price.package_units,
)  # fmt: skip
"""The columns that `held` reads, besides `quantity`."""
_ITEMS = (
    select(SubscriptionItem.subscription_id, SubscriptionItem.quantity, Plan.name, *PRICE)
    .join(Price, Price.id == SubscriptionItem.price_id)
    .join(Plan, Plan.id == Price.plan_id)
    .where(SubscriptionItem.subscription_id.in_(bindparam("ids", expanding=True)), SubscriptionItem.until_on.is_(None))
    .order_by(SubscriptionItem.subscription_id, Plan.kind.desc(), SubscriptionItem.id)
)


@dataclass(frozen=True, slots=True)
class Basket:
    """What one subscription consists of, its plan first."""

    names: tuple[str, ...]
    held: tuple[Held, ...]
    currency: str

    @property
    def plan(self) -> str:
        return self.names[0] if self.names else ""

    @property
    def more(self) -> int:
        """How many add-ons stand beside the plan."""
        return max(len(self.names) - 1, 0)

    @property
    def units(self) -> int:
        return self.held[0].quantity if self.held else 0

    @property
    def price(self) -> Money:
        """For one period, before tax."""
        return per_period(self.held, self.currency)

    @property
    def mrr(self) -> Money:
        return mrr(self.held, self.currency)


def held(row: Any, *, times: int = 1) -> Held:
    """From a row with the columns of PRICE and `quantity`."""
    terms = PriceTerms(PriceModel(row.model), row.currency, row.amount_minor, tiers_of(row.tiers), row.package_units)
    return Held(terms, Interval(Unit(row.interval_unit), row.interval_count), row.quantity, times)


def baskets(session: Session, subscription_ids: Collection[int]) -> dict[int, Basket]:
    """What each consists of now; one query whatever their number."""
    rows = session.execute(_ITEMS, {"ids": list(subscription_ids)}).all()
    found: dict[int, list[Any]] = {}
    for row in rows:
        found.setdefault(row.subscription_id, []).append(row)
    return {subscription_id: basket(group) for subscription_id, group in found.items()}


def basket(rows: Sequence[Any]) -> Basket:
    """Of one subscription's rows, the plan first, each with `name`, `quantity` and the columns of PRICE."""
    return Basket(tuple(row.name for row in rows), tuple(held(row) for row in rows), str(rows[0].currency))
