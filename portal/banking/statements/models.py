"""Statements that were imported, their lines, and how each account's bank writes its CSV."""

from typing import Any

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.banking.statements.states import ImportStatus, LineStatus
from portal.core.db import Base, Choice, CurrencyCode, Day, Key, Minor, Moment, Ref, due_index, one_of, to
from portal.core.money import Money


class CsvLayout(Base):
    """The mapping that an account was last imported with. No row: never by CSV."""

    __tablename__ = "csv_layouts"

    bank_account_id: Mapped[int] = to("bank_accounts", index=False, key=True)
    mapping: Mapped[dict[str, Any]]
    updated_at: Mapped[Moment]


class StatementImport(Base):
    """A file of one account. `done` rows of it are lines by now; after a crash the next batch begins there.

    `taken` of them were not known before, `known` were. `wrong` are rows that were left out, each with its reason.
    """

    __tablename__ = "statement_imports"
    __table_args__ = (
        one_of("status", ImportStatus),
        CheckConstraint("form IN ('csv', 'camt053')", name="form_known"),
        CheckConstraint("(status = 'running') = (next_action_at IS NOT NULL)", name="running_waits"),
        CheckConstraint("taken + known = done AND done <= rows", name="done_adds_up"),
        Index(
            "ix_statement_imports_one_file",
            "bank_account_id",
            "file_digest",
            unique=True,
            postgresql_where=text("status <> 'abandoned'"),
        ),
        due_index("statement_imports"),
    )

    id: Mapped[Key]
    ref: Mapped[Ref]
    bank_account_id: Mapped[int] = to("bank_accounts")
    status: Mapped[ImportStatus] = mapped_column(Choice(ImportStatus))
    form: Mapped[str]
    file_name: Mapped[str]
    file_digest: Mapped[str]
    size: Mapped[int]
    mapping: Mapped[dict[str, Any] | None]
    rows: Mapped[int]
    done: Mapped[int]
    taken: Mapped[int]
    known: Mapped[int]
    wrong: Mapped[list[Any]]
    imported_by: Mapped[str]
    created_at: Mapped[Moment]
    closed_at: Mapped[Moment | None]
    next_action_at: Mapped[Moment | None]


class BankLine(Base):
    """One booking of the bank, once for each account whatever files it comes in. What it says never changes.

    A booked credit is one payment: that of its customer or, while nobody knows whose it is, one without.
    """

    __tablename__ = "bank_lines"
    __table_args__ = (
        one_of("status", LineStatus),
        CheckConstraint("amount_minor <> 0", name="amount_not_zero"),
        CheckConstraint("(status = 'out') = (amount_minor < 0)", name="out_is_negative"),
        CheckConstraint("(status = 'booked') = (payment_id IS NOT NULL)", name="booked_is_a_payment"),
        CheckConstraint("(status = 'read') = (next_action_at IS NOT NULL)", name="read_waits"),
        CheckConstraint("status <> 'ignored' OR reason <> ''", name="ignored_for_a_reason"),
        UniqueConstraint("bank_account_id", "fingerprint"),
        UniqueConstraint("payment_id"),
        Index("ix_bank_lines_import", "import_id", "row", "id"),
        due_index("bank_lines"),
    )

    id: Mapped[Key]
    ref: Mapped[Ref]
    bank_account_id: Mapped[int] = to("bank_accounts", index=False)
    import_id: Mapped[int] = to("statement_imports", index=False)
    row: Mapped[int]
    fingerprint: Mapped[str]
    booked_on: Mapped[Day]
    value_on: Mapped[Day]
    amount_minor: Mapped[Minor]
    currency: Mapped[CurrencyCode]
    name: Mapped[str]
    account: Mapped[str]
    reference: Mapped[str]
    entry_ref: Mapped[str]
    status: Mapped[LineStatus] = mapped_column(Choice(LineStatus))
    is_suggested: Mapped[bool]  # something likely was found when it was looked at
    payment_id: Mapped[int | None] = to("payments", index=False, nullable=True)
    reason: Mapped[str]
    decided_by: Mapped[str]
    decided_at: Mapped[Moment | None]
    created_at: Mapped[Moment]
    next_action_at: Mapped[Moment | None]

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)
