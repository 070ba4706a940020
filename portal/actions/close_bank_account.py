"""No money is to come to a bank account any more."""

from datetime import datetime

from portal.actions import _bank_details
from portal.banking import accounts
from portal.banking.states import BankAccountEvent
from portal.core import audit
from portal.core.actors import Actor
from portal.core.db import transaction
from portal.core.errors import Invalid


def close_bank_account(account_ref: str, *, reason: str, actor: Actor, at: datetime) -> None:
    """It stands on no invoice any more, and nothing is recorded on it. Closed already: nothing.

    Raises MoveRefused for one that waits for a second person: that is decided where it was asked.
    """
    if not reason.strip():
        raise Invalid("Please say why.", field="reason")
    with transaction() as session:
        _bank_details.lock_all(session)
        account = accounts.lock(session, account_ref)
        if not accounts.move(account, BankAccountEvent.CLOSED, at=at):
            return
        audit.record(session, actor, "bank_account.closed", at=at, subject=account.ref, reason=reason.strip())
        _bank_details.tell(session, account, "closed", actor=actor, at=at)
