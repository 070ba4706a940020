"""Finding plans and prices: what is sold today, and what was sold once."""

from collections.abc import Collection, Iterable
from typing import NamedTuple

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from portal.catalogue.models import CreditType, Plan, PlanCredit, Price
from portal.catalogue.pricing import PriceTerms, tiers_of
from portal.core.errors import NotFound
from portal.core.periods import Interval


class PlanPrice(NamedTuple):
    """A price together with its plan, read in one go."""

    plan: Plan
    price: Price

    @property
    def is_on_sale(self) -> bool:
        """Can it be chosen today? Who has it already keeps it either way."""
        return self.plan.archived_at is None and self.price.retired_at is None


class GrantedCredits(NamedTuple):
    plan_id: int
    credit_type: CreditType
    units: int


def plan_by_ref(session: Session, ref: str) -> Plan:
    found = session.scalar(select(Plan).where(Plan.ref == ref))
    if found is None:
        raise NotFound("There is no such plan.")
    return found


def lock_plan(session: Session, ref: str) -> Plan:
    """The plan, locked and as it is now: two staff members do not write two versions at once."""
    found = session.scalar(
        select(Plan).where(Plan.ref == ref).with_for_update(key_share=True).execution_options(populate_existing=True)
    )
    if found is None:
        raise NotFound("There is no such plan.")
    return found


def plans(session: Session, *, with_archived: bool = False) -> list[Plan]:
    """All plans and add-ons, by family and tier."""
    wanted = select(Plan).order_by(Plan.family, Plan.tier, Plan.id)
    return list(session.scalars(wanted if with_archived else wanted.where(Plan.archived_at.is_(None))))


def on_sale(session: Session, *, currency: str | None = None, interval: Interval | None = None) -> list[PlanPrice]:
    """What can be chosen today, by family, tier and length of the interval."""
    wanted = (
        select(Plan, Price)
        .join(Price, Price.plan_id == Plan.id)
        .where(Plan.archived_at.is_(None), Price.retired_at.is_(None))
        .order_by(Plan.family, Plan.tier, Price.currency, Price.interval_unit, Price.interval_count, Price.id)
    )
    if currency is not None:
        wanted = wanted.where(Price.currency == currency)
    if interval is not None:
        wanted = wanted.where(Price.interval_unit == interval.unit, Price.interval_count == interval.count)
    return [PlanPrice(*row) for row in session.execute(wanted)]


def prices_of(session: Session, plan_id: int) -> list[Price]:
    """Every version of every price of a plan, the latest first."""
    wanted = select(Price).where(Price.plan_id == plan_id)
    return list(
        session.scalars(
            wanted.order_by(Price.currency, Price.interval_unit, Price.interval_count, Price.version.desc())
        )
    )


def current_price(session: Session, plan_id: int, currency: str, interval: Interval) -> Price | None:
    """The price that is sold today for the plan, currency and interval."""
    return session.scalar(
        select(Price).where(
            Price.plan_id == plan_id,
            Price.currency == currency,
            Price.interval_unit == interval.unit,
            Price.interval_count == interval.count,
            Price.retired_at.is_(None),
        )
    )


def by_price_ids(session: Session, price_ids: Collection[int]) -> dict[int, PlanPrice]:
    """Prices with their plans by price id, retired ones too, as they are now."""
    return {pair.price.id: pair for pair in _pairs(session, Price.id.in_(set(price_ids)))}


def by_price_refs(session: Session, refs: Iterable[str]) -> dict[str, PlanPrice]:
    """Prices with their plans by public reference. Raises NotFound if one is unknown."""
    wanted = set(refs)
    found = {pair.price.ref: pair for pair in _pairs(session, Price.ref.in_(wanted))}
    if len(found) != len(wanted):
        raise NotFound("There is no such price.")
    return found


def credits_of(session: Session, plan_ids: Collection[int]) -> list[GrantedCredits]:
    """The unit credits that the plans grant for each period and unit of quantity."""
    wanted = (
        select(PlanCredit.plan_id, CreditType, PlanCredit.units)
        .join(CreditType, CreditType.id == PlanCredit.credit_type_id)
        .where(PlanCredit.plan_id.in_(set(plan_ids)))
        .order_by(PlanCredit.plan_id, CreditType.name, CreditType.id)
    )
    return [GrantedCredits(*row) for row in session.execute(wanted)]


def currencies(session: Session) -> list[str]:
    """Every currency that something has a price in, in the order of the alphabet."""
    return list(session.scalars(select(Price.currency).distinct().order_by(Price.currency)))


def terms_of(price: Price) -> PriceTerms:
    """The price as the arithmetic takes it."""
    return PriceTerms(
        model=price.model,
        currency=price.currency,
        amount_minor=price.amount_minor,
        tiers=tiers_of(price.tiers),
        package_units=price.package_units,
    )


def _pairs(session: Session, condition: ColumnElement[bool]) -> list[PlanPrice]:
    wanted = select(Plan, Price).join(Price, Price.plan_id == Plan.id).where(condition)
    rows = session.execute(wanted.execution_options(populate_existing=True))
    return [PlanPrice(*row) for row in rows]
