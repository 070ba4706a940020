"""Billing runs: what one was to do, how far it came, and every item that is not simply done."""

from typing import Any

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import Base, Choice, CurrencyCode, Key, Minor, Moment, Ref, due_index, one_of, to
from portal.runs.states import RunItemStatus, RunStatus


class BillingRun(Base):
    """One pass over everything that is due at one instant. One at a time, one per slot of the schedule."""

    __tablename__ = "billing_runs"
    __table_args__ = (
        one_of("status", RunStatus),
        Index("ix_billing_runs_one_per_slot", "slot", unique=True, postgresql_where=text("slot IS NOT NULL")),
        Index(
            "ix_billing_runs_one_at_a_time",
            text("(true)"),
            unique=True,
            postgresql_where=text("status IN ('planned', 'held', 'running')"),
        ),
        CheckConstraint("(status IN ('planned', 'running')) = (next_action_at IS NOT NULL)", name="clock_moves"),
        due_index("billing_runs"),
    )

    id: Mapped[Key]
    ref: Mapped[Ref]
    slot: Mapped[Moment | None]
    started_by: Mapped[str]
    as_of: Mapped[Moment]
    status: Mapped[RunStatus] = mapped_column(Choice(RunStatus))
    planned: Mapped[dict[str, Any]]
    hold_reason: Mapped[str]
    created_at: Mapped[Moment]
    finished_at: Mapped[Moment | None]
    next_action_at: Mapped[Moment | None]


class RunBatch(Base):
    """Progress, append-only: a counter in the run's row would be a queue for all workers."""

    __tablename__ = "run_batches"
    __table_args__ = (Index("ix_run_batches_created_at", "created_at"),)

    id: Mapped[Key]
    run_id: Mapped[int] = to("billing_runs")
    done: Mapped[int]
    total_minor: Mapped[Minor]
    currency: Mapped[CurrencyCode]
    created_at: Mapped[Moment]


class RunItem(Base):
    """An item that is not simply done: held by a stop line, parked, failed; or decided by a person since."""

    __tablename__ = "run_items"
    __table_args__ = (
        one_of("status", RunItemStatus),
        Index("ix_run_items_once", "run_id", "subscription_id", unique=True),
    )

    id: Mapped[Key]
    run_id: Mapped[int] = to("billing_runs", index=False)
    subscription_id: Mapped[int] = to("subscriptions")
    status: Mapped[RunItemStatus] = mapped_column(Choice(RunItemStatus))
    reason: Mapped[str]
    facts: Mapped[dict[str, Any]]
    created_at: Mapped[Moment]
    decided_at: Mapped[Moment | None]
    decided_by: Mapped[str | None]
