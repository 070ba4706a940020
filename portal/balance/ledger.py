"""A customer's money with us: the cached row that keeps it from being spent twice. The journal holds the truth.

Callers hold the customer's lock and post the matching journal entries in the same transaction.
"""

from collections.abc import Iterable, Mapping

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from portal.balance.models import CustomerBalance
from portal.core.bulk import among
from portal.core.errors import Refused
from portal.core.money import Money


def of_customers(session: Session, customer_ids: Iterable[int]) -> dict[tuple[int, str], Money]:
    """What each customer has, by customer and currency; nothing where there is no row."""
    rows = session.execute(
        select(CustomerBalance.customer_id, CustomerBalance.currency, CustomerBalance.amount_minor).where(
            among(CustomerBalance.customer_id, customer_ids)
        )
    )
    return {(customer_id, currency): Money(minor, currency) for customer_id, currency, minor in rows}


def of_customer(session: Session, customer_id: int, currency: str) -> Money:
    return of_customers(session, [customer_id]).get((customer_id, currency), Money.zero(currency))


def add_all(session: Session, changes: Mapping[tuple[int, str], int]) -> None:
    """Add minor units, negative to spend. Nothing may fall below zero: BalanceOverspent."""
    for (customer_id, currency), minor in sorted(changes.items()):
        if minor > 0:
            _deposit(session, customer_id, currency, minor)
        elif minor < 0:
            _spend(session, customer_id, currency, minor)


def add(session: Session, customer_id: int, amount: Money) -> None:
    add_all(session, {(customer_id, amount.currency): amount.minor})


class BalanceOverspent(Refused):
    """More was to be spent than there is. Nothing was changed."""

    code = "balance_overspent"


def _deposit(session: Session, customer_id: int, currency: str, minor: int) -> None:
    added = insert(CustomerBalance).values(customer_id=customer_id, currency=currency, amount_minor=minor)
    session.execute(
        added.on_conflict_do_update(
            index_elements=["customer_id", "currency"], set_={"amount_minor": CustomerBalance.amount_minor + minor}
        )
    )


def _spend(session: Session, customer_id: int, currency: str, minor: int) -> None:
    spent = (
        update(CustomerBalance)
        .where(CustomerBalance.customer_id == customer_id, CustomerBalance.currency == currency)
        .where(CustomerBalance.amount_minor + minor >= 0)
        .values(amount_minor=CustomerBalance.amount_minor + minor)
        .returning(CustomerBalance.customer_id)
    )
    if session.scalar(spent) is None:
        raise BalanceOverspent("The balance is smaller than what was to be spent of it. Nothing was changed.")
