"""A bank's statement is uploaded: kept, looked at, and nothing is booked before somebody says so."""

import re
from datetime import datetime
from hashlib import sha256

from portal.banking import accounts
from portal.banking.models import BankAccount
from portal.banking.statements import camt, importing
from portal.banking.statements.lines import StatementRefused
from portal.banking.statements.models import StatementImport
from portal.banking.statements.states import ImportStatus
from portal.core import audit
from portal.core.actors import Actor
from portal.core.db import transaction
from portal.core.ids import public_ref
from portal.invoicing.files import store

LONGEST_NAME = 80


def upload_statement(account_ref: str, content: bytes, name: str, *, actor: Actor, at: datetime) -> str:
    """Keep the file as a draft of the account; its reference. The same file again: the import that is there.

    What it is, is told by its content. A camt.053 of another account is refused at once. Raises StatementRefused.
    """
    if not content.strip():
        raise StatementRefused("The file is empty.")
    if len(content) > importing.LARGEST:
        raise StatementRefused("The file is larger than 5 MB. Ask the bank for shorter periods.")
    form = importing.CAMT if camt.is_camt(content) else importing.CSV
    digest = sha256(content).hexdigest()
    with transaction() as session:
        account = accounts.by_ref(session, account_ref)
    rows = 0
    if form == importing.CAMT:
        rows = len(importing.read(content, form, None, number=account.number, currency=account.currency).lines)
    store().put(content)
    with transaction() as session:
        account = accounts.lock(session, account_ref)
        there = importing.of_file(session, account, digest)
        if there is not None:
            return there.ref
        one = _row(account, form, digest, len(content), rows, name, actor, at)
        session.add(one)
        audit.record(session, actor, "statement.uploaded", at=at, subject=one.ref, account=account.ref, digest=digest)
        return one.ref


def _row(
    account: BankAccount, form: str, digest: str, size: int, rows: int, name: str, actor: Actor, at: datetime
) -> StatementImport:
    return StatementImport(
        ref=public_ref("bs"),
        bank_account_id=account.id,
        status=ImportStatus.DRAFT,
        form=form,
        file_name=re.sub(r"[^\w .\-()]", "_", name.replace("\\", "/").rpartition("/")[2])[-LONGEST_NAME:],
        file_digest=digest,
        size=size,
        mapping=None,
        rows=rows,
        done=0,
        taken=0,
        known=0,
        wrong=[],
        imported_by=actor.name,
        created_at=at,
    )
