"""Who is billed, and which users act for them."""

from zoneinfo import ZoneInfo

from sqlalchemy import CheckConstraint, Index, func, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import Base, CurrencyCode, Key, Moment, Ref, to

DELIVERIES = ("mail", "post")


class Customer(Base):
    """Who is billed, in one currency from the first subscription on. Its row is the one lock on its money."""

    __tablename__ = "customers"
    __table_args__ = (
        CheckConstraint("class IN ('person', 'business')", name="class_known"),
        CheckConstraint("delivery IN ('mail', 'post')", name="delivery_known"),
        CheckConstraint("(parked_at IS NULL) = (parked_reason IS NULL)", name="parked_with_reason"),
        Index("ix_customers_country", "country"),
        Index("ix_customers_parked", "id", postgresql_where=text("parked_at IS NOT NULL")),
    )

    id: Mapped[Key]
    ref: Mapped[Ref]
    name: Mapped[str]
    email: Mapped[str]
    address: Mapped[str]
    country: Mapped[str]
    class_: Mapped[str] = mapped_column("class")
    tax_number: Mapped[str]
    is_tax_exempt: Mapped[bool]
    language: Mapped[str]
    zone: Mapped[str]
    currency: Mapped[CurrencyCode | None]
    external_id: Mapped[str | None] = mapped_column(unique=True)
    delivery: Mapped[str] = mapped_column(server_default="mail")  # how invoices reach them
    parked_at: Mapped[Moment | None]
    parked_reason: Mapped[str | None]
    version: Mapped[int]
    created_at: Mapped[Moment]

    @property
    def time_zone(self) -> ZoneInfo:
        return ZoneInfo(self.zone)


Index(
    "ix_customers_search",
    func.lower(Customer.name).label("name"),
    func.lower(Customer.email).label("email"),
    postgresql_using="gin",
    postgresql_ops={"name": "gin_trgm_ops", "email": "gin_trgm_ops"},
)


class Membership(Base):
    """A user who acts for a customer, with a role of the customer's side."""

    __tablename__ = "memberships"

    user_id: Mapped[int] = to("users", index=False, key=True)
    customer_id: Mapped[int] = to("customers", key=True)
    role_id: Mapped[int] = to("roles", index=False)
    created_at: Mapped[Moment]


class Note(Base):
    """What staff wrote about a customer, newest shown first."""

    __tablename__ = "notes"

    id: Mapped[Key]
    customer_id: Mapped[int] = to("customers")
    author: Mapped[str]
    text: Mapped[str]
    created_at: Mapped[Moment]
