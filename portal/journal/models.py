"""The books: double entry by shape, append-only. Every figure in a report comes from here."""

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.orm import Mapped

from portal.core.db import Base, CurrencyCode, Day, Key, Minor, Moment
from portal.journal.accounts import ACCOUNTS

_LISTED = ", ".join(f"'{account}'" for account in ACCOUNTS)


class JournalEntry(Base):
    """One amount moved from `credit` to `debit`. A mistake is corrected by another entry."""

    __tablename__ = "journal_entries"
    __table_args__ = (
        CheckConstraint("amount_minor > 0", name="amount_positive"),
        CheckConstraint("debit <> credit", name="two_accounts"),
        CheckConstraint(f"debit IN ({_LISTED}) AND credit IN ({_LISTED})", name="accounts_known"),
        CheckConstraint(
            "(debit IN ('cash', 'bank') OR credit IN ('cash', 'bank')) = (money_place IS NOT NULL)",
            name="money_has_a_place",
        ),
        Index(
            "ix_journal_entries_recognised_once",
            "line_id",
            "posted_on",
            unique=True,
            postgresql_where=text("event = 'revenue.recognised'"),
        ),
        Index("ix_journal_entries_customer", "customer_id", "id"),
        Index("ix_journal_entries_document", "document"),
        Index("ix_journal_entries_posted_on", "posted_on", postgresql_using="brin"),
        Index(
            "ix_journal_entries_money_in",
            "currency",
            "posted_on",
            postgresql_include=["debit", "amount_minor"],
            postgresql_where=text(
                "money_place IS NOT NULL AND event LIKE 'payment.%' AND event <> 'payment.fee_charged'"
            ),
        ),
    )

    id: Mapped[Key]
    event: Mapped[str]
    debit: Mapped[str]
    credit: Mapped[str]
    amount_minor: Mapped[Minor]
    currency: Mapped[CurrencyCode]
    posted_on: Mapped[Day]
    customer_id: Mapped[int | None]
    document: Mapped[str]
    line_id: Mapped[int | None]
    money_place: Mapped[str | None]
    created_at: Mapped[Moment]
