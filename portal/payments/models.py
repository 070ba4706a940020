"""Collecting: gateway accounts, stored methods, attempts, the money that arrived, and what gateways told us."""

from typing import Any

from sqlalchemy import CheckConstraint, Index, LargeBinary, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import Base, Choice, CurrencyCode, Day, Key, Minor, Moment, Ref, due_index, one_of, to
from portal.core.money import Money
from portal.core.secrets import SEALED
from portal.payments.states import AttemptStatus, NewsStatus, PaymentStatus

LIVE = "'waiting', 'sending', 'pending', 'action_required', 'unknown'"
CLOCK_MOVES = "'waiting', 'sending', 'pending', 'action_required', 'unknown', 'superseded'"
TRIGGERS = ("schedule", "dunning", "customer", "new_method", "staff", "first_purchase")


class GatewayAccount(Base):
    """Our account at a gateway, in one mode. Its keys are encrypted here or come from the environment.

    `former_secrets` are believed in signatures until `next_action_at`. `channels` are the ways to pay that are
    offered, as `virtual_account:bni`; none: all that the gateway has. `last_test` is what the last test told.
    """

    __tablename__ = "gateway_accounts"
    __table_args__ = (
        UniqueConstraint("gateway", "mode"),
        Index("ix_gateway_accounts_one_enabled", "gateway", unique=True, postgresql_where=text("is_enabled")),
        CheckConstraint("mode IN ('test', 'live')", name="mode_known"),
        CheckConstraint("(former_secrets IS NULL) = (next_action_at IS NULL)", name="former_keys_end"),
        due_index("gateway_accounts"),
    )

    id: Mapped[Key]
    ref: Mapped[Ref]
    gateway: Mapped[str]
    mode: Mapped[str]
    base_url: Mapped[str]
    hook_token: Mapped[str] = mapped_column(unique=True)
    secrets: Mapped[bytes | None] = mapped_column(LargeBinary, info=SEALED)
    former_secrets: Mapped[bytes | None] = mapped_column(LargeBinary, info=SEALED)
    currencies: Mapped[list[str]] = mapped_column(ARRAY(Text))
    channels: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list)
    is_enabled: Mapped[bool]
    calls_per_minute: Mapped[int]
    stopped_reason: Mapped[str | None]
    last_test: Mapped[dict[str, Any] | None]
    created_at: Mapped[Moment]
    next_action_at: Mapped[Moment | None]


class PaymentMethod(Base):
    """A stored way to be charged. The token is encrypted and works only with the mail address it was made with."""

    __tablename__ = "payment_methods"
    __table_args__ = (
        Index(
            "ix_payment_methods_one_default",
            "customer_id",
            unique=True,
            postgresql_where=text("is_default AND removed_at IS NULL"),
        ),
        UniqueConstraint("customer_id", "gateway_account_id", "fingerprint"),
    )

    id: Mapped[Key]
    ref: Mapped[Ref]
    customer_id: Mapped[int] = to("customers")
    gateway_account_id: Mapped[int] = to("gateway_accounts", index=False)
    kind: Mapped[str]
    token: Mapped[bytes] = mapped_column(LargeBinary, info=SEALED)
    payer_email: Mapped[str]
    fingerprint: Mapped[str]
    brand: Mapped[str]
    last4: Mapped[str]
    bank: Mapped[str]
    expires_on: Mapped[Day | None]
    is_default: Mapped[bool]
    is_refused: Mapped[bool]
    created_at: Mapped[Moment]
    removed_at: Mapped[Moment | None]


class SubscriptionMethod(Base):
    """A method chosen for one subscription; without a row the customer's default is charged."""

    __tablename__ = "subscription_methods"

    subscription_id: Mapped[int] = to("subscriptions", index=False, key=True)
    method_id: Mapped[int] = to("payment_methods")


