"""The staff's view of bank statements: what was imported, and the lines of one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, case, func, select
from sqlalchemy.orm import Session

from portal.banking.models import BankAccount
from portal.banking.statements.models import BankLine, StatementImport
from portal.core.errors import NotFound
from portal.core.keyset import AnySelect, Order, Sheet, sheet
from portal.customers.models import Customer
from portal.payments.models import Payment

STATES = ("open", "matched", "reversed", "ignored", "out", "read")
_STATE: ColumnElement[Any] = case(
    (BankLine.status != "booked", BankLine.status),
    (Payment.status == "reversed", "reversed"),
    (Payment.customer_id.is_(None), "open"),
    else_="matched",
)


def page(session: Session, *, places: Mapping[str, str], limit: int) -> Sheet:
    """The imports, the latest first, each with its account and how many of its lines have no owner yet."""
    waiting = (
        select(func.count())
        .select_from(BankLine)
        .join(Payment, Payment.id == BankLine.payment_id)
        .where(BankLine.import_id == StatementImport.id, Payment.customer_id.is_(None), Payment.status == "booked")
        .correlate(StatementImport)
        .scalar_subquery()
    )
    wanted: AnySelect = select(StatementImport, BankAccount.name.label("account"), waiting.label("waiting")).join(
        BankAccount, BankAccount.id == StatementImport.bank_account_id
    )
    order = Order(StatementImport.id, StatementImport.id, int, is_falling=True)
    return sheet(session, wanted, order, after=places["after"], before=places["before"], limit=limit)


def one(session: Session, ref: str) -> Any:
    """StatementImport and BankAccount."""
    found = session.execute(
        select(StatementImport, BankAccount)
        .join(BankAccount, BankAccount.id == StatementImport.bank_account_id)
        .where(StatementImport.ref == ref)
    ).first()
    if found is None:
        raise NotFound("There is no such statement.")
    return found


def lines(session: Session, import_id: int, state: str, *, places: Mapping[str, str], limit: int) -> Sheet:
    """The lines in the order of the file, each with its `state`, Payment and customer; of one state, or all."""
    wanted: AnySelect = (
        select(BankLine, _STATE.label("state"), Payment.ref.label("payment"), Customer.name.label("customer"))
        .outerjoin(Payment, Payment.id == BankLine.payment_id)
        .outerjoin(Customer, Customer.id == Payment.customer_id)
        .where(BankLine.import_id == import_id)
    )
    if state:
        wanted = wanted.where(_STATE.in_([state]))
    order = Order(BankLine.row, BankLine.id, int)
    return sheet(session, wanted, order, after=places["after"], before=places["before"], limit=limit)


def counts(session: Session, import_id: int) -> dict[str, int]:
    rows = session.execute(
        select(_STATE, func.count())
        .select_from(BankLine)
        .outerjoin(Payment, Payment.id == BankLine.payment_id)
        .where(BankLine.import_id == import_id)
        .group_by(_STATE)
    )
    return dict.fromkeys(STATES, 0) | {row[0]: row[1] for row in rows}
