"""Proofs of transfer that customers sent."""

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.banking.proof_states import ProofStatus
from portal.core.db import Base, Choice, CurrencyCode, Day, Key, Minor, Moment, Ref, one_of, to
from portal.core.money import Money


class TransferProof(Base):
    """What a customer says to have sent, with a file that shows it. Money is booked only when staff confirm it.

    The digest is that of the file as it was sent; what is stored may be drawn anew.
    """

    __tablename__ = "transfer_proofs"
    __table_args__ = (
        one_of("status", ProofStatus),
        CheckConstraint("amount_minor > 0", name="amount_positive"),
        CheckConstraint("(status = 'submitted') = (decided_at IS NULL)", name="decided_at_a_time"),
        CheckConstraint("(status = 'accepted') = (payment_id IS NOT NULL)", name="accepted_is_a_payment"),
        CheckConstraint("status <> 'rejected' OR reason <> ''", name="rejected_for_a_reason"),
        UniqueConstraint("payment_id"),
        Index(
            "ix_transfer_proofs_one_file",
            "invoice_id",
            "file_digest",
            unique=True,
            postgresql_where=text("status <> 'rejected'"),
        ),
        Index("ix_transfer_proofs_digest", "file_digest"),
        Index("ix_transfer_proofs_submitted", "submitted_on", "id", postgresql_where=text("status = 'submitted'")),
    )

    id: Mapped[Key]
    ref: Mapped[Ref]
    customer_id: Mapped[int] = to("customers")
    invoice_id: Mapped[int] = to("invoices")
    status: Mapped[ProofStatus] = mapped_column(Choice(ProofStatus))
    amount_minor: Mapped[Minor]
    currency: Mapped[CurrencyCode]
    paid_on: Mapped[Day]
    payer: Mapped[str]
    note: Mapped[str]
    file_name: Mapped[str]  # where the file lies
    file_digest: Mapped[str]
    media_type: Mapped[str]
    size: Mapped[int]
    submitted_by: Mapped[str]
    submitted_on: Mapped[Day]
    submitted_at: Mapped[Moment]
    payment_id: Mapped[int | None] = to("payments", index=False, nullable=True)
    reason: Mapped[str]
    decided_by: Mapped[str]
    decided_at: Mapped[Moment | None]

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)
