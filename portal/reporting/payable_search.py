"""For whom money came: what is open or was written off, found by number, reference, customer's name or amount."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from portal.banking import accounts, iban
from portal.core.money import digits
from portal.customers.models import Customer
from portal.invoicing.models import Invoice
from portal.invoicing.states import InvoiceStatus
from portal.reporting import search

MOST = 20
MOST_OF_CUSTOMER = 50
_COLLECTABLE: ColumnElement[int] = Invoice.open_minor + Invoice.written_off_minor
_IS_COLLECTABLE = or_(
    and_(Invoice.status == InvoiceStatus.ISSUED, Invoice.open_minor > 0),
    and_(Invoice.status == InvoiceStatus.WRITTEN_OFF, Invoice.written_off_minor > 0),
)
_AMOUNT = re.compile(r"[0-9][0-9 .,]*")


def invoices(session: Session, words: str) -> list[Any]:
    """Invoices that the words may mean and money may come for: those that are open, then those written off; the oldest
    due day first."""
    plain = iban.plain(words)
    pattern = f"%{words.lower().replace('%', '').replace('_', ' ')}%"
    meant = [
        func.upper(Invoice.label) == words.upper(),
        Invoice.payment_reference == plain,
        Invoice.ref == words,
        Customer.ref == words,
        func.lower(Customer.name).like(pattern),
    ]
    minors = _amounts(words, {account.currency for account in accounts.open_ones(session)})
    meant += [and_(Invoice.currency == code, _COLLECTABLE.in_((minor,))) for code, minor in minors]
    columns = (
        Invoice.ref, Invoice.label, Invoice.due_on, Invoice.status, Invoice.currency,
        _COLLECTABLE.label("collectable_minor"),
        Customer.name, Customer.ref.label("customer_ref"),
    )  # fmt: skip
    wanted = select(*columns).join(Customer, Customer.id == Invoice.customer_id)
    wanted = wanted.where(_IS_COLLECTABLE, or_(*meant))
    return list(session.execute(wanted.order_by(Invoice.status, Invoice.due_on, Invoice.id).limit(MOST)))


def customers(session: Session, words: str) -> list[Any]:
    """Customers called like it, whether they owe anything or not."""
    return search.alike(session, words)[:MOST]


def open_of(session: Session, customer_id: int) -> list[Invoice]:
    """What the customer owes, the oldest due day first, then what was written off; at most so many as one form can
    hold."""
    wanted = select(Invoice).where(Invoice.customer_id == customer_id, _IS_COLLECTABLE)
    return list(session.scalars(wanted.order_by(Invoice.status, Invoice.due_on, Invoice.id).limit(MOST_OF_CUSTOMER)))


def _amounts(words: str, currencies: Collection[str]) -> list[tuple[str, int]]:
    """What a bare number would be in each of the currencies: 48,375.00 is 4837500 kobo, 48375 is 48375 rupiah too."""
    if _AMOUNT.fullmatch(words) is None or len(words) > 20:
        return []
    whole, _, cents = re.sub(r"[ ,](?=[0-9]{3}(?:\D|$))", "", words).replace(",", ".").partition(".")
    bare = re.sub(r"[^0-9]", "", whole)
    found = []
    for code in sorted(currencies):
        places = digits(code)
        if bare and len(bare) <= 12 and cents.isdigit() | (not cents) and len(cents) <= places:
            found.append((code, int(bare) * 10**places + int(cents.ljust(places, "0") or 0)))
    return found