class Attempt(Base):
    """One try at collecting one invoice, or a payable to the balance. A retry is a new row, never a reused one."""

    __tablename__ = "attempts"
    __table_args__ = (
        one_of("status", AttemptStatus),
        CheckConstraint("kind IN ('charge', 'payable')", name="kind_known"),
        CheckConstraint("amount_minor > 0", name="amount_positive"),
        CheckConstraint("invoice_id IS NOT NULL OR kind = 'payable'", name="charges_have_an_invoice"),
        CheckConstraint(f"(status IN ({CLOCK_MOVES})) OR next_action_at IS NULL", name="closed_waits_for_nothing"),
        CheckConstraint(f"status NOT IN ({LIVE}) OR next_action_at IS NOT NULL", name="live_waits_for_the_clock"),
        Index("ix_attempts_one_live", "invoice_id", unique=True, postgresql_where=text(f"status IN ({LIVE})")),
        Index(
            "ix_attempts_one_live_to_balance",
            "customer_id",
            unique=True,
            postgresql_where=text(f"invoice_id IS NULL AND status IN ({LIVE})"),
        ),
        Index(
            "ix_attempts_waiting",
            "gateway_account_id",
            "next_action_at",
            "id",
            postgresql_where=text("status = 'waiting'"),
        ),
        Index("ix_attempts_declined", "closed_at", postgresql_where=text("status = 'declined'")),
        UniqueConstraint("gateway_account_id", "gateway_ref"),
        due_index("attempts"),
    )

    id: Mapped[Key]
    reference: Mapped[Ref]  # ours, stored before the call
    customer_id: Mapped[int] = to("customers")
    invoice_id: Mapped[int | None] = to("invoices", nullable=True)
    gateway_account_id: Mapped[int] = to("gateway_accounts", index=False)
    method_id: Mapped[int | None] = to("payment_methods", index=False, nullable=True)
    kind: Mapped[str]
    status: Mapped[AttemptStatus] = mapped_column(Choice(AttemptStatus))
    trigger: Mapped[str]
    amount_minor: Mapped[Minor]
    currency: Mapped[CurrencyCode]
    gateway_ref: Mapped[str | None]  # theirs, once they answer
    payable: Mapped[dict[str, Any] | None]
    decline: Mapped[str | None]
    decline_code: Mapped[str | None]
    reason: Mapped[str]
    sends: Mapped[int]
    queries: Mapped[int]
    misses: Mapped[int]  # answers in a row that knew nothing of the reference
    created_at: Mapped[Moment]
    sent_at: Mapped[Moment | None]
    closed_at: Mapped[Moment | None]
    next_action_at: Mapped[Moment | None]

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)


class Payment(Base):
    """Money that arrived. It is always booked, whatever became of what it was meant for."""

    __tablename__ = "payments"
    __table_args__ = (
        one_of("status", PaymentStatus),
        CheckConstraint("amount_minor > 0", name="amount_positive"),
        CheckConstraint("refunded_minor BETWEEN 0 AND amount_minor", name="refunded_at_most_amount"),
        CheckConstraint("reversed_minor BETWEEN 0 AND amount_minor - refunded_minor", name="reversed_at_most_rest"),
        CheckConstraint("status <> 'reversed' OR reversed_minor > 0", name="reversed_means_something_went_back"),
        UniqueConstraint("gateway_account_id", "gateway_ref"),
        Index("ix_payments_customer", "customer_id", "id"),
        Index("ix_payments_received", "received_on", "id"),
        Index("ix_payments_unmatched", "id", postgresql_where=text("customer_id IS NULL")),
    )

    id: Mapped[Key]
    ref: Mapped[Ref]
    customer_id: Mapped[int | None] = to("customers", index=False, nullable=True)
    attempt_id: Mapped[int | None] = mapped_column(unique=True)
    gateway_account_id: Mapped[int | None] = to("gateway_accounts", index=False, nullable=True)
    gateway_ref: Mapped[str | None]
    status: Mapped[PaymentStatus] = mapped_column(Choice(PaymentStatus))
    amount_minor: Mapped[Minor]
    currency: Mapped[CurrencyCode]
    fee_minor: Mapped[Minor]
    refunded_minor: Mapped[Minor]
    reversed_minor: Mapped[Minor] = mapped_column(server_default=text("0"))  # taken back by a bank or undone by us
    received_on: Mapped[Day]
    form_key: Mapped[str | None] = mapped_column(unique=True)
    created_at: Mapped[Moment]

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)


class PaymentAllocation(Base):
    """Which invoice a part of a payment pays; negative when undone. Append-only."""

    __tablename__ = "payment_allocations"

    id: Mapped[Key]
    payment_id: Mapped[int] = to("payments")
    invoice_id: Mapped[int] = to("invoices")
    amount_minor: Mapped[Minor]
    created_at: Mapped[Moment]


class GatewayNews(Base):
    """What a gateway told us, raw, once per account and body. Never believed about money: the gateway is asked."""

    __tablename__ = "gateway_news"
    __table_args__ = (
        one_of("status", NewsStatus),
        UniqueConstraint("gateway_account_id", "body_digest"),
        CheckConstraint("(status = 'received') = (next_action_at IS NOT NULL)", name="received_waits"),
        Index("ix_gateway_news_reference", "reference"),
        Index("ix_gateway_news_heard", "gateway_account_id", "received_at"),
        Index(
            "ix_gateway_news_refused",
            "gateway_account_id",
            "received_at",
            postgresql_where=text("signature <> 'valid'"),
        ),
        due_index("gateway_news"),
    )

    id: Mapped[Key]
    gateway_account_id: Mapped[int] = to("gateway_accounts", index=False)
    body_digest: Mapped[bytes]
    headers: Mapped[dict[str, Any]]
    body: Mapped[bytes] = mapped_column(LargeBinary)
    signature: Mapped[str]
    status: Mapped[NewsStatus] = mapped_column(Choice(NewsStatus))
    kind: Mapped[str]
    reference: Mapped[str]
    tries: Mapped[int]
    outcome: Mapped[str]
    received_at: Mapped[Moment]
    next_action_at: Mapped[Moment | None]
