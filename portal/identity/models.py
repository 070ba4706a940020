"""People who sign in, what they may do, how they are recognised again, and what one asks a second one to approve."""

from typing import Any

from sqlalchemy import CheckConstraint, Index, Text, func, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import Base, CurrencyCode, Key, Minor, Moment, Ref, to
from portal.core.money import Money


class User(Base):
    """A person. The mail address is unique whatever its case."""

    __tablename__ = "users"

    id: Mapped[Key]
    ref: Mapped[Ref]
    email: Mapped[str]
    name: Mapped[str]
    password_hash: Mapped[str | None]
    is_staff: Mapped[bool]
    language: Mapped[str]
    email_verified_at: Mapped[Moment | None]
    deactivated_at: Mapped[Moment | None]
    created_at: Mapped[Moment]


Index("uq_users_email", func.lower(User.email), unique=True)


class Role(Base):
    """A named set of permissions, edited by staff; code asks for permissions only."""

    __tablename__ = "roles"
    __table_args__ = (CheckConstraint("side IN ('staff', 'customer')", name="side_known"),)

    id: Mapped[Key]
    name: Mapped[str] = mapped_column(unique=True)
    side: Mapped[str]
    permissions: Mapped[list[str]] = mapped_column(ARRAY(Text))
    limits: Mapped[dict[str, Any]]  # currency -> minor units that one may move alone; none is 0
    approval_limits: Mapped[dict[str, Any]]  # currency -> minor units that one may approve; none is any amount


class UserRole(Base):
    """Which staff roles a user has; a user with two has the union."""

    __tablename__ = "user_roles"

    user_id: Mapped[int] = to("users", index=False, key=True)
    role_id: Mapped[int] = to("roles", key=True)


class SignInSession(Base):
    """A signed-in browser. The cookie carries the token, the row its digest. Wall time."""

    __tablename__ = "sessions"

    id: Mapped[Key]
    token_hash: Mapped[bytes] = mapped_column(unique=True)
    user_id: Mapped[int] = to("users")
    customer_id: Mapped[int | None]
    created_at: Mapped[Moment]
    seen_at: Mapped[Moment]
    ends_at: Mapped[Moment]
    address: Mapped[str]
    agent: Mapped[str]


class LoginToken(Base):
    """A link sent by mail: to verify the address or to set a new password. Used once. Wall time."""

    __tablename__ = "login_tokens"
    __table_args__ = (CheckConstraint("purpose IN ('verify_email', 'reset_password')", name="purpose_known"),)

    id: Mapped[Key]
    purpose: Mapped[str]
    token_hash: Mapped[bytes] = mapped_column(unique=True)
    user_id: Mapped[int] = to("users")
    ends_at: Mapped[Moment]
    used_at: Mapped[Moment | None]


class Approval(Base):
    """One deed that waits for a second person, and what became of the wish. Bound to the content by its digest."""

    __tablename__ = "approvals"
    __table_args__ = (
        CheckConstraint("decided_by <> requested_by", name="decided_by_another"),
        CheckConstraint("decision IN ('approved', 'rejected', 'withdrawn', 'outdated')", name="decision_known"),
        CheckConstraint("(decision IS NULL) = (decided_at IS NULL)", name="decided_at_a_time"),
        CheckConstraint(
            "(decided_by IS NOT NULL) = (decision IS NOT NULL AND decision IN ('approved', 'rejected'))",
            name="decided_by_somebody",
        ),
        CheckConstraint("(executed_digest IS NULL) = (executed_at IS NULL)", name="executed_at_a_time"),
        CheckConstraint("executed_digest IS NULL OR decision = 'approved'", name="executed_when_approved"),
        CheckConstraint("executed_digest = digest", name="executed_as_approved"),
        CheckConstraint("amount_minor >= 0", name="amount_not_negative"),
        Index("ix_approvals_one_open", "deed", "subject", unique=True, postgresql_where=text("decision IS NULL")),
        Index("ix_approvals_waiting", "requested_at", "id", postgresql_where=text("decision IS NULL")),
        Index("ix_approvals_subject", "subject"),
    )

    id: Mapped[Key]
    ref: Mapped[Ref]
    deed: Mapped[str]
    subject: Mapped[str]
    customer_id: Mapped[int | None]
    digest: Mapped[bytes]
    amount_minor: Mapped[Minor]
    currency: Mapped[CurrencyCode]
    facts: Mapped[dict[str, Any]]
    reason: Mapped[str]
    requested_by: Mapped[int] = to("users")
    requested_at: Mapped[Moment]
    decision: Mapped[str | None]
    decided_by: Mapped[int | None] = to("users", nullable=True)
    decided_at: Mapped[Moment | None]
    decision_reason: Mapped[str]
    executed_digest: Mapped[bytes | None]
    executed_at: Mapped[Moment | None]

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)
