"""The staff's list of attempts in doubt: the oldest first, with what the gateway said last."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import and_, func, literal_column, or_, select
from sqlalchemy.orm import Session

from portal.core.keyset import AnySelect, Order, Sheet, sheet
from portal.core.money import Money
from portal.customers.models import Customer
from portal.identity.models import Approval
from portal.invoicing.models import Invoice
from portal.payments.models import Attempt, GatewayAccount
from portal.reporting.payment_list import DOUBTED, MOST_COUNTED

DEED = "attempt.settle"
AGES = ("day", "hour")
_OLDER = {"day": timedelta(days=1), "hour": timedelta(hours=1)}
_ORDER = Order(Attempt.id, Attempt.id, int)


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """`age`: only those that were opened before a day or an hour ago."""

    words: str = ""
    currency: str = ""
    gateway: str = ""
    age: str = ""


def page(session: Session, filters: Filters, *, at: datetime, places: Mapping[str, str], limit: int) -> Sheet:
    """With customer, invoice, gateway, and the request that waits for a second person."""
    wanted = _narrowed(_rows(), filters, at)
    return sheet(session, wanted, _ORDER, after=places["after"], before=places["before"], limit=limit)


def sums(session: Session, filters: Filters, *, at: datetime) -> tuple[int, list[Money]]:
    counted = _narrowed(_rows(), filters, at).limit(MOST_COUNTED + 1).subquery()
    by_currency = select(counted.c.currency, func.count(), func.sum(counted.c.amount_minor))
    found = session.execute(by_currency.group_by(counted.c.currency).order_by(counted.c.currency)).all()
    return sum(row[1] for row in found), [Money(int(row[2]), row[0]) for row in found]


def settling(session: Session, reference: str) -> Approval | None:
    """The last request to settle the attempt by evidence, decided or not."""
    asked = select(Approval).where(Approval.deed == DEED, Approval.subject == reference)
    return session.scalar(asked.order_by(Approval.id.desc()).limit(1))


def _rows() -> AnySelect:
    return (
        select(
            Attempt.reference, Attempt.created_at, Attempt.sent_at, Attempt.status, Attempt.kind, Attempt.amount_minor,
            Attempt.currency, Attempt.reason, Attempt.queries, Attempt.misses, Attempt.next_action_at,
            Customer.name.label("customer"), Customer.ref.label("customer_ref"), GatewayAccount.gateway,
            Invoice.label, Invoice.ref.label("invoice_ref"), Approval.ref.label("approval_ref"),
        )
        .join(Customer, Customer.id == Attempt.customer_id)
        .join(GatewayAccount, GatewayAccount.id == Attempt.gateway_account_id)
        .outerjoin(Invoice, Invoice.id == Attempt.invoice_id)
        .outerjoin(Approval, and_(Approval.subject == Attempt.reference, Approval.decision.is_(None)))
        .where(literal_column(DOUBTED))
    )  # fmt: skip


def _narrowed(wanted: AnySelect, filters: Filters, at: datetime) -> AnySelect:
    if filters.currency:
        wanted = wanted.where(Attempt.currency == filters.currency)
    if filters.gateway:
        wanted = wanted.where(GatewayAccount.gateway == filters.gateway)
    if filters.age:
        wanted = wanted.where(Attempt.created_at <= at - _OLDER[filters.age])
    if filters.words:
        pattern = f"%{filters.words.lower().replace('%', '').replace('_', ' ')}%"
        named = func.lower(Customer.name).like(pattern)
        wanted = wanted.where(or_(Attempt.reference == filters.words, named))
    return wanted
