"""An attempt that a person settles by evidence, and a second person with them. Steps; none commits."""

from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.actions import _settled_before, _settling
from portal.actions._deeds import Content, Deed, nothing_waits
from portal.core import audit, tasks
from portal.core.actors import Actor
from portal.core.money import Money
from portal.gateways.base import ChargeOutcome, DeclineKind, Outcome
from portal.identity.models import Approval
from portal.journal.accounts import Account, Entry, JournalEvent, MoneyPlace, entries
from portal.payments import attempts, queries
from portal.payments.models import Attempt, GatewayAccount, Payment
from portal.payments.states import IN_DOUBT, AttemptEvent

DEED = _settled_before.DEED
EVIDENCE = "settled_by_evidence"


class Verdict(StrEnum):
    """What the evidence says became of the attempt."""

    PAID = "paid"
    DECLINED = "declined"
    NEVER_SENT = "never_sent"


def _content(session: Session, approval: Approval) -> Content | None:
    attempt = queries.by_reference(session, approval.subject)
    if attempt is None or attempt.status not in IN_DOUBT or _is_taken(session, attempt, approval.facts):
        return None
    amount = Money(approval.amount_minor, approval.currency)
    moves: tuple[Entry, ...] = ()
    if approval.facts.get("verdict") == Verdict.PAID:
        account = session.get_one(GatewayAccount, attempt.gateway_account_id)
        moves = tuple(entries(JournalEvent.PAYMENT_BOOKED, amount, MoneyPlace(Account.CASH, account.ref)))
    return Content(amount, approval.facts, moves=moves)


def _is_taken(session: Session, attempt: Attempt, facts: dict[str, Any]) -> bool:
    """Another payment has the gateway's number already."""
    number = str(facts.get("gateway_ref") or "")
    if not number:
        return False
    same = select(Payment.id).where(
        Payment.gateway_account_id == attempt.gateway_account_id, Payment.gateway_ref == number
    )
    return session.scalar(same.limit(1)) is not None


def _carry_out(session: Session, approval: Approval, actor: Actor, at: datetime) -> None:
    attempt = queries.by_reference(session, approval.subject)
    assert attempt is not None  # noqa: S101  (its content was just looked at)
    verdict = Verdict(approval.facts["verdict"])
    if verdict is Verdict.NEVER_SENT:
        attempts.move(attempt, AttemptEvent.CANCELED, at=at)
        attempt.decline_code, attempt.reason = EVIDENCE, approval.reason
    else:
        _settling.apply(session, {attempt.id: _charge(attempt, approval, verdict)}, actor=actor, at=at)
    tasks.close_task(session, "attempt_in_doubt", attempt.reference, by=actor.name, at=at)
    audit.record(
        session, actor, "attempt.settled", at=at, customer_id=attempt.customer_id, subject=attempt.reference,
        reason=approval.reason, **approval.facts,
    )  # fmt: skip


def _charge(attempt: Attempt, approval: Approval, verdict: Verdict) -> ChargeOutcome:
    """The evidence in the words in which a gateway would have told it."""
    said = ChargeOutcome(Outcome.SUCCEEDED, attempt.reference, gateway_ref=str(approval.facts["gateway_ref"] or ""))
    if verdict is Verdict.PAID:
        amount = Money(approval.amount_minor, approval.currency)
        return replace(said, amount=amount, currency=amount.currency)
    return replace(
        said, outcome=Outcome.DECLINED, decline=DeclineKind.RETRY_LATER, decline_code=EVIDENCE, reason=approval.reason
    )


SETTLE = Deed(content=_content, carry_out=_carry_out, turn_down=nothing_waits)
