"""What a try that brought no money leaves behind: a closed or waiting attempt, and perhaps a debt that is chased.

Steps of `settle_payments`; the caller holds the customers' locks and commits.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from portal.actions import _chasing, _collecting
from portal.core import audit, outbox, tasks
from portal.core import business as businesses
from portal.core.actors import Actor
from portal.core.business import Business
from portal.gateways.base import Channel, ChargeOutcome, DeclineKind, Outcome
from portal.invoicing.lifecycle import LAPSING
from portal.invoicing.models import Invoice
from portal.invoicing.states import InvoiceStatus
from portal.payments import attempts, payables
from portal.payments.models import Attempt, PaymentMethod
from portal.payments.states import CLOSED, IN_DOUBT, AttemptEvent, AttemptKind, AttemptStatus, AttemptTrigger

IN_DOUBT_TOO_LONG = timedelta(hours=24)

EVENTS: dict[Outcome, AttemptEvent] = {
    Outcome.PENDING: AttemptEvent.PENDED,
    Outcome.ACTION_REQUIRED: AttemptEvent.ACTION_REQUIRED,
    Outcome.UNKNOWN: AttemptEvent.LOST,
}

SEND_AGAIN_AFTER = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=15), timedelta(hours=1))


def stay_open(session: Session, attempt: Attempt, charge: ChargeOutcome, *, at: datetime) -> None:
    """Not decided: the gateway is asked again; older than a day it becomes a task."""
    event = EVENTS[charge.outcome]
    was_waiting_for_action = attempt.status is AttemptStatus.ACTION_REQUIRED
    if not attempts.move(attempt, event, at=at):
        attempt.next_action_at = attempts.ask_again_at(attempt, at) if attempt.next_action_at else None
    if attempt.status in CLOSED:
        return  # what settled it is known; this is about something else that was begun under its reference
    attempt.reason = charge.reason or attempt.reason
    attempt.gateway_ref = charge.gateway_ref or attempt.gateway_ref
    if charge.number and attempt.kind == AttemptKind.PAYABLE:
        _keep_number(attempt, charge)
    if charge.action_url and not was_waiting_for_action and attempt.kind == AttemptKind.CHARGE:
        attempt.payable = {"link": charge.action_url}
        outbox.post(
            session, "payment.action_required", at=at, customer_id=attempt.customer_id, attempt=attempt.reference
        )
    if attempt.status in IN_DOUBT and at - attempt.created_at > IN_DOUBT_TOO_LONG:
        tasks.open_task(
            session, "attempt_in_doubt", attempt.reference, at=at, customer_id=attempt.customer_id, reason=charge.reason
        )


def _keep_number(attempt: Attempt, charge: ChargeOutcome) -> None:
    """What was opened and whose answer was lost: now its payer can be told where to send the money."""
    known = payables.details(attempt)
    if known.is_known:
        return
    is_code = known.channel == Channel.QRIS
    found = replace(
        known,
        number="" if is_code else charge.number,
        qr=charge.number if is_code else "",
        transaction=charge.gateway_ref,
        session=charge.session,
        amount=charge.amount,
        expires_at=charge.expires_at,
    )
    attempt.payable = found.as_row()


def no_longer_in_doubt(session: Session, attempt: Attempt, *, actor: Actor, at: datetime) -> None:
    """Whoever was asked to look need not any more."""
    if attempt.closed_at is not None and at - attempt.created_at > IN_DOUBT_TOO_LONG:
        tasks.close_task(session, "attempt_in_doubt", attempt.reference, by=actor.name, at=at)


def send_again(attempt: Attempt, charge: ChargeOutcome, *, at: datetime) -> None:
    """Certainly not sent: it waits under the same reference, a little longer each time."""
    pause = SEND_AGAIN_AFTER[min(attempt.sends, len(SEND_AGAIN_AFTER)) - 1]
    if charge.retry_after is not None:
        pause = timedelta(seconds=charge.retry_after)
    attempts.move(attempt, AttemptEvent.RETURNED, at=at, next_action_at=at + pause)
    attempt.reason, attempt.misses = charge.reason, 0


def decline(
    session: Session,
    attempt: Attempt,
    invoice: Invoice | None,
    method: PaymentMethod | None,
    charge: ChargeOutcome,
    *,
    business: Business,
    actor: Actor,
    at: datetime,
) -> None:
    """The bank said no. The debt is chased from today on; a hard no rules the method out until it is renewed.

    A first purchase or a change that waits for its invoice is not chased: it lapses by itself.
    """
    if not attempts.move(attempt, AttemptEvent.DECLINED, at=at):
        return
    is_hard = _note_decline(session, attempt, charge, actor=actor, at=at)
    if is_hard and method is not None:
        method.is_refused = True
    if invoice is not None:
        _follow_up(session, attempt, invoice, business=business, is_hard=is_hard, actor=actor, at=at)


def chase_unconfirmed(session: Session, attempt: Attempt, *, actor: Actor, at: datetime) -> None:
    """A charge that its bank wanted confirmed was not: it failed like a declined one."""
    if attempt.invoice_id is not None:
        invoice = session.get_one(Invoice, attempt.invoice_id)
        business = businesses.read(session)
        _follow_up(session, attempt, invoice, business=business, is_hard=False, actor=actor, at=at)


def _follow_up(
    session: Session,
    attempt: Attempt,
    invoice: Invoice,
    *,
    business: Business,
    is_hard: bool,
    actor: Actor,
    at: datetime,
) -> None:
    """A charge has failed: its debt is chased and its customer told. A page that nobody used is no failure."""
    if invoice.status is not InvoiceStatus.ISSUED or attempt.kind != AttemptKind.CHARGE:
        return
    if invoice.kind not in LAPSING:
        _collecting.chase(session, invoice.id, business=business, is_hard=is_hard, actor=actor, at=at)
    if attempt.trigger == AttemptTrigger.DUNNING:
        _chasing.tell_of_failed_try(session, invoice, at=at)
    facts = {"invoice": invoice.ref, "attempt": attempt.reference}
    outbox.post(session, "payment.failed", at=at, customer_id=attempt.customer_id, **facts)


def _note_decline(session: Session, attempt: Attempt, charge: ChargeOutcome, *, actor: Actor, at: datetime) -> bool:
    """Keep what the bank said; True if it was a no for good."""
    kind = charge.decline or DeclineKind.RETRY_LATER
    attempt.decline, attempt.decline_code, attempt.reason = kind, charge.decline_code, charge.reason
    attempt.gateway_ref = charge.gateway_ref or attempt.gateway_ref
    audit.record(
        session,
        actor,
        "attempt.declined",
        at=at,
        customer_id=attempt.customer_id,
        subject=attempt.reference,
        reason=charge.reason,
        decline=str(kind),
        code=charge.decline_code,
    )
    return kind is not DeclineKind.RETRY_LATER
