"""The company's bank accounts: finding them, and the only writer of their status."""

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.banking.models import BankAccount
from portal.banking.states import BANK_ACCOUNT, BankAccountEvent, BankAccountStatus
from portal.core.errors import NotFound
from portal.journal.accounts import Account, MoneyPlace


def by_ref(session: Session, ref: str) -> BankAccount:
    found = session.scalar(select(BankAccount).where(BankAccount.ref == ref))
    if found is None:
        raise NotFound("There is no such bank account.")
    return found


def lock(session: Session, ref: str) -> BankAccount:
    """The account, locked and as it is now; after the customer, if both are needed."""
    wanted = select(BankAccount).where(BankAccount.ref == ref).with_for_update(key_share=True)
    found = session.scalar(wanted.execution_options(populate_existing=True))
    if found is None:
        raise NotFound("There is no such bank account.")
    return found


def shown_for(session: Session, currency: str) -> BankAccount | None:
    """The one that stands on invoices of this currency."""
    return session.scalar(select(BankAccount).where(BankAccount.currency == currency, BankAccount.is_shown))


def open_ones(session: Session, currency: str | None = None) -> list[BankAccount]:
    """Those that money can come to, the shown ones first."""
    wanted = select(BankAccount).where(BankAccount.status == BankAccountStatus.OPEN)
    if currency is not None:
        wanted = wanted.where(BankAccount.currency == currency)
    order = (BankAccount.currency, BankAccount.is_shown.desc(), BankAccount.name, BankAccount.id)
    return list(session.scalars(wanted.order_by(*order)))


def every_one(session: Session) -> list[BankAccount]:
    order = (BankAccount.currency, BankAccount.is_shown.desc(), BankAccount.id.desc())
    return list(session.scalars(select(BankAccount).order_by(*order)))


def place_of(account: BankAccount) -> MoneyPlace:
    """Where the books keep its money."""
    return MoneyPlace(Account.BANK, account.ref)


def snapshot(account: BankAccount | None) -> dict[str, Any] | None:
    """What an invoice keeps of the account, for its papers never change."""
    if account is None:
        return None
    return {
        "ref": account.ref,
        "holder": account.holder,
        "bank": account.bank,
        "number": account.number,
        "bic": account.bic,
        "details": account.details,
    }


def move(account: BankAccount, event: BankAccountEvent, *, at: datetime) -> bool:
    """Take the event; False when it changes nothing. A closed account stands on no invoice."""
    after = BANK_ACCOUNT.after(account.status, event)
    if after is None:
        return False
    account.status = after
    if after is BankAccountStatus.OPEN:
        account.opened_at = at
    elif after is BankAccountStatus.CLOSED:
        account.closed_at, account.is_shown = at, False
    return True


def show_instead(session: Session, account: BankAccount) -> BankAccount | None:
    """Put `account` on invoices of its currency; the one that stood there before, if any."""
    before = shown_for(session, account.currency)
    if before is not None and before.id == account.id:
        return None
    if before is not None:
        before.is_shown = False
        session.flush()
    account.is_shown = True
    session.flush()
    return before
