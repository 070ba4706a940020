"""A statement that was looked at is imported: from here on a worker takes its lines."""

from datetime import datetime

from portal.banking.models import BankAccount
from portal.banking.statements import importing
from portal.banking.statements.lines import StatementRefused
from portal.banking.statements.mapping import CsvMapping
from portal.banking.statements.states import ImportEvent
from portal.core import audit
from portal.core.actors import Actor
from portal.core.db import transaction
from portal.core.errors import Refused
from portal.invoicing.files import store


class RowsAreWrong(Refused):
    """Some rows could not be read, and nobody said to leave them out. Nothing was booked."""

    code = "rows_are_wrong"


def begin_import(
    statement_ref: str, mapping: CsvMapping | None, *, leaves_out_wrong: bool = False, actor: Actor, at: datetime
) -> None:
    """Commit to taking every line that can be read. The mapping is kept for the account's next file.

    Begun already: nothing. Raises StatementRefused, RowsAreWrong, MoveRefused for one that was abandoned.
    """
    with transaction() as session:
        one = importing.by_ref(session, statement_ref)
        account = session.get_one(BankAccount, one.bank_account_id)
    content = store().get(one.file_digest)
    if content is None:
        raise StatementRefused("The file is not there any more. Please upload it again.")
    found = importing.read(content, one.form, mapping, number=account.number, currency=account.currency)
    if not found.lines:
        raise StatementRefused("There is no line in this file that can be read.")
    if found.wrong and not leaves_out_wrong:
        raise RowsAreWrong("Some rows cannot be read. Correct how the file is read, or leave them out.")
    with transaction() as session:
        one = importing.by_ref(session, statement_ref, is_locked=True)
        if not importing.move(one, ImportEvent.BEGUN, at=at):
            return
        one.mapping = mapping.as_json if mapping is not None else None
        one.rows, one.wrong = len(found.lines), importing.wrong_rows(found)
        if mapping is not None:
            importing.keep_layout(session, one.bank_account_id, mapping, at=at)
        audit.record(
            session, actor, "statement.begun", at=at, subject=one.ref, rows=one.rows, left_out=len(found.wrong)
        )
