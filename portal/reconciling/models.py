"""Looks at a gateway's lists, and what they found to differ from our books."""

from typing import Any

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import Base, Choice, CurrencyCode, Key, Minor, Moment, Ref, due_index, one_of, to
from portal.core.money import Money
from portal.reconciling.kinds import REMEDIES, DifferenceKind, Remedy
from portal.reconciling.states import LookStatus


class Reconciliation(Base):
    """One look at all that a gateway account's lists say of a window of time. One waits at a time."""

    __tablename__ = "reconciliations"
    __table_args__ = (
        one_of("status", LookStatus),
        CheckConstraint("(status = 'waiting') = (next_action_at IS NOT NULL)", name="waiting_is_due"),
        CheckConstraint("(status = 'waiting') = (finished_at IS NULL)", name="finished_once"),
        Index(
            "ix_reconciliations_one_waiting",
            "gateway_account_id",
            unique=True,
            postgresql_where=text("status = 'waiting'"),
        ),
        Index("ix_reconciliations_account", "gateway_account_id", "id"),
        due_index("reconciliations"),
    )

    id: Mapped[Key]
    ref: Mapped[Ref]
    gateway_account_id: Mapped[int] = to("gateway_accounts", index=False)
    status: Mapped[LookStatus] = mapped_column(Choice(LookStatus))
    requested_by: Mapped[str]
    since: Mapped[Moment | None]
    until: Mapped[Moment | None]
    charges: Mapped[int]
    refunds: Mapped[int]
    disputes: Mapped[int]
    opened: Mapped[int]
    closed: Mapped[int]
    said: Mapped[str]  # why it has no answer yet
    tries: Mapped[int]
    created_at: Mapped[Moment]
    finished_at: Mapped[Moment | None]
    next_action_at: Mapped[Moment | None]


class Difference(Base):
    """Open until the next look agrees, or a person says what became of it. `ours` and `theirs` are the evidence.

    `digest` is of the evidence: one that a person closed is not opened again while it stays the same.
    """

    __tablename__ = "differences"
    __table_args__ = (
        one_of("kind", DifferenceKind),
        CheckConstraint("(closed_at IS NULL) = (closed_by IS NULL)", name="closed_by_somebody"),
        CheckConstraint("(amount_minor IS NULL) = (currency IS NULL)", name="amount_has_a_currency"),
        Index(
            "ix_differences_one_open",
            "gateway_account_id",
            "kind",
            "subject",
            unique=True,
            postgresql_where=text("closed_at IS NULL"),
        ),
        Index("ix_differences_open", "id", postgresql_where=text("closed_at IS NULL")),
        Index("ix_differences_closed", "id", postgresql_where=text("closed_at IS NOT NULL")),
        Index("ix_differences_subject", "gateway_account_id", "subject"),
    )

    id: Mapped[Key]
    ref: Mapped[Ref]
    gateway_account_id: Mapped[int] = to("gateway_accounts", index=False)
    kind: Mapped[DifferenceKind] = mapped_column(Choice(DifferenceKind))
    subject: Mapped[str]
    customer_id: Mapped[int | None] = to("customers", nullable=True)
    payment_id: Mapped[int | None] = to("payments", nullable=True)
    amount_minor: Mapped[Minor | None]
    currency: Mapped[CurrencyCode | None]
    ours: Mapped[dict[str, Any]]
    theirs: Mapped[dict[str, Any]]
    digest: Mapped[str]
    happened_at: Mapped[Moment]
    found_at: Mapped[Moment]
    seen_at: Mapped[Moment]
    closed_at: Mapped[Moment | None]
    closed_by: Mapped[str | None]
    note: Mapped[str]

    @property
    def amount(self) -> Money | None:
        return None if self.amount_minor is None else Money(self.amount_minor, str(self.currency))

    @property
    def remedy(self) -> Remedy:
        return REMEDIES[self.kind]
