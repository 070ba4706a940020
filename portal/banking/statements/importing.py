"""Rows of statements: finding imports and lines, reading a file again, and the only writers of their status."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.banking import accounts
from portal.banking.models import BankAccount
from portal.banking.statements import camt, csv_rows
from portal.banking.statements.lines import Statement, StatementRefused, fingerprints, plain
from portal.banking.statements.mapping import CsvMapping
from portal.banking.statements.models import BankLine, CsvLayout, StatementImport
from portal.banking.statements.states import (
    BANK_LINE,
    STATEMENT_IMPORT,
    ImportEvent,
    ImportStatus,
    LineEvent,
    LineStatus,
)
from portal.core.errors import NotFound
from portal.core.ids import public_ref

CSV, CAMT = "csv", "camt053"
LARGEST = 5 * 1024 * 1024
SHOWN_WRONG = 200
_LATER = timedelta(hours=1)


def by_ref(session: Session, ref: str, *, is_locked: bool = False) -> StatementImport:
    wanted = select(StatementImport).where(StatementImport.ref == ref)
    if is_locked:
        wanted = wanted.with_for_update(key_share=True).execution_options(populate_existing=True)
    found = session.scalar(wanted)
    if found is None:
        raise NotFound("There is no such statement.")
    return found


def of_file(session: Session, account: BankAccount, digest: str) -> StatementImport | None:
    """The import of this very file into the account, unless it was abandoned."""
    return session.scalar(
        select(StatementImport).where(
            StatementImport.bank_account_id == account.id,
            StatementImport.file_digest == digest,
            StatementImport.status != ImportStatus.ABANDONED,
        )
    )


def layout_of(session: Session, account_id: int) -> CsvMapping | None:
    """The mapping that the account was last imported with."""
    kept = session.get(CsvLayout, account_id)
    return CsvMapping.from_json(kept.mapping) if kept is not None else None


def keep_layout(session: Session, account_id: int, mapping: CsvMapping, *, at: datetime) -> None:
    session.merge(CsvLayout(bank_account_id=account_id, mapping=mapping.as_json, updated_at=at))


def read(content: bytes, form: str, mapping: CsvMapping | None, *, number: str, currency: str) -> Statement:
    """What the file of the account with this number says, or StatementRefused: unreadable, or of another account."""
    if form == CAMT:
        found = camt.read(content, currency)
    elif mapping is not None:
        found = csv_rows.read(content, mapping, currency)
    else:
        raise StatementRefused("Say first which column of this file is what.")
    if found.account and plain(number) not in found.account:
        raise StatementRefused("This statement is of another account, which ends in %(end)s.", end=found.account[-4:])
    return found


def line_rows(
    statement: Statement, one: StatementImport, done: int, limit: int, *, actor: str, at: datetime
) -> list[dict[str, Any]]:
    """The next `limit` lines behind the first `done`, as they are inserted."""
    marks = list(fingerprints(statement.lines))
    return [
        {
            "ref": public_ref("bl"),
            "bank_account_id": one.bank_account_id,
            "import_id": one.id,
            "row": line.row,
            "fingerprint": mark,
            "booked_on": line.booked_on,
            "value_on": line.value_on,
            "amount_minor": line.amount.minor,
            "currency": line.amount.currency,
            "name": line.name,
            "account": line.account,
            "reference": line.reference,
            "entry_ref": line.entry_ref,
            "is_suggested": False,
            "reason": "",
            "decided_by": actor,
            "created_at": at,
            **_beginning(line.amount.is_negative, at),
        }
        for line, mark in list(zip(statement.lines, marks, strict=True))[done : done + limit]
    ]


def _beginning(is_out: bool, at: datetime) -> Mapping[str, Any]:
    """What left the account is kept and not looked at any further."""
    if is_out:
        return {"status": BANK_LINE.after(LineStatus.READ, LineEvent.PUT_ASIDE), "next_action_at": None}
    return {"status": LineStatus.READ, "next_action_at": at}


def move(one: StatementImport, event: ImportEvent, *, at: datetime) -> bool:
    """Take the event; False when it changes nothing."""
    after = STATEMENT_IMPORT.after(one.status, event)
    if after is None:
        return False
    one.status = after
    one.next_action_at = at if after is ImportStatus.RUNNING else None
    one.closed_at = at if after in (ImportStatus.FINISHED, ImportStatus.ABANDONED) else None
    return True


def account_of(session: Session, line: BankLine) -> BankAccount:
    """The account of the line, locked; after the customer."""
    return accounts.lock(session, session.get_one(BankAccount, line.bank_account_id).ref)


def line_by_ref(session: Session, ref: str) -> BankLine:
    found = session.scalar(select(BankLine).where(BankLine.ref == ref))
    if found is None:
        raise NotFound("There is no such line.")
    return found


def lock_line(session: Session, line_id: int) -> BankLine:
    """The line as it is now; after customer and account."""
    wanted = select(BankLine).where(BankLine.id == line_id).with_for_update(key_share=True)
    return session.scalars(wanted.execution_options(populate_existing=True)).one()


def lock_line_of(session: Session, payment_id: int) -> BankLine | None:
    """The line that this payment is of, if a statement showed it."""
    wanted = select(BankLine).where(BankLine.payment_id == payment_id).with_for_update(key_share=True)
    return session.scalar(wanted.execution_options(populate_existing=True))


def book_line(
    line: BankLine, payment_id: int, event: LineEvent, *, by: str, at: datetime, is_suggested: bool = False
) -> None:
    """From now on the line is this payment."""
    line.status = BANK_LINE.after(line.status, event) or line.status
    line.payment_id, line.next_action_at, line.is_suggested = payment_id, None, is_suggested
    line.decided_by, line.decided_at, line.reason = by, at, ""


def ignore_line(line: BankLine, reason: str, *, by: str, at: datetime) -> None:
    """Its money is no customer's: no payment is made of it."""
    line.status = BANK_LINE.after(line.status, LineEvent.IGNORED) or line.status
    line.payment_id, line.next_action_at = None, None
    line.reason, line.decided_by, line.decided_at = reason, by, at


def wrong_rows(statement: Statement) -> list[Sequence[Any]]:
    """The first rows that could not be read, as they are stored."""
    return [[one.row, one.reason] for one in statement.wrong[:SHOWN_WRONG]]


def again_at(at: datetime) -> datetime:
    """When a line that could not be booked is looked at again."""
    return at + _LATER
