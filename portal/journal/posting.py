"""Writing entries into the books."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from portal.core.bulk import insert_rows
from portal.journal.accounts import Entry
from portal.journal.models import JournalEntry


def rows(
    entries: Iterable[Entry], *, on: date, at: datetime, customer_id: int | None, document: str
) -> list[dict[str, Any]]:
    """The entries of one event as rows for `post_rows`. `document` is the public reference of what caused them."""
    return [
        {
            "event": entry.event,
            "debit": entry.debit,
            "credit": entry.credit,
            "amount_minor": entry.amount.minor,
            "currency": entry.amount.currency,
            "posted_on": on,
            "customer_id": customer_id,
            "document": document,
            "line_id": entry.line_id,
            "money_place": entry.money_place,
            "created_at": at,
        }
        for entry in entries
    ]


def post_rows(session: Session, written: Sequence[dict[str, Any]]) -> None:
    insert_rows(session, JournalEntry, written)


def post(
    session: Session, entries: Iterable[Entry], *, on: date, at: datetime, customer_id: int | None, document: str
) -> None:
    """Post the entries of one event, on the business's day `on`."""
    post_rows(session, rows(entries, on=on, at=at, customer_id=customer_id, document=document))
