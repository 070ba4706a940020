"""Finding customers, and the one lock on their money."""

from collections.abc import Sequence

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from portal.core.bulk import among
from portal.core.errors import NotFound
from portal.customers.models import Customer, Membership, Note


def lock(session: Session, customer_id: int) -> Customer:
    """The customer, locked and as it is now. First statement of whatever moves its money.

    FOR NO KEY UPDATE: a plain FOR UPDATE would block every insert elsewhere that points to the customer.
    """
    return _locked(session, [customer_id])[0]


def lock_all(session: Session, customer_ids: Sequence[int]) -> list[Customer]:
    """Several customers, in id order so that two callers cannot wait for each other."""
    return _locked(session, customer_ids)


def _locked(session: Session, customer_ids: Sequence[int]) -> list[Customer]:
    wanted = sorted(set(customer_ids))
    rows = session.scalars(
        select(Customer)
        .where(among(Customer.id, wanted))
        .order_by(Customer.id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).all()
    if len(rows) != len(wanted):
        raise NotFound("There is no such customer.")
    return list(rows)


def by_ref(session: Session, ref: str) -> Customer:
    found = session.scalar(select(Customer).where(Customer.ref == ref))
    if found is None:
        raise NotFound("There is no such customer.")
    return found


def with_id(session: Session, customer_id: int) -> Customer:
    """For reading; whoever moves money locks instead."""
    found = session.get(Customer, customer_id)
    if found is None:
        raise NotFound("There is no such customer.")
    return found


def of_user(session: Session, user_id: int) -> list[Customer]:
    """The customers a user acts for, by name."""
    joined = select(Customer).join(Membership, Membership.customer_id == Customer.id)
    return list(session.scalars(joined.where(Membership.user_id == user_id).order_by(Customer.name, Customer.id)))


def search(session: Session, words: str, *, limit: int = 20) -> list[Customer]:
    """Customers whose name or mail contains the words, or whose external id or reference is them."""
    pattern = f"%{words.lower().replace('%', '').replace('_', ' ').strip()}%"
    found = (
        select(Customer)
        .where(
            or_(
                func.lower(Customer.name).like(pattern),
                func.lower(Customer.email).like(pattern),
                Customer.ref == words,
                Customer.external_id == words,
            )
        )
        .order_by(Customer.name, Customer.id)
        .limit(limit)
    )
    return list(session.scalars(found))


def notes(session: Session, customer_id: int, *, limit: int = 50) -> list[Note]:
    return list(
        session.scalars(select(Note).where(Note.customer_id == customer_id).order_by(Note.id.desc()).limit(limit))
    )


def is_taken(session: Session, external_id: str) -> bool:
    """Is it some customer's number in the company's own system?"""
    return session.scalar(select(Customer.id).where(Customer.external_id == external_id)) is not None
