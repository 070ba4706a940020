"""A price that was shown, kept with everything it was computed from, so that it can be held or refused."""

from typing import Any

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import Base, Choice, CurrencyCode, Day, Key, Minor, Moment, Ref, one_of, to
from portal.core.money import Money
from portal.quotes.states import QuoteStatus


class Quote(Base):
    """An offer. `digest` covers every line, the total and what is due; `inputs` are enough to price it again."""

    __tablename__ = "quotes"
    __table_args__ = (
        one_of("status", QuoteStatus),
        CheckConstraint("kind IN ('start', 'change', 'resume', 'resubscribe')", name="kind_known"),
    )

    id: Mapped[Key]
    ref: Mapped[Ref]
    customer_id: Mapped[int] = to("customers")
    subscription_id: Mapped[int | None] = to("subscriptions", nullable=True)
    kind: Mapped[str]
    status: Mapped[QuoteStatus] = mapped_column(Choice(QuoteStatus))
    inputs: Mapped[dict[str, Any]]
    lines: Mapped[list[Any]]
    digest: Mapped[bytes]
    currency: Mapped[CurrencyCode]
    total_minor: Mapped[Minor]
    due_minor: Mapped[Minor]
    on_day: Mapped[Day]
    created_by: Mapped[str]
    created_at: Mapped[Moment]
    expires_at: Mapped[Moment]
    closed_at: Mapped[Moment | None]

    @property
    def total(self) -> Money:
        return Money(self.total_minor, self.currency)

    @property
    def due(self) -> Money:
        return Money(self.due_minor, self.currency)
