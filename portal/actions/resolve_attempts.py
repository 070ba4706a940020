"""Asking the gateway what became of attempts that are not decided: lapsed leases, silence, pages left open."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.actions import _failing, _gateways
from portal.actions.settle_payments import Heard, set_aside, settle_payments
from portal.core import audit
from portal.core.actors import Actor
from portal.core.db import PASSING, transaction
from portal.core.errors import Refused
from portal.core.logging import log
from portal.customers import queries as customers
from portal.gateways.base import Answer, ChargeOutcome, LookUp, Outcome
from portal.gateways.protocols import Answers
from portal.payments import attempts
from portal.payments.models import Attempt, GatewayAccount
from portal.payments.states import ASKED_ABOUT, AttemptEvent, AttemptKind, AttemptStatus

CLAIM = timedelta(minutes=2)
IN_FLIGHT = 16
MISSES = 3
NOT_FOUND_GRACE = timedelta(minutes=15)
WAITS_FOR_PAYER = frozenset({AttemptStatus.ACTION_REQUIRED, AttemptStatus.SUPERSEDED})


@dataclass(frozen=True, slots=True)
class Question:
    attempt_id: int
    reference: str
    is_closed: bool


def resolve_attempts(*, limit: int, actor: Actor, at: datetime) -> int:
    """Ask about up to `limit` attempts whose time has come, and record the answers; how many were asked about.

    "Not found" counts only after a grace time, three answers in a row that agree, and a question that proves the
    key works: then a charge waits again under the same reference, and a page that was never opened is closed.
    """
    asked = 0
    for account, questions in _claim(limit, at).items():
        asked += len(questions)
        _resolve(account, questions, actor=actor, at=at)
    return asked


def ask_about(reference: str, *, actor: Actor, at: datetime) -> None:
    """Ask about one attempt at once, whatever its state: after news, a return, or at somebody's wish."""
    with transaction() as session:
        attempt = session.scalars(select(Attempt).where(Attempt.reference == reference)).one()
        account = session.get_one(GatewayAccount, attempt.gateway_account_id)
        question = _question(attempt)
        session.expunge(account)
    _resolve(account, [question], actor=actor, at=at)


def _claim(limit: int, at: datetime) -> dict[GatewayAccount, list[Question]]:
    """Take what is due and push its time ahead, so that two resolvers do not ask the same twice."""
    due = (
        select(Attempt)
        .where(Attempt.next_action_at <= at, Attempt.status.in_(ASKED_ABOUT))
        .order_by(Attempt.next_action_at, Attempt.id)
        .limit(limit)
        .with_for_update(skip_locked=True, key_share=True)
    )
    with transaction() as session:
        claimed: dict[int, list[Question]] = {}
        for attempt in session.scalars(due):
            attempt.next_action_at = at + CLAIM
            attempt.queries += 1
            claimed.setdefault(attempt.gateway_account_id, []).append(_question(attempt))
        return {session.get_one(GatewayAccount, account_id): questions for account_id, questions in claimed.items()}


def _question(attempt: Attempt) -> Question:
    return Question(attempt.id, attempt.reference, attempt.closed_at is not None)


def _resolve(account: GatewayAccount, questions: Sequence[Question], *, actor: Actor, at: datetime) -> None:
    try:
        gateway = _gateways.adapter_of(account)
    except Refused as refusal:
        log().error("cannot ask the gateway", account=account.ref, reason=refusal.message)
        return
    with ThreadPoolExecutor(max_workers=min(IN_FLIGHT, len(questions))) as pool:
        answers = list(pool.map(lambda question: _ask(gateway, question.reference), questions))
    paired = list(zip(questions, answers, strict=True))
    settle_payments(
        [Heard(one.attempt_id, answer.charge) for one, answer in paired if answer.charge is not None],
        actor=actor,
        at=at,
    )
    missing = [one for one, answer in paired if answer.answer is Answer.NOT_FOUND]
    key_works = bool(missing) and gateway.probe().ok
    for one, answer in paired:
        try:
            if answer.charge is None:
                _record_silence(one, answer, key_works=key_works, actor=actor, at=at)
            else:
                _expire_if_over(one, answer.charge, actor=actor, at=at)
        except PASSING:
            raise  # the database was away or held: it is asked about again
        except Exception as error:
            set_aside(one.attempt_id, error, actor=actor, at=at)


