"""People of the tests: users with their roles, customers, and who acts for whom."""

from itertools import count
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.ids import public_ref
from portal.customers.models import Customer, Membership
from portal.identity import passwords
from portal.identity.models import Role, User, UserRole

PASSWORD = "nine purple tractors"
STAFF_ROLES = ("support", "onboarding", "billing", "super_admin")
CUSTOMER_ROLES = ("viewer", "billing_contact", "owner")
_numbers = count(1)


def make_user(session: Session, *staff_roles: str, email: str = "", **changed: Any) -> User:
    """Confirmed, with PASSWORD; staff if it has staff roles."""
    values = {
        "ref": public_ref("usr"),
        "email": email or f"person-{next(_numbers)}@example.com",
        "name": "Ada Obi",
        "password_hash": passwords.hash_password(PASSWORD),
        "is_staff": bool(staff_roles),
        "language": "en",
        "email_verified_at": clock.now(),
        "created_at": clock.now(),
    }
    user = User(**(values | changed))
    session.add(user)
    session.flush()
    session.add_all([UserRole(user_id=user.id, role_id=role_id(session, name)) for name in staff_roles])
    session.commit()
    return user


def make_customer(session: Session, name: str = "Ibadan Insights Ltd") -> Customer:
    customer = Customer(
        ref=public_ref("cus"), name=name, email="books@example.com", address="", country="NG", class_="business",
        tax_number="", is_tax_exempt=False, language="en", zone="Africa/Lagos", version=1, created_at=clock.now(),
    )  # fmt: skip
    session.add(customer)
    session.commit()
    return customer


def join(session: Session, user: User, customer: Customer, role: str = "owner") -> None:
    values = {"user_id": user.id, "customer_id": customer.id, "created_at": clock.now()}
    session.add(Membership(role_id=role_id(session, role), **values))
    session.commit()


def role_id(session: Session, name: str) -> int:
    return session.scalars(select(Role.id).where(Role.name == name)).one()
