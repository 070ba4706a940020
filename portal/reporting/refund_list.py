"""The staff's lists of money that goes back: refunds and disputes."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Text, and_, bindparam, cast, func, literal, literal_column, or_, select, union_all
from sqlalchemy.orm import Session

from portal.core.errors import NotFound
from portal.core.keyset import AnySelect, Order, Sheet, sheet
from portal.core.money import Money
from portal.customers.models import Customer
from portal.identity.models import Approval
from portal.invoicing.models import CreditNote, Invoice
from portal.payments.models import Attempt, GatewayAccount, GatewayNews, Payment, PaymentMethod
from portal.payments.refund_models import Dispute, Refund

MOST_COUNTED = 10_000
TABS = ("open", "attention", "done", "failed", "all")
DISPUTE_TABS = ("open", "won", "lost", "all")
_OPEN = "refunds.status IN ('requested', 'approved', 'sending', 'pending', 'needs_attention', 'unknown')"
_ATTENTION = """(refunds.status IN ('requested', 'needs_attention')
                 OR refunds.status = 'approved' AND refunds.way = 'by_hand')"""
_OF_TAB: dict[str, ColumnElement[bool]] = {
    "open": literal_column(_OPEN),
    "attention": literal_column(_ATTENTION),
    "done": literal_column("refunds.status = 'succeeded'"),
    "failed": literal_column("refunds.status IN ('failed', 'canceled')"),
    "all": literal_column("true"),
}
_OF_DISPUTE_TAB: dict[str, ColumnElement[bool]] = {
    "open": literal_column("disputes.status IN ('needs_response', 'under_review')"),
    "won": literal_column("disputes.status = 'won'"),
    "lost": literal_column("disputes.status = 'lost'"),
    "all": literal_column("true"),
}
_REFUNDS = Order(Refund.id, Refund.id, int, is_falling=True)
_DISPUTES = Order(Dispute.id, Dispute.id, int, is_falling=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """`words`: a reference of ours or the gateway's, or a customer's name. `way`: gateway or by hand."""

    tab: str = "open"
    words: str = ""
    currency: str = ""
    customer_ref: str = ""
    gateway: str = ""
    way: str = ""


def refunds(session: Session, filters: Filters, *, places: Mapping[str, str], limit: int) -> Sheet:
    """With their customer, payment and gateway; the latest first."""
    wanted = _narrowed(_rows(Refund), Refund, filters).where(_OF_TAB[filters.tab])
    wanted = wanted.add_columns(Refund.way, Refund.source, Refund.reason)
    if filters.way:
        wanted = wanted.where(Refund.way == filters.way)
    return sheet(session, wanted, _REFUNDS, after=places["after"], before=places["before"], limit=limit)


def disputes(session: Session, filters: Filters, *, places: Mapping[str, str], limit: int) -> Sheet:
    wanted = _narrowed(_rows(Dispute), Dispute, filters).where(_OF_DISPUTE_TAB[filters.tab])
    wanted = wanted.add_columns(Dispute.due_at, Dispute.category, Dispute.opened_at, Dispute.answer)
    return sheet(session, wanted, _DISPUTES, after=places["after"], before=places["before"], limit=limit)


def refund_sums(session: Session, filters: Filters) -> tuple[int, list[Money]]:
    """How many rows (at most MOST_COUNTED are looked at), and what they come to by currency."""
    return _sums(session, Refund, _OF_TAB[filters.tab], filters)


def dispute_sums(session: Session, filters: Filters) -> tuple[int, list[Money]]:
    return _sums(session, Dispute, _OF_DISPUTE_TAB[filters.tab], filters)


def counts(session: Session) -> dict[str, int]:
    """What waits behind the tabs of refunds."""
    return _counted(session, Refund, {tab: _OF_TAB[tab] for tab in ("open", "attention")})


def dispute_counts(session: Session) -> dict[str, int]:
    return _counted(session, Dispute, {"open": _OF_DISPUTE_TAB["open"]})


def refund(session: Session, ref: str) -> Any:
    """The refund with its customer, payment, gateway account, credit note and the request that waits for a second
    person."""
    row = session.execute(
        select(
            Refund, Customer.id.label("customer_id"), Customer.ref.label("customer_ref"), Customer.name,
            Payment.ref.label("payment_ref"), Payment.amount_minor.label("paid_minor"), Payment.gateway_ref,
            GatewayAccount.gateway, GatewayAccount.mode, CreditNote.ref.label("note_ref"),
            CreditNote.label.label("note_label"), Attempt.reference, PaymentMethod.brand, PaymentMethod.last4,
            PaymentMethod.kind.label("method_kind"), Approval.ref.label("approval_ref"),
        )
        .join(Customer, Customer.id == Refund.customer_id)
        .join(Payment, Payment.id == Refund.payment_id)
        .outerjoin(GatewayAccount, GatewayAccount.id == Refund.gateway_account_id)
        .outerjoin(CreditNote, CreditNote.id == Refund.credit_note_id)
        .outerjoin(Attempt, Attempt.id == Payment.attempt_id)
        .outerjoin(PaymentMethod, PaymentMethod.id == Attempt.method_id)
        .outerjoin(Approval, and_(Approval.subject == Refund.ref, Approval.decision.is_(None)))
        .where(Refund.ref == ref)
    ).one_or_none()  # fmt: skip
    if row is None:
        raise NotFound("There is no such refund.")
    return row


def dispute(session: Session, ref: str) -> Any:
    """The dispute with its customer, payment and the invoice that was paid."""
    row = session.execute(
        select(
            Dispute, Customer.id.label("customer_id"), Customer.ref.label("customer_ref"), Customer.name,
            Payment.ref.label("payment_ref"), Payment.amount_minor.label("paid_minor"), Payment.received_on,
            GatewayAccount.gateway, GatewayAccount.mode, Attempt.reference, Invoice.ref.label("invoice_ref"),
            Invoice.label, Approval.ref.label("approval_ref"),
        )
        .join(Customer, Customer.id == Dispute.customer_id)
        .join(Payment, Payment.id == Dispute.payment_id)
        .join(GatewayAccount, GatewayAccount.id == Dispute.gateway_account_id)
        .outerjoin(Attempt, Attempt.id == Payment.attempt_id)
        .outerjoin(Invoice, Invoice.id == Attempt.invoice_id)
        .outerjoin(Approval, and_(Approval.subject == Dispute.ref, Approval.decision.is_(None)))
        .where(Dispute.ref == ref)
    ).one_or_none()  # fmt: skip
    if row is None:
        raise NotFound("There is no such dispute.")
    return row


def of_payment(session: Session, payment_id: int) -> list[Any]:
    """All refunds and disputes of the payment, the latest first; `noun` says which it is."""
    return list(session.execute(_of_payment(), {"payment": payment_id}))


@lru_cache(maxsize=1)
def _of_payment() -> AnySelect:
    gone = select(
        literal("refund").label("noun"),
        Refund.ref,
        cast(Refund.status, Text).label("status"),
        Refund.amount_minor,
        Refund.currency,
        Refund.created_at.label("at"),
        Refund.reason.label("words"),
    ).where(Refund.payment_id == bindparam("payment"))
    asked = select(
        literal("dispute"),
        Dispute.ref,
        cast(Dispute.status, Text),
        Dispute.amount_minor,
        Dispute.currency,
        Dispute.opened_at,
        Dispute.category,
    ).where(Dispute.payment_id == bindparam("payment"))
    both = union_all(gone, asked).subquery()
    return select(both).order_by(both.c.at.desc(), both.c.ref)


def news(session: Session, reference: str | None, since: datetime) -> list[Any]:
    """What the gateway told us about the payment since then, the latest first; bodies stay in the store."""
    if not reference:
        return []
    columns = (GatewayNews.kind, GatewayNews.status, GatewayNews.signature, GatewayNews.received_at)
    wanted = select(*columns).where(GatewayNews.reference == reference, GatewayNews.received_at >= since)
    return list(session.execute(wanted.order_by(GatewayNews.id.desc()).limit(20)))


def _rows(table: type[Refund] | type[Dispute]) -> AnySelect:
    return (
        select(
            table.ref, table.status, table.amount_minor, table.currency, table.gateway_ref,
            Customer.name.label("customer"), Customer.ref.label("customer_ref"), Payment.ref.label("payment_ref"),
            GatewayAccount.gateway, _when(table).label("at"),
        )
        .join(Customer, Customer.id == table.customer_id)
        .join(Payment, Payment.id == table.payment_id)
        .outerjoin(GatewayAccount, GatewayAccount.id == table.gateway_account_id)
    )  # fmt: skip


def _when(table: type[Refund] | type[Dispute]) -> Any:
    return Refund.created_at if table is Refund else Dispute.opened_at


def _narrowed(wanted: AnySelect, table: type[Refund] | type[Dispute], filters: Filters) -> AnySelect:
    if filters.currency:
        wanted = wanted.where(table.currency == filters.currency)
    if filters.customer_ref:
        wanted = wanted.where(Customer.ref == filters.customer_ref)
    if filters.gateway:
        wanted = wanted.where(GatewayAccount.gateway == filters.gateway)
    if filters.words:
        pattern = f"%{filters.words.lower().replace('%', '').replace('_', ' ')}%"
        named = func.lower(Customer.name).like(pattern)
        own = or_(table.ref == filters.words, table.gateway_ref == filters.words, Payment.ref == filters.words)
        wanted = wanted.where(or_(own, named))
    return wanted


def _sums(
    session: Session, table: type[Refund] | type[Dispute], of_tab: ColumnElement[bool], filters: Filters
) -> tuple[int, list[Money]]:
    rows = _narrowed(_rows(table), table, filters).where(of_tab)
    if filters.way and table is Refund:
        rows = rows.where(Refund.way == filters.way)
    counted = rows.limit(MOST_COUNTED + 1).subquery()
    by_currency = select(counted.c.currency, func.count(), func.sum(counted.c.amount_minor))
    found = session.execute(by_currency.group_by(counted.c.currency).order_by(counted.c.currency)).all()
    return sum(row[1] for row in found), [Money(int(row[2]), row[0]) for row in found]


def _counted(
    session: Session, table: type[Refund] | type[Dispute], tabs: Mapping[str, ColumnElement[bool]]
) -> dict[str, int]:
    parts = [
        select(func.count())
        .select_from(select(table.id).where(condition).limit(MOST_COUNTED + 1).subquery())
        .scalar_subquery()
        .label(tab)
        for tab, condition in tabs.items()
    ]
    return dict(session.execute(select(*parts)).one()._mapping)
