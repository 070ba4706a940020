"""What stands around one payment or one attempt on the staff's page."""

from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from portal.banking.models import BankAccount, BankReceipt
from portal.core.errors import NotFound
from portal.customers.models import Customer
from portal.invoicing.models import Invoice
from portal.journal.models import JournalEntry
from portal.payments.models import Attempt, GatewayAccount, GatewayNews, Payment, PaymentAllocation, PaymentMethod

# Put together once: that takes longer than asking them.
_PAYMENT = (
    select(
        Payment, Customer.id.label("customer_id"), Customer.ref.label("customer_ref"), Customer.name,
        GatewayAccount.gateway, GatewayAccount.mode, Attempt.reference, Attempt.invoice_id,
        Attempt.kind, Attempt.payable,
        PaymentMethod.brand, PaymentMethod.last4, PaymentMethod.kind.label("method_kind"), PaymentMethod.bank,
        BankReceipt, BankAccount,
    )
    .outerjoin(BankReceipt, BankReceipt.payment_id == Payment.id)
    .outerjoin(BankAccount, BankAccount.id == BankReceipt.bank_account_id)
    .outerjoin(Customer, Customer.id == Payment.customer_id)
    .outerjoin(GatewayAccount, GatewayAccount.id == Payment.gateway_account_id)
    .outerjoin(Attempt, Attempt.id == Payment.attempt_id)
    .outerjoin(PaymentMethod, PaymentMethod.id == Attempt.method_id)
    .where(Payment.ref == bindparam("ref"))
)  # fmt: skip
_ALLOCATIONS = (
    select(PaymentAllocation.amount_minor, PaymentAllocation.created_at, Invoice.ref, Invoice.label)
    .join(Invoice, Invoice.id == PaymentAllocation.invoice_id)
    .where(PaymentAllocation.payment_id == bindparam("payment"))
    .order_by(PaymentAllocation.id)
)
_ENTRIES = (
    select(
        JournalEntry.event, JournalEntry.debit, JournalEntry.credit, JournalEntry.amount_minor, JournalEntry.currency,
        JournalEntry.posted_on,
    )
    .where(JournalEntry.document == bindparam("document"))
    .order_by(JournalEntry.id)
)  # fmt: skip


def payment(session: Session, ref: str) -> Any:
    """The payment with its customer, and with its gateway account and attempt, or what the bank said of it."""
    row = session.execute(_PAYMENT, {"ref": ref}).one_or_none()
    if row is None:
        raise NotFound("There is no such payment.")
    return row


def attempt(session: Session, reference: str) -> Any:
    """The attempt with its customer, invoice, account, method, and what it brought."""
    row = session.execute(
        select(
            Attempt, Customer.id.label("customer_id"), Customer.ref.label("customer_ref"), Customer.name,
            GatewayAccount.gateway, GatewayAccount.mode, Invoice.ref.label("invoice_ref"), Invoice.label,
            PaymentMethod.brand, PaymentMethod.last4, PaymentMethod.kind.label("method_kind"), PaymentMethod.bank,
            Payment.ref.label("payment_ref"),
        )
        .join(Customer, Customer.id == Attempt.customer_id)
        .join(GatewayAccount, GatewayAccount.id == Attempt.gateway_account_id)
        .outerjoin(Invoice, Invoice.id == Attempt.invoice_id)
        .outerjoin(PaymentMethod, PaymentMethod.id == Attempt.method_id)
        .outerjoin(Payment, Payment.attempt_id == Attempt.id)
        .where(Attempt.reference == reference)
    ).one_or_none()  # fmt: skip
    if row is None:
        raise NotFound("There is no such attempt.")
    return row


def allocations(session: Session, payment_id: int) -> list[Any]:
    """Which invoices the payment went to, in the order of booking; a negative part was taken back."""
    return list(session.execute(_ALLOCATIONS, {"payment": payment_id}))


def entries(session: Session, ref: str) -> list[Any]:
    """What the payment posted in the journal."""
    return list(session.execute(_ENTRIES, {"document": ref}))


def news(session: Session, reference: str) -> list[Any]:
    """What the gateway told us under the reference, the latest first; bodies stay in the store."""
    columns = (
        GatewayNews.kind, GatewayNews.status, GatewayNews.signature, GatewayNews.outcome, GatewayNews.tries,
        GatewayNews.received_at,
    )  # fmt: skip
    wanted = select(*columns).where(GatewayNews.reference == reference)
    return list(session.execute(wanted.order_by(GatewayNews.id.desc()).limit(50)))
