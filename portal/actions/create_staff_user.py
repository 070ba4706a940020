"""A person of the house gets an account."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from portal.core import audit
from portal.core.actors import Actor
from portal.core.db import transaction
from portal.core.errors import Invalid, Refused
from portal.core.formats import LANGUAGES
from portal.core.ids import public_ref
from portal.identity import passwords
from portal.identity.models import User, UserRole
from portal.identity.queries import by_email, role_named


@dataclass(frozen=True, slots=True)
class StaffUser:
    """Who they are and what they may do: `roles` are names of staff roles."""

    email: str
    name: str
    password: str
    roles: Sequence[str]
    language: str = "en"


def create_staff_user(wanted: StaffUser, *, actor: Actor, at: datetime) -> str:
    """They may sign in at once. Returns their reference. Refused for an address that somebody has."""
    _require_sound(wanted)
    with transaction() as session:
        if by_email(session, wanted.email) is not None:
            raise Refused("Somebody has this address already. Nothing was changed.")
        user = User(
            ref=public_ref("usr"),
            email=wanted.email.strip(),
            name=wanted.name,
            password_hash=passwords.hash_password(wanted.password),
            is_staff=True,
            language=wanted.language,
            email_verified_at=at,
            created_at=at,
        )
        session.add(user)
        session.flush()
        roles = [role_named(session, name, side="staff") for name in sorted(set(wanted.roles))]
        session.add_all([UserRole(user_id=user.id, role_id=role.id) for role in roles])
        audit.record(session, actor, "user.created", at=at, subject=user.ref, roles=[role.name for role in roles])
        return user.ref


def _require_sound(wanted: StaffUser) -> None:
    if "@" not in wanted.email.strip("@ "):
        raise Invalid("Write a mail address like ada@example.com.", field="email")
    if wanted.language not in LANGUAGES:
        raise Invalid("Choose a language of the list.", field="language")
    passwords.require_strong(wanted.password, about=(wanted.name, wanted.email))
