"""The staff's list of what differs between our books and the gateways', and when each was last looked at."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, func, literal_column, or_, select, true
from sqlalchemy.orm import Session

from portal.core.keyset import AnySelect, Order, Sheet, sheet
from portal.customers.models import Customer
from portal.payments.models import GatewayAccount, Payment
from portal.reconciling.models import Difference, Reconciliation

MOST_COUNTED = 10_000
TABS = ("open", "closed")
_OF_TAB: dict[str, ColumnElement[bool]] = {
    "open": literal_column("differences.closed_at IS NULL"),
    "closed": literal_column("differences.closed_at IS NOT NULL"),
}
_LATEST = Order(Difference.id, Difference.id, int, is_falling=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """`words`: a reference of ours or the gateway's, or a customer's name."""

    tab: str = "open"
    words: str = ""
    gateway: str = ""
    kind: str = ""


def page(session: Session, filters: Filters, *, places: Mapping[str, str], limit: int) -> Sheet:
    """With customer, payment and gateway; the latest first."""
    wanted = _narrowed(
        select(
            Difference,
            Customer.name.label("customer"),
            Customer.ref.label("customer_ref"),
            Payment.ref.label("payment_ref"),
            GatewayAccount.gateway,
            GatewayAccount.mode,
        ),
        filters,
    )
    return sheet(session, wanted, _LATEST, after=places["after"], before=places["before"], limit=limit)


def count(session: Session, filters: Filters) -> int:
    """How many, at most MOST_COUNTED and one."""
    some = _narrowed(select(Difference.id), filters).limit(MOST_COUNTED + 1).subquery()
    return session.scalar(select(func.count()).select_from(some)) or 0


def open_count(session: Session) -> int:
    some = select(Difference.id).where(_OF_TAB["open"]).limit(MOST_COUNTED + 1).subquery()
    return session.scalar(select(func.count()).select_from(some)) or 0


def accounts(session: Session) -> Sequence[Any]:
    """Each gateway account with its latest look, if there was one."""
    latest = (
        select(Reconciliation)
        .where(Reconciliation.gateway_account_id == GatewayAccount.id)
        .order_by(Reconciliation.id.desc())
        .limit(1)
        .lateral("latest")
    )
    rows = select(GatewayAccount.ref, GatewayAccount.gateway, GatewayAccount.mode, GatewayAccount.is_enabled, latest)
    return session.execute(rows.outerjoin(latest, true()).order_by(GatewayAccount.id)).all()


def _narrowed(wanted: AnySelect, filters: Filters) -> AnySelect:
    wanted = (
        wanted.select_from(Difference)
        .join(GatewayAccount, GatewayAccount.id == Difference.gateway_account_id)
        .outerjoin(Customer, Customer.id == Difference.customer_id)
        .outerjoin(Payment, Payment.id == Difference.payment_id)
        .where(_OF_TAB[filters.tab])
    )
    if filters.gateway:
        wanted = wanted.where(GatewayAccount.gateway == filters.gateway)
    if filters.kind:
        wanted = wanted.where(Difference.kind == filters.kind)
    if filters.words:
        like = f"%{filters.words.replace('%', '').replace('_', chr(92) + '_')}%"
        wanted = wanted.where(
            or_(
                Difference.subject.ilike(like),
                Difference.ref == filters.words,
                Payment.ref == filters.words,
                func.lower(Customer.name).ilike(like.lower()),
            )
        )
    return wanted
