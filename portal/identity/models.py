"""People who sign in, what they may do, and how they are recognised again."""

from sqlalchemy import CheckConstraint, Index, Text, func
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import Base, Key, Moment, Ref, to


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
