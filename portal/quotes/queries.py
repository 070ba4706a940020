"""Finding quotes."""

from typing import NamedTuple

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from portal.core.errors import NotFound
from portal.customers import queries as customers
from portal.customers.models import Customer
from portal.quotes.models import Quote


class LockedQuote(NamedTuple):
    customer: Customer
    quote: Quote


def lock(session: Session, key: int | str) -> LockedQuote:
    """The quote's customer, locked, and the quote as it is after that. `key`: its id or reference."""
    customer_id = session.scalar(select(Quote.customer_id).where(_is(key)))
    if customer_id is None:
        raise NotFound("There is no such offer.")
    customer = customers.lock(session, customer_id)
    quote = session.scalars(select(Quote).where(_is(key)).execution_options(populate_existing=True)).one()
    return LockedQuote(customer, quote)


def by_ref(session: Session, ref: str) -> Quote:
    return _found(session.scalar(select(Quote).where(Quote.ref == ref)))


def own(session: Session, customer_id: int, ref: str) -> Quote:
    """One of the customer's own; another's is not found."""
    return _found(session.scalar(select(Quote).where(Quote.ref == ref, Quote.customer_id == customer_id)))


def of_customer(session: Session, customer_id: int, *, limit: int = 50) -> list[Quote]:
    """What the customer was offered, the latest first."""
    wanted = select(Quote).where(Quote.customer_id == customer_id).order_by(Quote.id.desc())
    return list(session.scalars(wanted.limit(limit)))


def _is(key: int | str) -> ColumnElement[bool]:
    return Quote.id == key if isinstance(key, int) else Quote.ref == key


def _found(quote: Quote | None) -> Quote:
    if quote is None:
        raise NotFound("There is no such offer.")
    return quote
