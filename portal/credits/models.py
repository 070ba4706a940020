"""Units a plan grants: an append-only ledger per subscription and type, and its cached balance."""

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.orm import Mapped

from portal.core.db import Base, Day, Key, Moment, to


class CreditBalance(Base):
    """What is left; always the sum of its entries."""

    __tablename__ = "credit_balances"
    __table_args__ = (CheckConstraint("units >= 0", name="units_not_negative"),)

    subscription_id: Mapped[int] = to("subscriptions", index=False, key=True)
    credit_type_id: Mapped[int] = to("credit_types", index=False, key=True)
    units: Mapped[int]


class CreditEntry(Base):
    """One movement. A period grants each type once, and discards it at most once."""

    __tablename__ = "credit_entries"
    __table_args__ = (
        CheckConstraint("reason IN ('grant', 'discard', 'spent', 'added', 'taken_back')", name="reason_known"),
        CheckConstraint("units_after >= 0", name="units_after_not_negative"),
        Index(
            "ix_credit_entries_once_per_period",
            "subscription_id",
            "credit_type_id",
            "period_start_on",
            "reason",
            unique=True,
            postgresql_where=text("reason IN ('grant', 'discard')"),
        ),
    )

    id: Mapped[Key]
    subscription_id: Mapped[int] = to("subscriptions")
    credit_type_id: Mapped[int] = to("credit_types", index=False)
    units: Mapped[int]
    units_after: Mapped[int]
    reason: Mapped[str]
    period_start_on: Mapped[Day | None]
    cause: Mapped[str]
    created_at: Mapped[Moment]
