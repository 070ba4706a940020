"""What a customer has: the subscription, its items, its history and the one change that waits."""

from typing import Any

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import Base, Choice, CurrencyCode, Day, Key, Moment, Ref, due_index, one_of, to
from portal.core.periods import Interval, Period, Unit
from portal.subscriptions.states import ScheduledChangeStatus, SubscriptionStatus

CLOCK_MOVES = (
    "status IN ('trialing', 'active', 'past_due') AND next_action_at IS NOT NULL"
    " OR status IN ('pending', 'suspended', 'paused')"
    " OR status IN ('draft', 'canceled', 'expired') AND next_action_at IS NULL"
)


class Subscription(Base):
    """What a customer has. Period n always comes from the anchor, never from the period before."""

    __tablename__ = "subscriptions"
    __table_args__ = (
        one_of("status", SubscriptionStatus),
        one_of("interval_unit", Unit),
        CheckConstraint("collection IN ('pull', 'push')", name="collection_known"),
        CheckConstraint("period_start_on < period_end_on", name="period_has_days"),
        CheckConstraint(CLOCK_MOVES, name="clock_moves"),
        due_index("subscriptions"),
        Index("ix_subscriptions_rare", "status", "id", postgresql_where=text("status <> 'active'")),
        Index("ix_subscriptions_listed", text("COALESCE(next_bill_on, '9999-12-31'::date)"), "id"),
    )

    id: Mapped[Key]
    ref: Mapped[Ref]
    customer_id: Mapped[int] = to("customers")
    status: Mapped[SubscriptionStatus] = mapped_column(Choice(SubscriptionStatus))
    currency: Mapped[CurrencyCode]
    interval_unit: Mapped[Unit] = mapped_column(Choice(Unit))
    interval_count: Mapped[int]
    collection: Mapped[str]
    due_days: Mapped[int]
    anchor_on: Mapped[Day | None]
    period_number: Mapped[int]
    period_start_on: Mapped[Day | None]
    period_end_on: Mapped[Day | None]
    started_on: Mapped[Day | None]
    trial_ends_on: Mapped[Day | None]
    cancel_on: Mapped[Day | None]
    pause_on: Mapped[Day | None]
    resume_on: Mapped[Day | None]
    ended_on: Mapped[Day | None]
    next_bill_on: Mapped[Day | None]
    next_action_at: Mapped[Moment | None]
    access_override_until: Mapped[Day | None]
    cancel_reason: Mapped[str]
    previous_id: Mapped[int | None] = to("subscriptions", index=False, nullable=True)
    version: Mapped[int]
    created_at: Mapped[Moment]

    @property
    def interval(self) -> Interval:
        return Interval(self.interval_unit, self.interval_count)

    @property
    def period(self) -> Period | None:
        """The running period; None before the first one (pending, trialing)."""
        if self.period_start_on is None or self.period_end_on is None:
            return None
        return Period(self.period_start_on, self.period_end_on)


class SubscriptionItem(Base):
    """A plan or add-on with its quantity, while it lasts: from `from_on` until the day before `until_on`."""

    __tablename__ = "subscription_items"
    __table_args__ = (
        CheckConstraint("quantity BETWEEN 1 AND 1000000", name="quantity_in_bounds"),
        Index("ix_subscription_items_live", "subscription_id", postgresql_where=text("until_on IS NULL")),
        Index("ix_subscription_items_held", "price_id", "quantity", "until_on"),
    )

    id: Mapped[Key]
    subscription_id: Mapped[int] = to("subscriptions")
    price_id: Mapped[int] = to("prices", index=False)
    quantity: Mapped[int]
    from_on: Mapped[Day]
    until_on: Mapped[Day | None]


class SubscriptionChange(Base):
    """What happened to a subscription: append-only, shown to both sides."""

    __tablename__ = "subscription_changes"
    __table_args__ = (
        Index(
            "ix_subscription_changes_moves",
            "at",
            postgresql_where=text("from_status <> to_status OR event = 'changed'"),
        ),
    )

    id: Mapped[Key]
    subscription_id: Mapped[int] = to("subscriptions")
    at: Mapped[Moment]
    event: Mapped[str]
    from_status: Mapped[str]
    to_status: Mapped[str]
    actor: Mapped[str]
    reason: Mapped[str]
    facts: Mapped[dict[str, Any]]


class ScheduledChange(Base):
    """Items that take over on a day, or once their invoice is settled. One pending change at a time."""

    __tablename__ = "scheduled_changes"
    __table_args__ = (
        one_of("status", ScheduledChangeStatus),
        Index(
            "ix_scheduled_changes_one_pending",
            "subscription_id",
            unique=True,
            postgresql_where=text("status = 'pending'"),
        ),
    )

    id: Mapped[Key]
    subscription_id: Mapped[int] = to("subscriptions")
    status: Mapped[ScheduledChangeStatus] = mapped_column(Choice(ScheduledChangeStatus))
    items: Mapped[list[Any]]
    on_day: Mapped[Day | None]
    lapses_at: Mapped[Moment | None]
    created_at: Mapped[Moment]
    closed_at: Mapped[Moment | None]
