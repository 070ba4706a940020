"""Finding people and roles. Who is signed in is asked in customers/members.py, with the customer they act for."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.core.errors import NotFound
from portal.identity.models import Role, User


def by_email(session: Session, email: str) -> User | None:
    """The user with that address, whatever its case."""
    return session.scalar(select(User).where(func.lower(User.email) == func.lower(email.strip())))


def lock(session: Session, user_id: int) -> User:
    """The user, locked and as they are now."""
    found = select(User).where(User.id == user_id).with_for_update(key_share=True)
    user = session.scalar(found.execution_options(populate_existing=True))
    if user is None:
        raise NotFound("There is no such user.")
    return user


def role_named(session: Session, name: str, *, side: str) -> Role:
    """A role of the `staff` or the `customer` side."""
    found = session.scalar(select(Role).where(Role.name == name, Role.side == side))
    if found is None:
        raise NotFound("There is no role %(name)s here.", name=name)
    return found


def staff_role_names(session: Session) -> list[str]:
    return list(session.scalars(select(Role.name).where(Role.side == "staff").order_by(Role.name)))
