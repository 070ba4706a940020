"""Bank details change with two people where there are two, and everybody who may change them is told.

Steps and a deed of the table in `decide_approval.py`.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import any_, literal, select, text
from sqlalchemy.orm import Session

from portal.actions._deeds import Content, Deed
from portal.banking import accounts, iban
from portal.banking.models import BankAccount
from portal.banking.states import BankAccountEvent, BankAccountStatus
from portal.core import audit, outbox
from portal.core.actors import Actor
from portal.core.errors import Forbidden, NotFound
from portal.core.money import Money
from portal.identity.models import Approval, Role, User, UserRole
from portal.identity.permissions import Permission

OPEN = "bank_account.open"


def lock_all(session: Session) -> None:
    """One change of bank details at a time."""
    session.execute(text("SELECT pg_advisory_xact_lock(hashtext('bank-accounts'))"))


def has_second_person(session: Session, actor: Actor) -> bool:
    """Is there anybody besides the actor who may change bank details?"""
    wanted = (
        select(User.id)
        .join(UserRole, UserRole.user_id == User.id)
        .join(Role, Role.id == UserRole.role_id)
        .where(User.is_staff, User.deactivated_at.is_(None), User.id != (actor.user_id or 0))
        .where(literal(str(Permission.PAYMENT_CONFIG_WRITE)) == any_(Role.permissions))
    )
    return actor.user_id is not None and session.scalar(wanted.limit(1)) is not None


def open_now(session: Session, account: BankAccount, *, actor: Actor, at: datetime) -> None:
    """Money may come to it, and it stands on every invoice of its currency from the next one on."""
    if not accounts.move(account, BankAccountEvent.OPENED, at=at):
        return
    session.flush()
    before = accounts.show_instead(session, account)
    audit.record(
        session, actor, "bank_account.opened", at=at, subject=account.ref, currency=account.currency,
        instead_of=before.ref if before is not None else None,
    )  # fmt: skip
    tell(session, account, "opened", actor=actor, at=at)


def tell(session: Session, account: BankAccount, what: str, *, actor: Actor, at: datetime) -> None:
    """`what` was done: proposed, opened, rejected or closed."""
    outbox.post(session, "bank.account_changed", at=at, account=account.ref, what=what, by=actor.name)


def facts_of(account: BankAccount) -> dict[str, Any]:
    return {
        "name": account.name, "currency": account.currency, "holder": account.holder, "bank": account.bank,
        "number": account.number, "bic": account.bic, "details": account.details,
    }  # fmt: skip


def _content(session: Session, approval: Approval) -> Content | None:
    try:
        account = accounts.by_ref(session, approval.subject)
    except NotFound:
        return None
    if account.status is not BankAccountStatus.PROPOSED:
        return None
    said = (account.holder, account.bank, iban.printed(account.number), account.bic)
    pairs = (f"{name}: {value}" for name, value in account.details)
    return Content(Money.zero(account.currency), facts_of(account), consequences=(*filter(None, said), *pairs))


def _carry_out(session: Session, approval: Approval, actor: Actor, at: datetime) -> None:
    _require_may(session, actor)
    lock_all(session)
    open_now(session, accounts.lock(session, approval.subject), actor=actor, at=at)


def _turn_down(session: Session, approval: Approval, actor: Actor, at: datetime) -> None:
    account = accounts.lock(session, approval.subject)
    if accounts.move(account, BankAccountEvent.REJECTED, at=at):
        audit.record(session, actor, "bank_account.rejected", at=at, subject=account.ref)
        tell(session, account, "rejected", actor=actor, at=at)


def _require_may(session: Session, actor: Actor) -> None:
    """To approve amounts is not to decide where the company's money comes to."""
    wanted = (
        select(Role.id)
        .join(UserRole, UserRole.role_id == Role.id)
        .where(UserRole.user_id == (actor.user_id or 0))
        .where(literal(str(Permission.PAYMENT_CONFIG_WRITE)) == any_(Role.permissions))
    )
    if session.scalar(wanted.limit(1)) is None:
        raise Forbidden("Only somebody who may change bank details can agree to them. Nothing was changed.")


OPENING = Deed(_content, _carry_out, _turn_down)
