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
from portal.core.settings import current
from portal.customers import queries as customers
from portal.gateways.base import Ability, Answer, ChargeOutcome, LookUp, Outcome
from portal.gateways.pace import Pace
from portal.gateways.protocols import Answers
from portal.payments import attempts, payables
from portal.payments.models import Attempt, GatewayAccount
from portal.payments.states import ASKED_ABOUT, AttemptEvent, AttemptKind, AttemptStatus

CLAIM = timedelta(minutes=2)
IN_FLIGHT = 16
MISSES = 3
NOT_FOUND_GRACE = timedelta(minutes=15)
WAITS_FOR_PAYER = frozenset({AttemptStatus.ACTION_REQUIRED, AttemptStatus.SUPERSEDED})


@dataclass(frozen=True, slots=True)
class Question:
    """One attempt to be asked about. `gateway_ref` and `session` are the gateway's names for it, where it has any;
    `is_shown`: its payer can see how to pay it."""

    attempt_id: int
    reference: str
    is_closed: bool
    is_shown: bool = False
    gateway_ref: str = ""
    session: str = ""
    since: datetime | None = None


def resolve_attempts(*, limit: int, actor: Actor, at: datetime) -> int:
    """Ask about up to `limit` attempts whose time has come, and record the answers; how many were asked about.

    "Not found" counts only after a grace time, three answers in a row that agree, and a question that proves the
    key works: then a charge waits again under the same reference where the gateway refuses duplicates, and everything
    else is closed. It counts for nothing while a payer can see what to pay: they may not have begun to.
    """
    asked = 0
    for account, questions in _claim(limit, at).items():
        asked += len(questions)
        _resolve(account, questions, actor=actor, at=at)
    return asked


def ask_about(reference: str, *, gateway_ref: str = "", actor: Actor, at: datetime) -> LookUp:
    """Ask about one attempt at once, whatever its state: after news, a return, or at somebody's wish.

    `gateway_ref`: which of the gateway's transactions the news named. Records the answer and returns it.
    """
    with transaction() as session:
        attempt = session.scalars(select(Attempt).where(Attempt.reference == reference)).one()
        account = session.get_one(GatewayAccount, attempt.gateway_account_id)
        question = _question(attempt)
        session.expunge(account)
    if gateway_ref:
        question = replace(question, gateway_ref=gateway_ref)
    answers = _resolve(account, [question], actor=actor, at=at)
    return answers[0] if answers else LookUp(Answer.SILENT, reason="the gateway cannot be asked")


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
    known = payables.details(attempt)
    return Question(
        attempt.id,
        attempt.reference,
        is_closed=attempt.closed_at is not None,
        is_shown=attempt.kind == AttemptKind.PAYABLE and known.is_known,
        gateway_ref=known.transaction,
        session=known.session,
        since=attempt.sent_at,
    )


def _resolve(account: GatewayAccount, questions: Sequence[Question], *, actor: Actor, at: datetime) -> list[LookUp]:
    try:
        gateway = _gateways.adapter_of(account, _gateways.patience_of(actor))
    except Refused as refusal:
        log().error("cannot ask the gateway", account=account.ref, reason=refusal.message)
        return []
    pace = Pace(account.ref, account.calls_per_minute, current().redis_url)
    with ThreadPoolExecutor(max_workers=min(IN_FLIGHT, len(questions))) as pool:
        answers = list(pool.map(lambda question: _ask(gateway, pace, question), questions))
    paired = list(zip(questions, answers, strict=True))
    settle_payments(
        [Heard(one.attempt_id, answer.charge) for one, answer in paired if answer.charge is not None],
        actor=actor,
        at=at,
    )
    missing = [one for one, answer in paired if answer.answer is Answer.NOT_FOUND]
    key_works = bool(missing) and gateway.probe().ok
    takes_once = Ability.NO_DUPLICATES in gateway.abilities
    for one, answer in paired:
        try:
            if answer.charge is not None:
                _expire_if_over(one, answer.charge, actor=actor, at=at)
            elif one.is_shown and not takes_once:
                _stay_shown(one, answer, key_works=key_works, actor=actor, at=at)
            else:
                _record_silence(one, answer, key_works=key_works, takes_once=takes_once, actor=actor, at=at)
        except PASSING:
            raise  # the database was away or held: it is asked about again
        except Exception as error:
            set_aside(one.attempt_id, error, actor=actor, at=at)
    return answers


def _ask(gateway: Answers, pace: Pace, one: Question) -> LookUp:
    pace.wait()
    try:
        found = gateway.look_up(one.reference, gateway_ref=one.gateway_ref, session=one.session, since=one.since)
    except Exception as error:
        log().warning("look-up broke", reference=one.reference, error=repr(error))
        return LookUp(Answer.SILENT, reason=repr(error))
    if found.charge is not None and found.charge.outcome is Outcome.NOT_SENT:
        return replace(found, charge=None)
    return found


def _stay_shown(question: Question, answer: LookUp, *, key_works: bool, actor: Actor, at: datetime) -> None:
    """Its payer has not begun to pay: nothing is known of it at a gateway that hears of payments from payers alone."""
    if answer.answer is Answer.NOT_FOUND and key_works:
        nothing = ChargeOutcome(Outcome.ACTION_REQUIRED, question.reference)
        _expire_if_over(question, nothing, actor=actor, at=at)
    with transaction() as session:
        attempt = _locked(session, question.attempt_id)
        if attempt.status in ASKED_ABOUT:
            attempt.next_action_at = attempts.ask_again_at(attempt, at)


def _record_silence(
    question: Question, answer: LookUp, *, key_works: bool, takes_once: bool, actor: Actor, at: datetime
) -> None:
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
            _take_back(session, attempt, takes_once=takes_once, actor=actor, at=at)


def _take_back(session: Session, attempt: Attempt, *, takes_once: bool, actor: Actor, at: datetime) -> None:
    """It never reached the gateway. A charge is sent again under its own reference, if the gateway would refuse that
    had it been used after all; whatever else it is, is closed."""
    attempt.misses = attempt.queries = 0  # once sent again it is asked about soon again
    if attempt.kind == AttemptKind.CHARGE and takes_once:
        attempts.move(attempt, AttemptEvent.RETURNED, at=at, next_action_at=at)
    elif takes_once or attempt.status is AttemptStatus.SUPERSEDED:
        attempts.move(attempt, AttemptEvent.EXPIRED, at=at)
    else:
        attempts.move(attempt, AttemptEvent.CANCELED, at=at)
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
