"""The lines of a statement are taken, batch by batch; what is known from another file is passed over."""

import json
from datetime import datetime
from functools import lru_cache

from sqlalchemy import select

from portal.banking.models import BankAccount
from portal.banking.statements import importing
from portal.banking.statements.lines import Statement, StatementRefused
from portal.banking.statements.mapping import CsvMapping
from portal.banking.statements.models import BankLine, StatementImport
from portal.banking.statements.states import ImportEvent
from portal.core import audit, tasks
from portal.core.actors import Actor
from portal.core.bulk import insert_returning
from portal.core.crashes import crash_point
from portal.core.db import transaction
from portal.invoicing.files import store

LOST = "statement_lost"
"""The task where a statement that was begun cannot be read any more."""

_ONCE = "ON CONFLICT (bank_account_id, fingerprint) DO NOTHING RETURNING id"


def import_lines(*, limit: int, actor: Actor, at: datetime) -> int:
    """Take up to `limit` lines of the oldest statement that was begun; how many it was.

    Lines and the place in the file are committed together, so that whoever comes after a crash goes on behind them.
    """
    with transaction() as session:
        one = session.scalar(
            select(StatementImport)
            .where(StatementImport.next_action_at <= at)
            .order_by(StatementImport.next_action_at, StatementImport.id)
            .limit(1)
            .with_for_update(key_share=True, skip_locked=True)
        )
        if one is None:
            return 0
        account = session.get_one(BankAccount, one.bank_account_id)
        try:
            statement = _read(one.file_digest, one.form, json.dumps(one.mapping), account.number, account.currency)
        except StatementRefused as why:
            tasks.open_task(session, LOST, one.ref, at=at, reason=why.message)
            importing.move(one, ImportEvent.FINISHED, at=at)
            return 1
        rows = importing.line_rows(statement, one, one.done, limit, actor=actor.name, at=at)
        taken = len(insert_returning(session, BankLine, rows, _ONCE))
        one.done, one.taken, one.known = one.done + len(rows), one.taken + taken, one.known + len(rows) - taken
        crash_point("C-33")
        if one.done >= one.rows and importing.move(one, ImportEvent.FINISHED, at=at):
            audit.record(session, actor, "statement.imported", at=at, subject=one.ref, taken=one.taken, known=one.known)
        return max(len(rows), 1)


@lru_cache(maxsize=1)
def _read(digest: str, form: str, mapping: str, number: str, currency: str) -> Statement:
    """A long file is read once for all its batches."""
    content = store().get(digest)
    if content is None:
        raise StatementRefused("The file is not there any more.")
    kept = json.loads(mapping)
    layout = CsvMapping.from_json(kept) if kept else None
    return importing.read(content, form, layout, number=number, currency=currency)
