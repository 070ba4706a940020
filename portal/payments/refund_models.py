"""Money that goes back, and money that banks want back: refunds and disputes."""

from typing import Any

from sqlalchemy import CheckConstraint, Index, LargeBinary, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import Base, Choice, CurrencyCode, Day, Key, Minor, Moment, Ref, due_index, one_of, to
from portal.core.money import Money
from portal.core.secrets import SEALED
from portal.payments.dispute_states import DisputeStatus
from portal.payments.refund_states import RefundSource, RefundStatus, RefundWay

LIVE_REFUNDS = "'requested', 'approved', 'sending', 'pending', 'needs_attention', 'unknown'"
CLOCK_MOVES = "'approved', 'sending', 'pending', 'unknown'"


class Refund(Base):
    """A part of one payment that goes back. `ref` travels as the note by which the gateway's list knows it again.

    It hangs on a credit note or on what the customer has with us; one at a time for each payment.
    """

    __tablename__ = "refunds"
    __table_args__ = (
        one_of("status", RefundStatus),
        one_of("way", RefundWay),
        one_of("source", RefundSource),
        CheckConstraint("amount_minor > 0", name="amount_positive"),
        CheckConstraint("source <> 'credit_note' OR credit_note_id IS NOT NULL", name="hangs_on_its_note"),
        CheckConstraint("way <> 'gateway' OR gateway_account_id IS NOT NULL", name="gateway_known"),
        CheckConstraint("way <> 'by_hand' OR status <> 'succeeded' OR evidence IS NOT NULL", name="by_hand_is_proved"),
        CheckConstraint(
            f"(way = 'gateway' AND status IN ({CLOCK_MOVES})) = (next_action_at IS NOT NULL)", name="clock_moves"
        ),
        UniqueConstraint("gateway_account_id", "gateway_ref"),
        Index("ix_refunds_one_live", "payment_id", unique=True, postgresql_where=text(f"status IN ({LIVE_REFUNDS})")),
        Index("ix_refunds_customer", "customer_id", "id"),
        due_index("refunds"),
    )

    id: Mapped[Key]
    ref: Mapped[Ref]
    customer_id: Mapped[int] = to("customers", index=False)
    payment_id: Mapped[int] = to("payments")
    credit_note_id: Mapped[int | None] = to("credit_notes", nullable=True)
    gateway_account_id: Mapped[int | None] = to("gateway_accounts", index=False, nullable=True)
    way: Mapped[RefundWay] = mapped_column(Choice(RefundWay))
    source: Mapped[RefundSource] = mapped_column(Choice(RefundSource))
    status: Mapped[RefundStatus] = mapped_column(Choice(RefundStatus))
    amount_minor: Mapped[Minor]
    currency: Mapped[CurrencyCode]
    gateway_ref: Mapped[str | None]  # theirs, once they answer
    reason: Mapped[str]  # ours: why it goes back
    said: Mapped[str]  # theirs: the last that was heard
    bank_details: Mapped[bytes | None] = mapped_column(LargeBinary, info=SEALED)  # until they were sent
    evidence: Mapped[dict[str, Any] | None]  # of one by hand: reference, day, bank account, proof
    requested_by: Mapped[str]
    sends: Mapped[int]  # how often it may have been sent
    queries: Mapped[int]
    misses: Mapped[int]  # lists in a row that knew nothing of it
    created_at: Mapped[Moment]
    approved_at: Mapped[Moment | None]
    sent_at: Mapped[Moment | None]
    closed_at: Mapped[Moment | None]
    next_action_at: Mapped[Moment | None]

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)


class Dispute(Base):
    """A payer asks their bank to take a payment back. What becomes of it the gateway is asked, never told."""

    __tablename__ = "disputes"
    __table_args__ = (
        one_of("status", DisputeStatus),
        CheckConstraint("amount_minor > 0", name="amount_positive"),
        CheckConstraint("answer IN ('accept', 'contest')", name="answer_known"),
        CheckConstraint(
            "(status IN ('needs_response', 'under_review')) = (next_action_at IS NOT NULL)", name="open_is_asked_about"
        ),
        UniqueConstraint("gateway_account_id", "gateway_ref"),
        Index("ix_disputes_customer", "customer_id", "id"),
        due_index("disputes"),
    )

    id: Mapped[Key]
    ref: Mapped[Ref]
    customer_id: Mapped[int] = to("customers", index=False)
    payment_id: Mapped[int] = to("payments")
    gateway_account_id: Mapped[int] = to("gateway_accounts", index=False)
    gateway_ref: Mapped[str]
    status: Mapped[DisputeStatus] = mapped_column(Choice(DisputeStatus))
    category: Mapped[str]
    claim: Mapped[str]  # what the payer says
    said: Mapped[str]  # the gateway's own words for its state
    amount_minor: Mapped[Minor]
    currency: Mapped[CurrencyCode]
    due_at: Mapped[Moment | None]  # an answer after it comes too late
    answer: Mapped[str | None]  # what we decided to say, until and after it was sent
    answer_text: Mapped[str]
    answered_at: Mapped[Moment | None]  # when the gateway took our answer
    queries: Mapped[int]
    opened_at: Mapped[Moment]
    closed_at: Mapped[Moment | None]
    next_action_at: Mapped[Moment | None]

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)


class DisputeNote(Base):
    """What we know about a disputed payment: service given, messages, deliveries. Append-only."""

    __tablename__ = "dispute_notes"

    id: Mapped[Key]
    dispute_id: Mapped[int] = to("disputes")
    kind: Mapped[str]
    text: Mapped[str]
    happened_on: Mapped[Day | None]
    actor: Mapped[str]
    created_at: Mapped[Moment]
