"""What is sold: plans in families, versioned prices, unit credits they grant, and taxes with dates."""

from typing import Any

from sqlalchemy import CheckConstraint, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from portal.catalogue.pricing import PriceModel
from portal.core.db import Base, Choice, CurrencyCode, Day, Key, Minor, Moment, Ref, one_of, to
from portal.core.money import Money
from portal.core.periods import Interval, Unit


class Plan(Base):
    """A plan or an add-on. Within a family the tier orders them: a higher tier is an upgrade."""

    __tablename__ = "plans"
    __table_args__ = (
        UniqueConstraint("family", "tier"),
        CheckConstraint("kind IN ('plan', 'addon')", name="kind_known"),
        CheckConstraint("trial_days >= 0", name="trial_days_not_negative"),
    )

    id: Mapped[Key]
    ref: Mapped[Ref]
    family: Mapped[str]
    tier: Mapped[int]
    kind: Mapped[str]
    name: Mapped[str]
    summary: Mapped[str]
    features: Mapped[list[Any]]
    product_class: Mapped[str]
    trial_days: Mapped[int]
    archived_at: Mapped[Moment | None]
    created_at: Mapped[Moment]


class Price(Base):
    """One amount per interval and currency. Frozen once used: a changed price is a new version, and
    subscriptions keep the version they were sold."""

    __tablename__ = "prices"
    __table_args__ = (
        UniqueConstraint("plan_id", "currency", "interval_unit", "interval_count", "version"),
        CheckConstraint("interval_count > 0", name="interval_positive"),
        CheckConstraint("amount_minor >= 0", name="amount_not_negative"),
        CheckConstraint("billed_in IN ('advance', 'arrears')", name="billed_in_known"),
        one_of("model", PriceModel),
        one_of("interval_unit", Unit),
    )

    id: Mapped[Key]
    ref: Mapped[Ref]
    plan_id: Mapped[int] = to("plans")
    version: Mapped[int]
    currency: Mapped[CurrencyCode]
    interval_unit: Mapped[Unit] = mapped_column(Choice(Unit))
    interval_count: Mapped[int]
    model: Mapped[PriceModel] = mapped_column(Choice(PriceModel))
    amount_minor: Mapped[Minor]
    tiers: Mapped[list[Any]]
    package_units: Mapped[int]
    billed_in: Mapped[str]
    tax_inclusive: Mapped[bool]
    first_used_at: Mapped[Moment | None]
    retired_at: Mapped[Moment | None]
    created_at: Mapped[Moment]

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)

    @property
    def interval(self) -> Interval:
        return Interval(self.interval_unit, self.interval_count)


class CreditType(Base):
    """A kind of unit a plan grants: reset at each turn of the period, or added to what is left."""

    __tablename__ = "credit_types"
    __table_args__ = (CheckConstraint("turn IN ('resets', 'accumulates')", name="turn_known"),)

    id: Mapped[Key]
    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    turn: Mapped[str]


class PlanCredit(Base):
    """How many units of a type the plan grants for each period and unit of quantity."""

    __tablename__ = "plan_credits"
    __table_args__ = (CheckConstraint("units > 0", name="units_positive"),)

    plan_id: Mapped[int] = to("plans", index=False, key=True)
    credit_type_id: Mapped[int] = to("credit_types", key=True)
    units: Mapped[int]


class TaxRate(Base):
    """A rate in parts per million, from a day on until the next row of its code."""

    __tablename__ = "tax_rates"
    __table_args__ = (
        UniqueConstraint("code", "from_on"),
        CheckConstraint("ppm BETWEEN 0 AND 1000000", name="ppm_in_bounds"),
    )

    id: Mapped[Key]
    code: Mapped[str]
    name: Mapped[str]
    ppm: Mapped[int]
    from_on: Mapped[Day]


class TaxRule(Base):
    """Which rates apply to whom, from a day on. No codes: a rule that says nothing is due."""

    __tablename__ = "tax_rules"
    __table_args__ = (
        UniqueConstraint("country", "customer_class", "product_class", "from_on"),
        CheckConstraint(
            "treatment IN ('standard', 'reverse_charge', 'exempt', 'outside_scope')", name="treatment_known"
        ),
    )

    id: Mapped[Key]
    country: Mapped[str]
    customer_class: Mapped[str]
    product_class: Mapped[str]
    rate_codes: Mapped[list[str]] = mapped_column(ARRAY(Text))
    treatment: Mapped[str]
    from_on: Mapped[Day]
