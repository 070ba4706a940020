"""What a transfer could be for, read from the database for `matching`, which decides."""

from __future__ import annotations

import re
from collections.abc import Iterable

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from portal.banking.matching import NEAR, Owed, Recorded, Transfer
from portal.banking.models import BankReceipt
from portal.banking.statements.models import BankLine
from portal.core.bulk import among
from portal.core.money import Money
from portal.customers.models import Customer
from portal.invoicing.models import Invoice
from portal.invoicing.references import references_in
from portal.invoicing.states import InvoiceStatus
from portal.payments.models import Payment
from portal.payments.states import PaymentStatus

MOST = 80
WORDS = 3
_NUMBER = re.compile(r"\b([A-Z]{2,5})[\s\-/.]*(20[0-9]{2})[\s\-/.]*([0-9]{1,8})\b")
_WORD = re.compile(r"[^\W\d_]{4,}")


def transfer_of(line: BankLine) -> Transfer:
    """The line as `matching` compares it."""
    return Transfer(line.amount, line.value_on, line.reference, line.name)


def owed(session: Session, transfer: Transfer, *, by_name: bool = True) -> list[Owed]:
    """Open invoices with anything in common with the transfer. `by_name` reads through the names of customers."""
    meant: list[ColumnElement[bool]] = [
        among(Invoice.payment_reference, references_in(transfer.text)),
        among(Invoice.label, _numbers(transfer.text)),
        Invoice.open_minor == transfer.amount.minor,
    ]
    words = _words(f"{transfer.name} {transfer.text}") if by_name else []
    meant += [func.lower(Customer.name).contains(word, autoescape=True) for word in words]
    return _owed(session, or_(*meant), transfer.amount.currency)


def owed_by(session: Session, customer_id: int, currency: str) -> list[Owed]:
    """What one customer has to pay."""
    return _owed(session, Invoice.customer_id == customer_id, currency)


def owed_under(session: Session, number: str, currency: str) -> list[Owed]:
    """The invoice with this number or payment reference, or what a customer of this reference or mail owes; what was
    written off too, for somebody asks for it."""
    said = number.strip()
    is_meant = or_(
        Invoice.label.in_([said.upper(), *_numbers(said.upper())]),
        Invoice.payment_reference.in_(references_in(said) or [said.upper().replace(" ", "")]),
        Invoice.ref == said,
        Customer.ref == said,
        func.lower(Customer.email) == said.lower(),
    )
    return _owed(session, is_meant, currency, is_late=True)


def with_refs(session: Session, refs: Iterable[str], currency: str) -> list[Owed]:
    """Those of these invoices that are open in the currency, or were written off."""
    return _owed(session, among(Invoice.ref, refs), currency, is_late=True)


def people(session: Session, words: str, currency: str) -> list[Customer]:
    """Customers whose reference or mail this is, and who may be billed in the currency."""
    said = words.strip()
    found = select(Customer).where(or_(Customer.ref == said, func.lower(Customer.email) == said.lower()))
    wanted = found.where(or_(Customer.currency.is_(None), Customer.currency == currency))
    return list(session.scalars(wanted.order_by(Customer.id).limit(WORDS)))


def recorded(session: Session, transfer: Transfer, bank_account_id: int) -> list[Recorded]:
    """Payments of the same amount and time that somebody wrote down and that no line of a statement is yet."""
    rows = session.execute(
        select(
            Payment.ref, BankReceipt.value_on, BankReceipt.reference, BankReceipt.payer, Customer.name.label("customer")
        )
        .join(BankReceipt, BankReceipt.payment_id == Payment.id)
        .outerjoin(Customer, Customer.id == Payment.customer_id)
        .where(
            BankReceipt.bank_account_id == bank_account_id,
            BankReceipt.amount_minor == transfer.amount.minor,
            BankReceipt.currency == transfer.amount.currency,
            BankReceipt.value_on.between(transfer.on - NEAR, transfer.on + NEAR),
            Payment.status == PaymentStatus.BOOKED,
            ~select(BankLine.id).where(BankLine.payment_id == Payment.id).exists(),
        )
        .order_by(BankReceipt.value_on, Payment.id)
        .limit(MOST)
    )
    return [
        Recorded(row.ref, transfer.amount, row.value_on, row.reference, row.payer, row.customer or "") for row in rows
    ]


def _owed(session: Session, is_meant: ColumnElement[bool], currency: str, *, is_late: bool = False) -> list[Owed]:
    """`is_late`: with what was written off, for money that comes all the same."""
    is_owed = and_(Invoice.status == InvoiceStatus.ISSUED, Invoice.open_minor > 0)
    if is_late:
        is_owed = or_(is_owed, and_(Invoice.status == InvoiceStatus.WRITTEN_OFF, Invoice.written_off_minor > 0))
    rows = session.execute(
        select(
            Invoice.ref, Invoice.label, Invoice.payment_reference, Invoice.open_minor, Invoice.written_off_minor,
            Invoice.due_on,
            Customer.id, Customer.ref.label("customer_ref"), Customer.name,
        )
        .join(Customer, Customer.id == Invoice.customer_id)
        .where(is_owed, Invoice.currency == currency, is_meant)
        .order_by(Invoice.status, Invoice.due_on, Invoice.id)
        .limit(MOST)
    )  # fmt: skip
    return [
        Owed(
            row.ref, row.label or "", row.payment_reference, Money(row.open_minor + row.written_off_minor, currency),
            row.due_on, row.id, row.customer_ref, row.name, is_written_off=row.written_off_minor > 0,
        )
        for row in rows
    ]  # fmt: skip


def _numbers(text: str) -> list[str]:
    """The numbers of invoices that the text may name, as they are printed."""
    found = (f"{kind}-{year}-{int(number):06d}" for kind, year, number in _NUMBER.findall(text.upper()))
    return list(dict.fromkeys(found))


def _words(text: str) -> list[str]:
    """The longest words, which say most."""
    words: Iterable[str] = dict.fromkeys(_WORD.findall(text.lower()))
    return sorted(words, key=lambda word: (-len(word), word))[:WORDS]
