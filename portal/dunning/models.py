"""Chasing what is overdue: policies, one case per customer and currency, and the debts it lists."""

from sqlalchemy import CheckConstraint, Index, Integer, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import Base, Choice, CurrencyCode, Day, Key, Moment, Ref, due_index, one_of, to
from portal.dunning.states import CaseStatus, PauseKind


class DunningPolicy(Base):
    """The ladder in days after an invoice's first failure (pull) or around its due day (push), and what follows."""

    __tablename__ = "dunning_policies"
    __table_args__ = (
        CheckConstraint("last_step IN ('suspend', 'cancel', 'keep_past_due')", name="last_step_known"),
        Index("ix_dunning_policies_one_default", "is_default", unique=True, postgresql_where=text("is_default")),
    )

    id: Mapped[Key]
    name: Mapped[str] = mapped_column(unique=True)
    pull_days: Mapped[list[int]] = mapped_column(ARRAY(Integer))
    push_days: Mapped[list[int]] = mapped_column(ARRAY(Integer))
    last_step: Mapped[str]
    cancel_after_days: Mapped[int]
    is_default: Mapped[bool]


class DunningCase(Base):
    """What one customer owes too late in one currency. It acts on every debt that is due a step, with one mail."""

    __tablename__ = "dunning_cases"
    __table_args__ = (
        one_of("status", CaseStatus),
        Index(
            "ix_dunning_cases_one_live",
            "customer_id",
            "currency",
            unique=True,
            postgresql_where=text("status IN ('open', 'paused', 'exhausted')"),
        ),
        one_of("paused_kind", PauseKind),
        CheckConstraint("(status = 'paused') = (paused_until IS NOT NULL)", name="paused_until_a_day"),
        CheckConstraint(
            "status NOT IN ('open', 'paused') OR next_action_at IS NOT NULL", name="open_waits_for_the_clock"
        ),
        CheckConstraint(
            "status IN ('open', 'paused', 'exhausted') OR next_action_at IS NULL", name="closed_waits_for_nothing"
        ),
        due_index("dunning_cases"),
    )

    id: Mapped[Key]
    ref: Mapped[Ref]
    customer_id: Mapped[int] = to("customers")
    currency: Mapped[CurrencyCode]
    policy_id: Mapped[int] = to("dunning_policies", index=False)
    status: Mapped[CaseStatus] = mapped_column(Choice(CaseStatus))
    paused_until: Mapped[Day | None]
    paused_kind: Mapped[PauseKind | None] = mapped_column(Choice(PauseKind))
    paused_reason: Mapped[str]
    reminded_on: Mapped[Day | None]  # its last mail; one a day
    owner_id: Mapped[int | None] = to("users", index=False, nullable=True)
    opened_at: Mapped[Moment]
    closed_at: Mapped[Moment | None]
    next_action_at: Mapped[Moment | None]


class DunningDebt(Base):
    """One overdue invoice of a case, with the day it began and how far up the ladder it is.

    The two steps after those of the ladder are what the policy does last, and giving up.
    """

    __tablename__ = "dunning_debts"
    __table_args__ = (
        Index("ix_dunning_debts_one_open", "invoice_id", unique=True, postgresql_where=text("closed_at IS NULL")),
    )

    id: Mapped[Key]
    case_id: Mapped[int] = to("dunning_cases")
    invoice_id: Mapped[int] = to("invoices")
    began_on: Mapped[Day]
    step: Mapped[int]
    stepped_on: Mapped[Day | None]
    is_hard: Mapped[bool]
    closed_at: Mapped[Moment | None]


class DunningStep(Base):
    """What a case did, or a person did on it: shown as its time line."""

    __tablename__ = "dunning_steps"

    id: Mapped[Key]
    case_id: Mapped[int] = to("dunning_cases")
    at: Mapped[Moment]
    kind: Mapped[str]
    step: Mapped[int]
    actor: Mapped[str]
    text: Mapped[str]
