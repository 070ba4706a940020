"""Staff enter a customer, with a person who acts for it."""

from dataclasses import dataclass
from datetime import datetime

from portal.core import audit, once
from portal.core.actors import Actor
from portal.core.days import is_zone
from portal.core.db import transaction
from portal.core.errors import Invalid, Refused
from portal.core.formats import LANGUAGES
from portal.core.ids import public_ref
from portal.customers import places
from portal.customers.models import Customer, Membership
from portal.customers.queries import is_taken
from portal.identity import passwords
from portal.identity.models import User
from portal.identity.queries import by_email, role_named


@dataclass(frozen=True, slots=True, kw_only=True)
class Entered:
    """Who is billed and who acts for them. Without a password the person sets one by the link for lost ones."""

    name: str
    email: str
    person: str
    country: str
    zone: str
    language: str = "en"
    is_business: bool = True
    address: str = ""
    password: str = ""
    external_id: str | None = None


def create_customer(wanted: Entered, *, form_key: str = "", actor: Actor, at: datetime) -> str:
    """Returns the customer's reference; the same one for a form that is sent twice. Refused for an address that
    somebody has; Invalid with the field, an own number that is taken among them."""
    _require_sound(wanted)
    hashed = passwords.hash_password(wanted.password) if wanted.password else None
    with transaction() as session:
        before = once.answered(session, "create_customer", form_key)
        if before is not None:
            return before
        if wanted.external_id and is_taken(session, wanted.external_id):
            raise Invalid("Another customer has this number.", field="external_id")
        if by_email(session, wanted.email) is not None:
            raise Refused("Somebody has this address already. Nothing was changed.")
        customer = _customer(wanted, at)
        user = _person(wanted, hashed, at)
        session.add_all([customer, user])
        session.flush()
        owner = role_named(session, "owner", side="customer")
        session.add(Membership(user_id=user.id, customer_id=customer.id, role_id=owner.id, created_at=at))
        audit.record(session, actor, "customer.created", at=at, customer_id=customer.id, subject=customer.ref)
        once.keep(session, "create_customer", form_key, answer=customer.ref, at=at)
        return customer.ref


def _customer(wanted: Entered, at: datetime) -> Customer:
    return Customer(
        ref=public_ref("cus"),
        name=wanted.name.strip(),
        email=wanted.email.strip(),
        address=wanted.address,
        country=wanted.country,
        class_="business" if wanted.is_business else "person",
        tax_number="",
        is_tax_exempt=False,
        language=wanted.language,
        zone=wanted.zone,
        currency=None,
        external_id=wanted.external_id,
        version=1,
        created_at=at,
    )


def _person(wanted: Entered, password_hash: str | None, at: datetime) -> User:
    return User(
        ref=public_ref("usr"),
        email=wanted.email.strip(),
        name=wanted.person,
        password_hash=password_hash,
        is_staff=False,
        language=wanted.language,
        email_verified_at=at,
        created_at=at,
    )


def _require_sound(wanted: Entered) -> None:
    if not wanted.name.strip():
        raise Invalid("A customer has a name.", field="name")
    if "@" not in wanted.email.strip("@ "):
        raise Invalid("Write a mail address like ada@example.com.", field="email")
    if not places.is_country(wanted.country):
        raise Invalid("Choose a country of the list.", field="country")
    if not is_zone(wanted.zone):
        raise Invalid("Choose a time zone of the list.", field="zone")
    if wanted.language not in LANGUAGES:
        raise Invalid("Choose a language of the list.", field="language")
    if wanted.password:
        passwords.require_strong(wanted.password, about=(wanted.name, wanted.email, wanted.person))
