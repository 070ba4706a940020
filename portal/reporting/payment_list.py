"""The staff's lists of money: payments that arrived, and attempts whose outcome is not known or went wrong."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, and_, func, literal_column, or_, select
from sqlalchemy.orm import Session

from portal.banking.models import BankAccount, BankReceipt
from portal.core.keyset import AnySelect, Order, Sheet, sheet
from portal.core.money import Money
from portal.customers.models import Customer
from portal.invoicing.models import Invoice
from portal.payments.models import Attempt, GatewayAccount, Payment, PaymentAllocation, PaymentMethod

MOST_COUNTED = 10_000
TABS = ("payments", "doubt", "declined", "live")
DOUBTED = "attempts.status IN ('sending', 'pending', 'unknown')"
STANDING = "attempts.status IN ('waiting', 'action_required')"
_OF_TAB: dict[str, ColumnElement[bool]] = {
    "doubt": literal_column(DOUBTED),
    "declined": literal_column("attempts.status = 'declined'"),
    "live": literal_column(STANDING),
}
_PAYMENTS = Order(Payment.received_on, Payment.id, date, is_falling=True)
_ATTEMPTS = Order(Attempt.id, Attempt.id, int, is_falling=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """`words`: a reference of ours or the gateway's, or a customer's name. Days are of receipt or of the attempt."""

    tab: str = "payments"
    words: str = ""
    currency: str = ""
    customer_ref: str = ""
    status: str = ""
    from_on: date | None = None
    until_on: date | None = None


def page(session: Session, filters: Filters, *, places: Mapping[str, str], limit: int) -> Sheet:
    """Payments with their method and invoice, or attempts with theirs."""
    order = _PAYMENTS if filters.tab == "payments" else _ATTEMPTS
    return sheet(session, _page(filters), order, after=places["after"], before=places["before"], limit=limit)


def sums(session: Session, filters: Filters) -> tuple[int, list[Money]]:
    """How many rows (at most MOST_COUNTED are looked at), and what they come to by currency."""
    found = session.execute(_sums(filters)).all()
    return sum(row[1] for row in found), [Money(int(row[2]), row[0]) for row in found]


@lru_cache(maxsize=64)
def _sums(filters: Filters) -> AnySelect:
    table = Payment if filters.tab == "payments" else Attempt
    rows = select(table.currency, table.amount_minor).select_from(table)
    if filters.words or filters.customer_ref:  # with customers that no filter is about, all would be read
        rows = rows.outerjoin(Customer, Customer.id == table.customer_id)
    counted = _narrowed(rows, filters, filters.tab).limit(MOST_COUNTED + 1).subquery()
    by_currency = select(counted.c.currency, func.count(), func.sum(counted.c.amount_minor)).group_by(
        counted.c.currency
    )
    return by_currency.order_by(counted.c.currency)


def counts(session: Session) -> dict[str, int]:
    """What waits behind the tabs of attempts."""
    return dict(session.execute(_counts()).one()._mapping)


@lru_cache(maxsize=1)
def _counts() -> AnySelect:
    parts = [
        select(func.count())
        .select_from(select(Attempt.id).where(condition).limit(MOST_COUNTED + 1).subquery())
        .scalar_subquery()
        .label(tab)
        for tab, condition in _OF_TAB.items()
        if tab != "declined"
    ]
    return select(*parts)


@lru_cache(maxsize=64)
def _page(filters: Filters) -> AnySelect:
    return _narrowed(_payments() if filters.tab == "payments" else _attempts(), filters, filters.tab)


def _payments() -> AnySelect:
    return (
        select(
            Payment.ref, Payment.received_on, Payment.created_at, Payment.status, Payment.amount_minor,
            Payment.refunded_minor, Payment.fee_minor, Payment.currency, Payment.gateway_ref,
            Customer.name.label("customer"), Customer.ref.label("customer_ref"),
            GatewayAccount.gateway, PaymentMethod.kind.label("method_kind"), PaymentMethod.brand, PaymentMethod.last4,
            Attempt.reference, Attempt.kind, Attempt.payable,
            _first("label").label("label"), _first("ref").label("invoice_ref"),
            BankAccount.name.label("bank_account"), BankReceipt.reference.label("bank_reference"), BankReceipt.payer,
        )
        .outerjoin(BankReceipt, BankReceipt.payment_id == Payment.id)
        .outerjoin(BankAccount, BankAccount.id == BankReceipt.bank_account_id)
        .outerjoin(Customer, Customer.id == Payment.customer_id)
        .outerjoin(GatewayAccount, GatewayAccount.id == Payment.gateway_account_id)
        .outerjoin(Attempt, Attempt.id == Payment.attempt_id)
        .outerjoin(PaymentMethod, PaymentMethod.id == Attempt.method_id)
    )  # fmt: skip


def _first(column: str) -> Any:
    """Of the invoice that the payment paid first, if any."""
    paid = select(getattr(Invoice, column)).join(PaymentAllocation, PaymentAllocation.invoice_id == Invoice.id)
    paid = paid.where(PaymentAllocation.payment_id == Payment.id, PaymentAllocation.amount_minor > 0)
    return paid.order_by(PaymentAllocation.id).limit(1).correlate(Payment).scalar_subquery()


def _attempts() -> AnySelect:
    return (
        select(
            Attempt.reference, Attempt.created_at, Attempt.sent_at, Attempt.closed_at, Attempt.status, Attempt.kind,
            Attempt.trigger, Attempt.amount_minor, Attempt.currency, Attempt.reason, Attempt.decline,
            Attempt.decline_code, Attempt.queries, Attempt.next_action_at,
            Customer.name.label("customer"), Customer.ref.label("customer_ref"), GatewayAccount.gateway,
            PaymentMethod.kind.label("method_kind"), PaymentMethod.brand, PaymentMethod.last4,
            Invoice.label, Invoice.ref.label("invoice_ref"),
        )
        .join(Customer, Customer.id == Attempt.customer_id)
        .join(GatewayAccount, GatewayAccount.id == Attempt.gateway_account_id)
        .outerjoin(Invoice, Invoice.id == Attempt.invoice_id)
        .outerjoin(PaymentMethod, PaymentMethod.id == Attempt.method_id)
    )  # fmt: skip


def _narrowed(wanted: AnySelect, filters: Filters, tab: str) -> AnySelect:
    is_money = tab == "payments"
    table = Payment if is_money else Attempt
    on = Payment.received_on if is_money else func.date(Attempt.created_at)
    if not is_money:
        wanted = wanted.where(_OF_TAB[tab])
    if filters.status:
        wanted = wanted.where(table.status == filters.status)
    if filters.currency:
        wanted = wanted.where(table.currency == filters.currency)
    if filters.customer_ref:
        wanted = wanted.where(Customer.ref == filters.customer_ref)
    if filters.from_on:
        wanted = wanted.where(on >= filters.from_on)
    if filters.until_on:
        wanted = wanted.where(on <= filters.until_on)
    if filters.words:
        pattern = f"%{filters.words.lower().replace('%', '').replace('_', ' ')}%"
        named = and_(Customer.id.is_not(None), func.lower(Customer.name).like(pattern))
        own = Payment.ref if is_money else Attempt.reference
        meant = [own == filters.words, table.gateway_ref == filters.words, named]
        if is_money:
            at_bank = select(BankReceipt.payment_id).where(BankReceipt.reference == filters.words)
            meant.append(Payment.id.in_(at_bank))
        wanted = wanted.where(or_(*meant))
    return wanted
