"""A stranger opens an account: a user, a customer and the one's ownership of the other."""

import secrets
from dataclasses import dataclass

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from portal.actions._links import mail_link, themselves
from portal.core import audit
from portal.core.db import transaction
from portal.core.errors import Invalid
from portal.core.formats import LANGUAGES
from portal.core.ids import public_ref
from portal.customers import places
from portal.customers.models import Customer, Membership
from portal.identity import passwords
from portal.identity.models import User
from portal.identity.queries import by_email, lock, role_named
from portal.identity.sessions import Moments
from portal.identity.tokens import Purpose


@dataclass(frozen=True, slots=True)
class Application:
    """What the stranger typed. An empty `company` is a person; an empty `zone` is guessed from the country."""

    name: str
    company: str
    email: str
    password: str
    country: str
    language: str
    zone: str = ""


def sign_up(wanted: Application, *, secret_key: str, now: Moments) -> str:
    """Make the account and mail the link that opens it; to an address that has one, mail only.

    Nobody learns from the answer whether the address was known: it takes the same work, and returns a
    marker for the browser in both cases. With the marker and the link the person is signed in at once.
    Signing up again before the link was used replaces what was typed the first time, password included.
    """
    _require_sound(wanted)
    password_hash = passwords.hash_password(wanted.password)
    with transaction() as session:
        user = _made(session, wanted, password_hash, now) or _known(session, wanted.email)
        if user is None:
            return secrets.token_hex(32)
        marker = secrets.token_hex(32)
        topic, purpose = "user.sign_up_repeated", Purpose.RESET_PASSWORD
        if _was_never_opened(user):
            _describe(session, user, wanted, password_hash)
            marker = passwords.mark_of(password_hash)
            topic, purpose = "user.email_verification", Purpose.VERIFY_EMAIL
        mail_link(session, user, topic, purpose, secret_key=secret_key, now=now)
        audit.record(session, themselves(user), "user.signed_up", at=now.at, subject=user.ref)
        return marker


def _known(session: Session, email: str) -> User | None:
    found = by_email(session, email)
    user = lock(session, found.id) if found else None
    return user if user and user.deactivated_at is None else None


def _was_never_opened(user: User) -> bool:
    """Only signed up, so that nobody could enter and nothing was bought. Whoever staff made is not such a user."""
    return user.email_verified_at is None and user.password_hash is not None and not user.is_staff


def _require_sound(wanted: Application) -> None:
    if not wanted.name.strip():
        raise Invalid("Tell us your name.", field="name")
    if not places.is_country(wanted.country):
        raise Invalid("Choose a country of the list.", field="country")
    if wanted.language not in LANGUAGES:
        raise Invalid("Choose a language of the list.", field="language")
    if wanted.zone and wanted.zone not in places.zones():
        raise Invalid("Choose a time zone of the list.", field="zone")
    passwords.require_strong(wanted.password, about=(wanted.name, wanted.company, wanted.email))


def _made(session: Session, wanted: Application, password_hash: str, now: Moments) -> User | None:
    """The user with a customer of their own, or None if somebody has the address."""
    values = {
        "ref": public_ref("usr"),
        "email": wanted.email,
        "name": wanted.name,
        "password_hash": password_hash,
        "is_staff": False,
        "language": wanted.language,
        "created_at": now.at,
    }
    added = insert(User).values(values).on_conflict_do_nothing(index_elements=[text("lower(email)")]).returning(User)
    user = session.scalar(added)
    if user is None:
        return None
    customer = Customer(ref=public_ref("cus"), currency=None, is_tax_exempt=False, version=1, created_at=now.at)
    customer.address, customer.tax_number = "", ""
    _fill(customer, wanted)
    session.add(customer)
    session.flush()
    owner = role_named(session, "owner", side="customer")
    session.add(Membership(user_id=user.id, customer_id=customer.id, role_id=owner.id, created_at=now.at))
    return user


def _describe(session: Session, user: User, wanted: Application, password_hash: str) -> None:
    """The latest sign-up is the one that counts; nobody could have entered before."""
    user.name, user.language, user.password_hash = wanted.name, wanted.language, password_hash
    own = select(Customer).join(Membership, Membership.customer_id == Customer.id).where(Membership.user_id == user.id)
    for customer in session.scalars(own.where(Customer.currency.is_(None))):
        _fill(customer, wanted)


def _fill(customer: Customer, wanted: Application) -> None:
    customer.name = wanted.company or wanted.name
    customer.email = wanted.email
    customer.class_ = "business" if wanted.company else "person"
    customer.country = wanted.country
    customer.language = wanted.language
    customer.zone = wanted.zone or places.zone_of(wanted.country)
