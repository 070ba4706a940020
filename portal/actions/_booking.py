"""Booking money that a gateway says has arrived. It is always booked, whatever became of what it was meant for.

Steps of `settle_payments`; the caller holds the customers' locks and commits.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.actions import _placing
from portal.actions._placing import Arrival, Booked, Wanted
from portal.core import audit, tasks
from portal.core.actors import Actor
from portal.core.bulk import among, take_ids, write_changes
from portal.core.ids import public_ref
from portal.core.money import Money
from portal.gateways.base import ChargeOutcome, differences
from portal.invoicing.models import Invoice
from portal.journal import posting
from portal.journal.accounts import Account, JournalEvent, MoneyPlace, entries
from portal.payments import attempts
from portal.payments.models import Attempt, GatewayAccount, Payment, PaymentMethod
from portal.payments.states import AttemptEvent, AttemptKind, AttemptStatus, PaymentStatus


@dataclass(frozen=True, slots=True)
class Success:
    """What a gateway says was paid under the reference of one attempt."""

    attempt: Attempt
    invoice: Invoice | None
    account: GatewayAccount
    method: PaymentMethod | None
    charge: ChargeOutcome


def book_all(session: Session, successes: Sequence[Success], *, on: date, actor: Actor, at: datetime) -> Booked:
    """Book each success once: payment, allocation, journal, balance. `on` is the business's day.

    What was booked before is passed over. A payment that differs from what was asked, or finds its invoice
    closed, is booked as what it is and becomes a task.
    """
    booked = Booked()
    settled: list[Attempt] = []
    known = _known_elsewhere(session, successes)
    ids = take_ids(session, Payment, len(successes))
    for one, payment_id in zip(successes, ids, strict=True):
        if _is_paid_again(one, known):
            one = replace(one, attempt=attempts.beside(session, one.attempt, one.charge.gateway_ref, at=at))
            known[one.account.id, one.charge.gateway_ref] = one.attempt.id
            _book(session, booked, one, payment_id, on=on, actor=actor, at=at)
            settled.append(one.attempt)
        elif _is_bookable(session, one, known, at):
            _book(session, booked, one, payment_id, on=on, actor=actor, at=at)
            settled.append(one.attempt)
    write_changes(session, settled, attempts.WRITTEN)
    _placing.write(session, booked)
    return booked


def _is_paid_again(one: Success, known: dict[tuple[int, str], int]) -> bool:
    """Is it another transaction of the gateway than the one that settled the attempt? On one page a payer may begin,
    and pay, more than one."""
    attempt, charge = one.attempt, one.charge
    is_other = bool(charge.gateway_ref) and attempt.gateway_ref not in (None, charge.gateway_ref)
    is_ours = charge.mode in ("", one.account.mode) and (one.account.id, charge.gateway_ref) not in known
    return attempt.kind == AttemptKind.PAYABLE and attempt.status is AttemptStatus.SUCCEEDED and is_other and is_ours


def _is_bookable(session: Session, one: Success, known: dict[tuple[int, str], int], at: datetime) -> bool:
    """Not booked before, not somebody else's transaction, and no play money in a live account."""
    attempt = one.attempt
    owner = known.get((one.account.id, one.charge.gateway_ref))
    if owner is not None and owner != attempt.id:
        _ask_person(session, "gateway_reference_reused", one, at, gateway_ref=one.charge.gateway_ref)
        return False
    if one.charge.mode and one.charge.mode != one.account.mode:
        _ask_person(session, "payment_in_other_mode", one, at, mode=one.charge.mode)
        return False
    return attempts.move(attempt, AttemptEvent.SUCCEEDED, at=at)


def _book(
    session: Session, booked: Booked, one: Success, payment_id: int, *, on: date, actor: Actor, at: datetime
) -> None:
    attempt, invoice, charge = one.attempt, one.invoice, one.charge
    paid = charge.amount or attempt.amount
    fee = charge.fee or Money.zero(paid.currency)
    ref = public_ref("pay")
    attempt.gateway_ref = charge.gateway_ref or attempt.gateway_ref
    attempt.reason, attempt.decline, attempt.decline_code = "", None, None
    booked.payments.append(_payment_row(one, payment_id, ref, paid, fee, on, at))
    place = MoneyPlace(Account.CASH, one.account.ref)
    kept = entries(JournalEvent.PAYMENT_FEE_CHARGED, fee, place)
    booked.journal += posting.rows(kept, on=on, at=at, customer_id=attempt.customer_id, document=ref)
    arrival = Arrival(payment_id, ref, attempt.customer_id, place, at)
    placed = _placing.spread(booked, arrival, paid, [Wanted(invoice)] if invoice is not None else [], on=on)
    booked.deeds.append(_deed(actor, one, ref, paid, placed.placed, at))
    _question(session, one, paid, placed.rest, at)


def _question(session: Session, one: Success, paid: Money, rest: Money, at: datetime) -> None:
    """What a person should look at: an answer that differs from what was asked, or money without a debt."""
    attempt = one.attempt
    email = one.method.payer_email if one.method else one.charge.payer_email
    found = differences(one.charge, amount=attempt.amount, payer_email=email, mode=one.account.mode)
    if found:
        _ask_person(session, "payment_differs", one, at, differs=list(found), paid_minor=paid.minor)
    elif rest.is_positive and one.invoice is not None and paid == attempt.amount and one.invoice.total >= paid:
        _ask_person(session, "money_without_debt", one, at, rest_minor=rest.minor, currency=rest.currency)


def _ask_person(session: Session, kind: str, one: Success, at: datetime, **facts: Any) -> None:
    tasks.open_task(session, kind, one.attempt.reference, at=at, customer_id=one.attempt.customer_id, **facts)


def _payment_row(
    one: Success, payment_id: int, ref: str, paid: Money, fee: Money, on: date, at: datetime
) -> dict[str, Any]:
    return {
        "id": payment_id,
        "ref": ref,
        "customer_id": one.attempt.customer_id,
        "attempt_id": one.attempt.id,
        "gateway_account_id": one.account.id,
        "gateway_ref": one.charge.gateway_ref or None,
        "status": PaymentStatus.BOOKED,
        "amount_minor": paid.minor,
        "currency": paid.currency,
        "fee_minor": fee.minor,
        "refunded_minor": 0,
        "received_on": on,
        "created_at": at,
    }


def _deed(actor: Actor, one: Success, ref: str, paid: Money, share: Money, at: datetime) -> dict[str, Any]:
    return audit.entry(
        actor,
        "payment.booked",
        at=at,
        customer_id=one.attempt.customer_id,
        subject=ref,
        attempt=one.attempt.reference,
        invoice=one.invoice.ref if one.invoice else None,
        amount_minor=paid.minor,
        to_invoice_minor=share.minor,
        currency=paid.currency,
    )


def _known_elsewhere(session: Session, successes: Sequence[Success]) -> dict[tuple[int, str], int]:
    """Which attempt each of these gateway transactions was booked for before."""
    refs = {one.charge.gateway_ref for one in successes if one.charge.gateway_ref}
    accounts = {one.account.id for one in successes}
    owners = select(Payment.gateway_account_id, Payment.gateway_ref, Payment.attempt_id)
    rows = session.execute(owners.where(among(Payment.gateway_account_id, accounts), among(Payment.gateway_ref, refs)))
    return {(account, ref): owner for account, ref, owner in rows if account and ref and owner}
