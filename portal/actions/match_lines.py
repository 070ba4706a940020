"""Each credit of a statement becomes a payment: of the invoices that it names beyond doubt, of what somebody recorded
before, or of nobody yet. Then a person decides."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.actions import _lines, _proving, _recording, _wires
from portal.actions._recording import Hand
from portal.actions._wires import Part
from portal.banking import inbox, matching
from portal.banking.matching import Owed
from portal.banking.models import BankAccount
from portal.banking.statements import importing
from portal.banking.statements.models import BankLine
from portal.banking.statements.states import LineEvent, LineStatus
from portal.core import audit, tasks
from portal.core import business as businesses
from portal.core.actors import Actor
from portal.core.crashes import crash_point
from portal.core.db import PASSING, transaction
from portal.core.logging import log
from portal.customers import queries as customers
from portal.payments import queries
from portal.payments.models import Payment

STUCK = "bank_line_stuck"
"""The task for a line that could not be booked; its subject is the line."""


@dataclass(frozen=True, slots=True)
class _Found:
    """What a line is, as far as it can be told without a lock: `recorded` is a payment, `owed` are invoices."""

    recorded: str
    owed: tuple[Owed, ...]
    is_suggested: bool


def match_lines(*, limit: int, actor: Actor, at: datetime) -> int:
    """Look at up to `limit` lines that nobody has looked at; how many it was. Each is a transaction of its own.

    A line that cannot be booked becomes a task and hinders no other.
    """
    with transaction() as session:
        due = select(BankLine.id).where(BankLine.next_action_at <= at)
        ids = session.scalars(due.order_by(BankLine.next_action_at, BankLine.id).limit(limit)).all()
    for line_id in ids:
        try:
            _match(line_id, actor=actor, at=at)
        except PASSING:
            raise
        except Exception as error:
            log().error("bank line not booked", line=line_id, error=repr(error), exc_info=error)
            _set_aside(line_id, error, at=at)
        crash_point("C-33.matched")
    return len(ids)


def _match(line_id: int, *, actor: Actor, at: datetime) -> None:
    with transaction() as session:
        owner = _owner(session, _look(session, session.get_one(BankLine, line_id)))
    with transaction() as session:
        if owner is not None:
            customers.lock(session, owner)
        line = session.get_one(BankLine, line_id)
        account = importing.account_of(session, line)
        line = importing.lock_line(session, line_id)
        if line.status is not LineStatus.READ:
            return
        found = _look(session, line)
        hand = Hand(actor, at, businesses.read(session))
        if _owner(session, found) != owner:
            found = _Found("", (), is_suggested=True)  # it has changed while nobody held the lock
        payment = _book(session, line, account, found, hand)
        tasks.close_task(session, STUCK, line.ref, by=actor.name, at=at)
        is_open = payment.customer_id is None
        importing.book_line(
            line, payment.id, LineEvent.BOOKED, by=actor.name, at=at, is_suggested=is_open and found.is_suggested
        )


def _look(session: Session, line: BankLine) -> _Found:
    transfer = inbox.transfer_of(line)
    near, is_sure = matching.same_money(transfer, inbox.recorded(session, transfer, line.bank_account_id))
    if is_sure:
        return _Found(near[0].ref, (), is_suggested=False)
    owed = inbox.owed(session, transfer, by_name=False)
    # What may have been written down before is not booked again by itself.
    sure = matching.certain(transfer, owed) if not near else ()
    return _Found("", sure, is_suggested=bool(near or matching.suggestions(transfer, owed)))


def _owner(session: Session, found: _Found) -> int | None:
    if found.recorded:
        return queries.payment_by_ref(session, found.recorded).customer_id
    return found.owed[0].customer_id if found.owed else None


def _book(session: Session, line: BankLine, account: BankAccount, found: _Found, hand: Hand) -> Payment:
    if found.recorded:
        audit.record(session, hand.actor, "bank_line.recognised", at=hand.at, subject=line.ref, payment=found.recorded)
        return queries.payment_by_ref(session, found.recorded)
    wire = _lines.wire_of(line, account)
    if not found.owed:
        return queries.payment_by_ref(session, _recording.book_unmatched(session, account, wire, hand=hand))
    customer = customers.with_id(session, found.owed[0].customer_id)
    chosen = _wires.wanted(session, customer, _parts(found.owed), line.currency)
    ref = _recording.book(session, account, wire, customer, chosen, hand=hand)
    payment = queries.payment_by_ref(session, ref)
    _proving.accept_what_is_shown(session, payment, [one.invoice for one in chosen], actor=hand.actor, at=hand.at)
    return payment


def _parts(owed: Sequence[Owed]) -> list[Part]:
    return [Part(one.ref) for one in owed]


def _set_aside(line_id: int, error: Exception, *, at: datetime) -> None:
    with transaction() as session:
        line = importing.lock_line(session, line_id)
        if line.status is LineStatus.READ:
            line.next_action_at = importing.again_at(at)
            tasks.open_task(session, STUCK, line.ref, at=at, reason=str(error)[:200])
