"""The company's bank accounts, and what the bank said about each payment that came to one."""

from typing import Any

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.banking.states import BankAccountStatus
from portal.core.db import Base, Choice, CurrencyCode, Day, Key, Minor, Moment, Ref, one_of, to
from portal.core.money import Money


class BankAccount(Base):
    """Where customers send money to. Its details are never edited: another account takes its place.

    `number` is an IBAN or the bank's own number, without spaces. `details` are pairs of a name and a value that the
    scheme wants besides (sort code, branch). `is_shown`: it stands on invoices of its currency.
    """

    __tablename__ = "bank_accounts"
    __table_args__ = (
        one_of("status", BankAccountStatus),
        CheckConstraint("NOT is_shown OR status = 'open'", name="shown_is_open"),
        CheckConstraint("(status = 'closed') = (closed_at IS NOT NULL)", name="closed_at_a_time"),
        Index("ix_bank_accounts_one_shown", "currency", unique=True, postgresql_where=text("is_shown")),
        Index(
            "ix_bank_accounts_one_open",
            "currency",
            "number",
            unique=True,
            postgresql_where=text("status IN ('proposed', 'open')"),
        ),
    )

    id: Mapped[Key]
    ref: Mapped[Ref]
    name: Mapped[str]  # how staff call it
    currency: Mapped[CurrencyCode]
    holder: Mapped[str]
    bank: Mapped[str]
    number: Mapped[str]
    bic: Mapped[str]
    details: Mapped[list[Any]]
    status: Mapped[BankAccountStatus] = mapped_column(Choice(BankAccountStatus))
    is_shown: Mapped[bool]
    created_at: Mapped[Moment]
    opened_at: Mapped[Moment | None]
    closed_at: Mapped[Moment | None]


class BankReceipt(Base):
    """What the bank's statement says about a payment. Append-only; a mistake is reversed and recorded again."""

    __tablename__ = "bank_receipts"
    __table_args__ = (
        CheckConstraint("amount_minor > 0", name="amount_positive"),
        Index("ix_bank_receipts_alike", "bank_account_id", "value_on", "amount_minor"),
        Index("ix_bank_receipts_reference", "reference"),
        Index("ix_bank_receipts_proof_digest", "proof_digest", postgresql_where=text("proof_digest IS NOT NULL")),
    )

    payment_id: Mapped[int] = to("payments", index=False, key=True)
    bank_account_id: Mapped[int] = to("bank_accounts", index=False)
    value_on: Mapped[Day]
    amount_minor: Mapped[Minor]
    currency: Mapped[CurrencyCode]
    reference: Mapped[str]
    payer: Mapped[str]
    note: Mapped[str]
    proof_name: Mapped[str | None]  # of its file among the uploads
    proof_digest: Mapped[str | None]
    proof_type: Mapped[str | None]
    recorded_by: Mapped[str]
    created_at: Mapped[Moment]

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)
