"""Invoices that go by post: which wait, and in which order the post wants them. Reads and queues; never commits."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core.bulk import insert_rows
from portal.customers.models import Customer
from portal.invoicing.lifecycle import Issued
from portal.invoicing.models import Invoice, PostLetter
from portal.invoicing.states import InvoiceStatus

BY_POST = "post"
_CODE = re.compile(
    r"\b(?:[A-Z]{1,2}\d[0-9A-Z]? \d[A-Z]{2}"  # SW1A 1AA
    r"|[A-Z]\d[A-Z] \d[A-Z]\d"  # K1A 0B1
    r"|\d{4} [A-Z]{2}"  # 1012 AB
    r"|(?:[A-Z]{1,3}-)?\d{3,6}(?:-\d{3,4})?)\b"  # 101241, D-10115, 100-0001
)


@dataclass(frozen=True, slots=True, order=True)
class PostalPlace:
    """Sorts as the post carries: by country, then by code, then by street."""

    country: str
    code: str
    street: str


def queue(session: Session, issued: Sequence[Issued], customers: Sequence[Customer]) -> None:
    """Those whose customers want paper wait for the next print run. `customers` are those of `issued`, one each."""
    rows = [
        {"invoice_id": one.invoice_id}
        for one, customer in zip(issued, customers, strict=True)
        if customer.delivery == BY_POST
    ]
    insert_rows(session, PostLetter, rows)


def waiting(session: Session) -> list[Invoice]:
    """What the next run would print, in postal order. What was voided meanwhile is not sent."""
    wanted = (
        select(Invoice)
        .join(PostLetter, PostLetter.invoice_id == Invoice.id)
        .where(PostLetter.print_run_id.is_(None), Invoice.status != InvoiceStatus.VOID)
    )
    return in_postal_order(list(session.scalars(wanted)))


def of_run(session: Session, run_id: int) -> list[Invoice]:
    """What was printed in a run, as it was printed."""
    wanted = (
        select(Invoice)
        .join(PostLetter, PostLetter.invoice_id == Invoice.id)
        .where(PostLetter.print_run_id == run_id)
        .order_by(PostLetter.position)
    )
    return list(session.scalars(wanted))


def in_postal_order(invoices: Sequence[Invoice]) -> list[Invoice]:
    """By the buyer's place as it stands on each invoice; one buyer's letters lie together, oldest first."""
    return sorted(invoices, key=lambda invoice: (place_of(invoice.parties.get("buyer", {})), invoice.id))


def language_of(invoice: Invoice) -> str:
    """In which the paper is printed: the buyer's as it was issued."""
    return str(invoice.parties.get("buyer", {}).get("language") or "en")


def place_of(buyer: Mapping[str, Any]) -> PostalPlace:
    """Read off an address of free lines: the code is the last thing that looks like one, below the first line."""
    lines = [part.strip() for part in str(buyer.get("address", "")).splitlines() if part.strip()]
    found = [match for line in lines[1:] or lines for match in _CODE.findall(line.upper())]
    street = lines[0].lower() if lines else ""
    return PostalPlace(str(buyer.get("country", "")), found[-1] if found else "", street)
