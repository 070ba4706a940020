"""Charging stored methods in three beats: commit that we are about to ask, ask with nothing open, commit the answer."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.actions import _gateways
from portal.actions.settle_payments import Heard, settle_payments
from portal.core import audit, outbox, tasks
from portal.core import business as businesses
from portal.core.actors import Actor
from portal.core.bulk import among
from portal.core.crashes import crash_point
from portal.core.db import transaction
from portal.core.errors import Refused
from portal.core.logging import log
from portal.core.money import Money
from portal.core.secrets import SecretUnreadable, Vault, vault
from portal.core.settings import current
from portal.gateways.base import ChargeOrder, ChargeOutcome, GatewayRefusal, Outcome, WrongKey
from portal.gateways.pace import Pace
from portal.gateways.protocols import Pulls
from portal.payments import attempts, methods
from portal.payments.models import Attempt, GatewayAccount, PaymentMethod

IN_FLIGHT = 32
STOP_AFTER = 3
WRONG_KEY, REFUSED = "wrong_key", "refused"
"""Why a charge was not sent: by the key, which stops the account, or by what was asked, which a person looks at."""


@dataclass(frozen=True, slots=True)
class Leased:
    """One attempt that is ours to send until its lease ends."""

    attempt_id: int
    order: ChargeOrder


def charge_invoices(account_id: int, *, limit: int, actor: Actor, at: datetime) -> int:
    """Send up to `limit` waiting charges of one account and record the answers; how many were sent.

    A crash between the beats leaves attempts `sending`: `resolve_attempts` asks what became of them under the
    same reference before anything is sent again. A refused key stops the account after three, and nobody falls
    past due for it.
    """
    sent = 0
    while sent < limit:
        crash_point("C-08")
        account, leased = _lease(account_id, at)
        if not leased:
            break
        crash_point("C-09")
        heard = _ask_all(account, leased)
        crash_point("C-13" if any(one.charge.outcome is Outcome.DECLINED for one in heard) else "C-12")
        settle_payments(heard, actor=actor, at=at)
        sent += len(leased)
        if _stop_if_refused(account_id, heard, actor=actor, at=at):
            break
    return sent


def _lease(account_id: int, at: datetime) -> tuple[GatewayAccount, list[Leased]]:
    with transaction() as session:
        account = session.get_one(GatewayAccount, account_id)
        is_stopped = businesses.is_on(session, businesses.STOP_CHARGES) or account.stopped_reason is not None
        if is_stopped or not account.is_enabled:
            return account, []
        ids = attempts.lease(session, account_id, at=at)
        return account, _orders(session, ids, vault())


def _orders(session: Session, attempt_ids: Sequence[int], keys: Vault) -> list[Leased]:
    asked, method = Attempt, PaymentMethod
    rows = session.execute(
        select(asked.id, asked.reference, asked.amount_minor, asked.currency, asked.trigger)
        .add_columns(method.payer_email, method.token, method.ref)
        .join(method, method.id == asked.method_id)
        .where(among(asked.id, attempt_ids))
        .order_by(asked.id)
    )
    return_url = f"{current().app_url}/account/payments/return"
    return [
        Leased(
            row.id,
            ChargeOrder(
                reference=row.reference,
                amount=Money(row.amount_minor, row.currency),
                payer_email=row.payer_email,
                method_token=_token(row.token, row.ref, keys),
                is_scheduled=row.trigger in ("schedule", "dunning"),
                return_url=return_url,
            ),
        )
        for row in rows
    ]


def _token(sealed: bytes, method_ref: str, keys: Vault) -> str:
    """Empty where it cannot be read: that is this method's trouble, and nobody else's charge waits for it."""
    try:
        return keys.open(sealed, place=methods.place(method_ref))
    except SecretUnreadable as error:
        log().error("token not readable", method=method_ref, error=repr(error))
        return ""


def _ask_all(account: GatewayAccount, leased: Sequence[Leased]) -> list[Heard]:
    """Ask for all at once. The threads touch no database."""
    try:
        gateway = _gateways.pulling(account)
    except Refused as refusal:
        return [Heard(one.attempt_id, _not_sent(one.order, refusal.message, WRONG_KEY)) for one in leased]
    pace = Pace(account.ref, account.calls_per_minute, current().redis_url)
    refusals: list[ChargeOutcome] = []

    def ask(one: Leased) -> ChargeOutcome:
        if len(refusals) >= STOP_AFTER:
            return _not_sent(one.order, refusals[0].reason, WRONG_KEY)
        outcome = _ask(gateway, pace, one.order)
        if outcome.decline_code == WRONG_KEY:
            refusals.append(outcome)
        return outcome

    with ThreadPoolExecutor(max_workers=min(IN_FLIGHT, len(leased))) as pool:
        outcomes = list(pool.map(ask, leased))
    return [Heard(one.attempt_id, outcome) for one, outcome in zip(leased, outcomes, strict=True)]


def _ask(gateway: Pulls, pace: Pace, order: ChargeOrder) -> ChargeOutcome:
    if not order.method_token:
        return _not_sent(order, "The stored method cannot be read with our keys.", REFUSED)
    pace.wait()
    crash_point("C-10")
    try:
        return gateway.charge(order)
    except WrongKey as refusal:
        return _not_sent(order, refusal.message, WRONG_KEY)
    except GatewayRefusal as refusal:
        return _not_sent(order, refusal.message, REFUSED)
    except Exception as error:
        # Whatever broke here may have broken after the request left: only the gateway knows.
        log().error("charge broke", reference=order.reference, error=repr(error), exc_info=error)
        return ChargeOutcome(Outcome.UNKNOWN, order.reference, reason=repr(error))


def _not_sent(order: ChargeOrder, reason: str, code: str) -> ChargeOutcome:
    return ChargeOutcome(Outcome.NOT_SENT, order.reference, reason=reason, decline_code=code)


def _stop_if_refused(account_id: int, heard: Sequence[Heard], *, actor: Actor, at: datetime) -> bool:
    """A key that is refused will be refused again: stop the account and ask a person, rather than try them all."""
    refused = [one for one in heard if one.charge.decline_code == WRONG_KEY]
    for one in heard:
        if one.charge.decline_code == REFUSED:
            _report(one, at)
    if len(refused) < min(STOP_AFTER, len(heard)):
        return False
    reason = refused[0].charge.reason
    with transaction() as session:
        account = session.get_one(GatewayAccount, account_id, with_for_update={"key_share": True})
        account.stopped_reason = reason
        tasks.open_task(session, "gateway_refused", account.ref, at=at, reason=reason)
        outbox.post(session, "gateway.refused", at=at, account=account.ref)
        audit.record(session, actor, "gateway.stopped", at=at, subject=account.ref, reason=reason)
    return True


def _report(one: Heard, at: datetime) -> None:
    with transaction() as session:
        attempt = session.get_one(Attempt, one.attempt_id)
        tasks.open_task(
            session,
            "charge_refused",
            attempt.reference,
            at=at,
            customer_id=attempt.customer_id,
            reason=one.charge.reason,
        )
