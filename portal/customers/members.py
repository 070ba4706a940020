"""Who is signed in, what they may do, and for which customer they act: one statement per request."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ScalarSelect, Select, bindparam, case, func, select, true
from sqlalchemy.orm import Session
from sqlalchemy.sql.selectable import LateralFromClause

from portal.core import clock
from portal.core.business import Business, Switch, VirtualClock
from portal.core.tasks import Task
from portal.customers.models import Customer, Membership
from portal.identity.models import Role, SignInSession, User, UserRole
from portal.identity.permissions import CUSTOMER_SIDE
from portal.identity.sessions import SEEN_EVERY, limits_of
from portal.identity.tokens import digest


@dataclass(frozen=True, slots=True)
class House:
    """What stands around every page about the company whose portal it is, and which emergency switches are on, why."""

    name: str
    legal_name: str
    accent: str
    zone: str
    language: str
    country: str
    switches: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class ActsFor:
    """The customer that somebody acts for now, and as what."""

    customer_id: int
    ref: str
    name: str
    zone: str
    role: str


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A person as their browser's token found them. Values, so they outlive the page's reading session.

    `at` is business time then. `waiting`: for staff, how many tasks of each kind are open.
    """

    session_id: int
    token: str
    user_id: int
    ref: str
    name: str
    email: str
    language: str
    is_staff: bool
    roles: tuple[str, ...]
    permissions: frozenset[str]
    customer: ActsFor | None
    seen_at: datetime
    house: House
    at: datetime
    waiting: Mapping[str, int] = field(default_factory=dict)

    is_authenticated = True
    is_active = True
    is_anonymous = False

    def get_id(self) -> str:
        """What the cookie keeps of all this."""
        return self.token

    def is_seen_long_ago(self, wall_at: datetime) -> bool:
        return wall_at - self.seen_at >= SEEN_EVERY


def who(session: Session, token: str, *, wall_at: datetime) -> SignedIn | None:
    """Whoever holds `token`, unless they were signed out, too long idle, or deactivated."""
    row = session.execute(_WHO, {"token_hash": digest(token)}).one_or_none()
    if row is None or wall_at >= row.ends_at or wall_at >= row.seen_at + limits_of(row.is_staff).idle:
        return None
    staff_roles: dict[str, list[str]] = (row.staff_roles or {}) if row.is_staff else {}
    granted = {name for held in staff_roles.values() for name in held} - CUSTOMER_SIDE
    customer = None
    if row.customer_id is not None:
        customer = ActsFor(row.customer_id, row.customer_ref, row.customer_name, row.customer_zone, row.customer_role)
        granted |= CUSTOMER_SIDE & set(row.customer_permissions)
    return SignedIn(
        session_id=row.session_id,
        token=token,
        user_id=row.user_id,
        ref=row.ref,
        name=row.name,
        email=row.email,
        language=row.language,
        is_staff=row.is_staff,
        roles=tuple(sorted(staff_roles)),
        permissions=frozenset(granted),
        customer=customer,
        seen_at=row.seen_at,
        house=_house(row),
        at=clock.shown(row.frozen_at, row.shift_seconds, wall_at),
        waiting=row.waiting or {},
    )


def house(session: Session) -> House:
    """The company, for pages that nobody is signed in to."""
    return _house(session.execute(select(*_HOUSE)).one())


def _house(row: Any) -> House:
    return House(
        row.house_name,
        row.legal_name,
        row.accent,
        row.house_zone,
        row.house_language,
        row.house_country,
        tuple(sorted((row.switches_on or {}).items())),
    )


_HOUSE = (
    Business.name.label("house_name"),
    Business.legal_name,
    Business.accent,
    Business.zone.label("house_zone"),
    Business.language.label("house_language"),
    Business.country.label("house_country"),
    select(func.jsonb_object_agg(Switch.name, Switch.reason))
    .where(Switch.is_on)
    .scalar_subquery()
    .label("switches_on"),
)


def _who() -> Select[Any]:
    """Role permissions are read here on every request, so that a change counts from the next one on."""
    chosen = _chosen_customer()
    return (
        select(
            SignInSession.id.label("session_id"),
            SignInSession.seen_at,
            SignInSession.ends_at,
            User.id.label("user_id"),
            User.ref,
            User.name,
            User.email,
            User.language,
            User.is_staff,
            _staff_roles().label("staff_roles"),
            case((User.is_staff, _waiting())).label("waiting"),
            chosen,
            VirtualClock.frozen_at,
            VirtualClock.shift_seconds,
            *_HOUSE,
        )
        .select_from(SignInSession)
        .join(User, User.id == SignInSession.user_id)
        .join(Business, true())
        .outerjoin(VirtualClock, true())
        .outerjoin(chosen, true())
        .where(SignInSession.token_hash == bindparam("token_hash"), User.deactivated_at.is_(None))
    )


def _staff_roles() -> ScalarSelect[Any]:
    """Name → permissions of the user's staff roles; null without any."""
    return (
        select(func.jsonb_object_agg(Role.name, func.to_jsonb(Role.permissions)))
        .join(UserRole, UserRole.role_id == Role.id)
        .where(UserRole.user_id == User.id, Role.side == "staff")
        .correlate(User)
        .scalar_subquery()
    )


def _waiting() -> ScalarSelect[Any]:
    """Kind → how many tasks of it are open; null without any."""
    by_kind = (
        select(Task.kind, func.count().label("number")).where(Task.closed_at.is_(None)).group_by(Task.kind).subquery()
    )
    return select(func.jsonb_object_agg(by_kind.c.kind, by_kind.c.number)).scalar_subquery()


def _chosen_customer() -> LateralFromClause:
    """The customer that the session chose, or the first by name if it chose none or may no longer."""
    return (
        select(
            Customer.id.label("customer_id"),
            Customer.ref.label("customer_ref"),
            Customer.name.label("customer_name"),
            Customer.zone.label("customer_zone"),
            Role.name.label("customer_role"),
            Role.permissions.label("customer_permissions"),
        )
        .join(Membership, Membership.customer_id == Customer.id)
        .join(Role, Role.id == Membership.role_id)
        .where(Membership.user_id == User.id, Role.side == "customer")
        .order_by((Customer.id == SignInSession.customer_id).desc().nulls_last(), Customer.name, Customer.id)
        .limit(1)
        .correlate(User, SignInSession)
        .lateral("chosen")
    )


_WHO = _who()
