"""Money a customer has with us: a journal account; this row only guards against spending it twice."""

from sqlalchemy import CHAR, CheckConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import Base, Minor, to


class CustomerBalance(Base):
    """The cached balance of the customer's part of the account `customer_balance`."""

    __tablename__ = "customer_balances"
    __table_args__ = (CheckConstraint("amount_minor >= 0", name="amount_not_negative"),)

    customer_id: Mapped[int] = to("customers", index=False, key=True)
    currency: Mapped[str] = mapped_column(CHAR(3), primary_key=True)
    amount_minor: Mapped[Minor]