def _ask(gateway: Answers, reference: str) -> LookUp:
    try:
        found = gateway.look_up(reference)
    except Exception as error:
        log().warning("look-up broke", reference=reference, error=repr(error))
        return LookUp(Answer.SILENT, reason=repr(error))
    if found.charge is not None and found.charge.outcome is Outcome.NOT_SENT:
        return replace(found, charge=None)
    return found


def _record_silence(question: Question, answer: LookUp, *, key_works: bool, actor: Actor, at: datetime) -> None:
    """The reference is unknown there, or nothing was answered."""
    if question.is_closed:
        return
    with transaction() as session:
        attempt = _locked(session, question.attempt_id)
        if attempt.status not in ASKED_ABOUT:
            return
        attempt.misses = attempt.misses + 1 if answer.answer is Answer.NOT_FOUND and key_works else 0
        attempt.reason = answer.reason or attempt.reason
        attempt.next_action_at = attempts.ask_again_at(attempt, at)
        if attempt.status is AttemptStatus.SENDING:
            attempts.move(attempt, AttemptEvent.LOST, at=at)
        if attempt.misses >= MISSES and at - (attempt.sent_at or attempt.created_at) >= NOT_FOUND_GRACE:
            _take_back(session, attempt, actor=actor, at=at)


def _take_back(session: Session, attempt: Attempt, *, actor: Actor, at: datetime) -> None:
    """It never reached the gateway. A charge is sent again under its own reference, which the gateway would refuse
    if it had been used after all; a page nobody was sent to is closed."""
    attempt.misses = attempt.queries = 0  # once sent again it is asked about soon again
    if attempt.kind == AttemptKind.CHARGE:
        attempts.move(attempt, AttemptEvent.RETURNED, at=at, next_action_at=at)
    else:
        attempts.move(attempt, AttemptEvent.EXPIRED, at=at)
    audit.record(session, actor, "attempt.not_found", at=at, customer_id=attempt.customer_id, subject=attempt.reference)


def _expire_if_over(question: Question, charge: ChargeOutcome, *, actor: Actor, at: datetime) -> None:
    """What waited for the customer and was left lying is closed: a page once it and its grace have run out, a charge
    that a bank wanted confirmed after as long. Late money is booked all the same."""
    if question.is_closed or charge.outcome in (Outcome.SUCCEEDED, Outcome.DECLINED):
        return
    with transaction() as session:
        attempt = _locked(session, question.attempt_id)
        waits = attempt.status in WAITS_FOR_PAYER or attempts.link_of(attempt) != ""
        is_page = attempt.kind == AttemptKind.PAYABLE and attempt.closed_at is None
        grace = attempts.GRACE if attempt.status is AttemptStatus.SUPERSEDED else timedelta(0)
        if not (is_page or waits) or at < attempts.expires_at(attempt) + grace:
            return
        if attempts.move(attempt, AttemptEvent.EXPIRED, at=at):
            audit.record(
                session, actor, "attempt.expired", at=at, customer_id=attempt.customer_id, subject=attempt.reference
            )
            _failing.chase_unconfirmed(session, attempt, actor=actor, at=at)


def _locked(session: Session, attempt_id: int) -> Attempt:
    owner = session.scalars(select(Attempt.customer_id).where(Attempt.id == attempt_id)).one()
    customers.lock(session, owner)
    return session.get_one(Attempt, attempt_id, populate_existing=True)
