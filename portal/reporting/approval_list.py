"""What waits for a second person, what was decided, and one request with the people in it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, any_, cast, extract, func, select
from sqlalchemy.orm import Session, aliased

from portal.core.errors import NotFound
from portal.core.keyset import AnySelect, Order, Sheet, order_of, sheet
from portal.customers.models import Customer
from portal.identity.models import Approval, Role, User, UserRole
from portal.identity.permissions import Permission

TABS = ("waiting", "mine", "decided")
ORDERS = {
    "asked": Order(cast(extract("epoch", Approval.requested_at), BigInteger), Approval.id, int),
    "amount": Order(Approval.amount_minor, Approval.id, int),
}
_asker, _decider = aliased(User), aliased(User)
_ROW = (
    Approval.ref, Approval.deed, Approval.subject, Approval.amount_minor, Approval.currency, Approval.facts,
    Approval.reason, Approval.requested_by, Approval.requested_at, Approval.decision, Approval.decided_at,
    _asker.name.label("asker"), _decider.name.label("decider"),
    Customer.name.label("customer"), Customer.ref.label("customer_ref"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class May:
    """Whether somebody may approve at all, and up to how much by currency; a currency that is missing has no bound."""

    approves: bool
    limits: Mapping[str, int]

    def covers(self, minor: int, currency: str) -> bool:
        return self.approves and minor <= self.limits.get(currency, minor)


def page(session: Session, tab: str, user_id: int, *, sort: str, places: Mapping[str, str], limit: int) -> Sheet:
    """A page of requests: those that wait the oldest first, decided ones the latest first."""
    order = order_of(ORDERS, sort or ("-asked" if tab == "decided" else "asked"))
    wanted = _joined(select(*_ROW)).where(_of_tab(tab, user_id))
    return sheet(session, wanted, order, after=places["after"], before=places["before"], limit=limit)


def counts(session: Session, user_id: int) -> dict[str, int]:
    """How many wait, and how many of them this person asked for."""
    waiting = Approval.decision.is_(None)
    row = session.execute(
        select(func.count(), func.count().filter(Approval.requested_by == user_id)).where(waiting)
    ).one()
    return {"waiting": row[0], "mine": row[1]}


def with_people(session: Session, ref: str) -> Any:
    """The request as an entity (`Approval`) with the names of who asked and who decided, and its customer."""
    row = session.execute(
        _joined(
            select(
                Approval, _asker.name.label("asker"), _decider.name.label("decider"),
                Customer.name.label("customer"), Customer.ref.label("customer_ref"),
            )
        ).where(Approval.ref == ref)
    ).one_or_none()  # fmt: skip
    if row is None:
        raise NotFound("There is no such request.")
    return row


def may_approve(session: Session, user_id: int) -> May:
    """What the roles of this person allow."""
    held = session.scalars(
        select(Role.approval_limits)
        .join(UserRole, UserRole.role_id == Role.id)
        .where(UserRole.user_id == user_id, Role.side == "staff")
        .where(any_(Role.permissions) == str(Permission.BILLING_APPROVE))
    ).all()
    bounded = set.intersection(*(set(limits) for limits in held)) if held else set()
    return May(bool(held), {currency: max(int(limits[currency]) for limits in held) for currency in bounded})


def _joined(wanted: AnySelect) -> AnySelect:
    return (
        wanted.join(_asker, _asker.id == Approval.requested_by)
        .outerjoin(_decider, _decider.id == Approval.decided_by)
        .outerjoin(Customer, Customer.id == Approval.customer_id)
    )


def _of_tab(tab: str, user_id: int) -> ColumnElement[bool]:
    if tab == "decided":
        return Approval.decision.is_not(None)
    if tab == "mine":
        return Approval.decision.is_(None) & (Approval.requested_by == user_id)
    return Approval.decision.is_(None)
