"""Opening, leasing and closing attempts. The only writer of an attempt's status. Callers hold the customer's lock."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from portal.core.bulk import insert_rows, take_ids
from portal.core.errors import Refused
from portal.core.ids import attempt_reference
from portal.core.money import Money
from portal.payments import queries
from portal.payments.models import Attempt
from portal.payments.payables import Details, details
from portal.payments.states import (
    ASKED_ABOUT,
    ATTEMPT,
    AttemptEvent,
    AttemptKind,
    AttemptStatus,
    AttemptTrigger,
    is_supersedable,
)

LEASE = timedelta(seconds=120)
"""Longer than the deadline of a call: a lapsed lease means that whoever held it is gone."""

WRITTEN = ("status", "gateway_ref", "decline", "decline_code", "reason", "closed_at", "next_action_at")
"""The columns that an answer changes."""

QUERY_AFTER = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=15),
    timedelta(hours=1),
    timedelta(hours=6),
    timedelta(days=1),
)
"""How long after an attempt was last heard of the gateway is asked again, by how often it was asked."""

PAYABLE_LIVES = timedelta(hours=24)
GRACE = timedelta(hours=6)


class InDoubt(Refused):
    """A charge may have been sent, so nothing else may be tried until the gateway has answered."""

    code = "attempt_in_doubt"


@dataclass(frozen=True, slots=True)
class ToCollect:
    """One invoice to be charged with one stored method."""

    customer_id: int
    invoice_id: int
    account_id: int
    method_id: int
    amount: Money
    trigger: AttemptTrigger


def open_all(session: Session, wanted: Sequence[ToCollect], *, at: datetime) -> list[int]:
    """Commit to charging each: `waiting`, under a fresh reference. The database allows one live per invoice."""
    ids = take_ids(session, Attempt, len(wanted))
    rows = [
        _row(AttemptKind.CHARGE, AttemptStatus.WAITING, one.trigger, one.amount, at)
        | {
            "id": attempt_id,
            "customer_id": one.customer_id,
            "invoice_id": one.invoice_id,
            "gateway_account_id": one.account_id,
            "method_id": one.method_id,
        }
        for attempt_id, one in zip(ids, wanted, strict=True)
    ]
    insert_rows(session, Attempt, rows)
    return ids


def open_payable(
    session: Session,
    *,
    customer_id: int,
    invoice_id: int | None,
    account_id: int,
    amount: Money,
    trigger: AttemptTrigger,
    wanted: Details | None = None,
    at: datetime,
) -> Attempt:
    """Commit to asking for what the customer can pay: leased at once, for the caller asks at once."""
    row = _row(AttemptKind.PAYABLE, AttemptStatus.SENDING, trigger, amount, at + LEASE)
    attempt = Attempt(
        **row
        | {
            "customer_id": customer_id,
            "invoice_id": invoice_id,
            "gateway_account_id": account_id,
            "method_id": None,
            "payable": wanted.as_row() if wanted else None,
            "created_at": at,
            "sends": 1,
            "sent_at": at,
        }
    )
    session.add(attempt)
    session.flush()
    return attempt


def beside(session: Session, attempt: Attempt, gateway_ref: str, *, at: datetime) -> Attempt:
    """What a payer paid once more on a page that was paid already: another transaction of the gateway, which needs an
    attempt of its own. It has succeeded before we heard of it."""
    row = _row(AttemptKind.PAYABLE, AttemptStatus.SUCCEEDED, AttemptTrigger(attempt.trigger), attempt.amount, at)
    again = Attempt(
        **row
        | {
            "customer_id": attempt.customer_id,
            "invoice_id": attempt.invoice_id,
            "gateway_account_id": attempt.gateway_account_id,
            "method_id": None,
            "gateway_ref": gateway_ref,
            "payable": replace(details(attempt), keeps_method=False).as_row(),
            "closed_at": at,
            "next_action_at": None,
        }
    )
    session.add(again)
    session.flush()
    return again


def _row(
    kind: AttemptKind, status: AttemptStatus, trigger: AttemptTrigger, amount: Money, next_action_at: datetime
) -> dict[str, Any]:
    return {
        "reference": attempt_reference(),
        "kind": kind,
        "status": status,
        "trigger": trigger,
        "amount_minor": amount.minor,
        "currency": amount.currency,
        "reason": "",
        "sends": 0,
        "queries": 0,
        "misses": 0,
        "created_at": next_action_at,
        "next_action_at": next_action_at,
    }


# Parked customers are asked for one by one: as a join it would read through all customers.
_LEASE = text(
    """
    UPDATE attempts SET status = 'sending', sends = sends + 1, sent_at = :now, next_action_at = :lease_ends
     WHERE id = ANY(ARRAY(
           SELECT a.id FROM attempts a
            WHERE a.status = 'waiting' AND a.gateway_account_id = :account AND a.next_action_at <= :now
              AND (SELECT c.parked_at IS NULL FROM customers c WHERE c.id = a.customer_id)
            ORDER BY a.next_action_at, a.id LIMIT 100 FOR UPDATE OF a SKIP LOCKED))
    RETURNING id
    """
)


def lease(session: Session, account_id: int, *, at: datetime) -> list[int]:
    """Take up to a hundred waiting charges of an account: `sending` until the lease ends. Ids, in order."""
    rows = session.scalars(_LEASE, {"account": account_id, "now": at, "lease_ends": at + LEASE})
    return sorted(rows)


def move(attempt: Attempt, event: AttemptEvent, *, at: datetime, next_action_at: datetime | None = None) -> bool:
    """Take the event; False when it changes nothing. `next_action_at` is for what stays open."""
    after = ATTEMPT.after(attempt.status, event)
    if after is None:
        return False
    attempt.status = after
    is_open = after in ASKED_ABOUT or after is AttemptStatus.WAITING
    attempt.closed_at = None if is_open else at
    attempt.next_action_at = (next_action_at or ask_again_at(attempt, at)) if is_open else None
    return True


def ask_again_at(attempt: Attempt, at: datetime) -> datetime:
    """When to ask the gateway next: soon at first, daily in the end, and as soon as a payable has run out."""
    asked_at = at + QUERY_AFTER[min(attempt.queries, len(QUERY_AFTER) - 1)]
    if attempt.kind != AttemptKind.PAYABLE:
        return asked_at
    ends = [end for end in (expires_at(attempt), expires_at(attempt) + GRACE) if end > at]
    return min([asked_at, *ends])


def cancel_waiting(session: Session, invoice_id: int, *, at: datetime) -> None:
    """Nothing is to be collected any more: what was certainly not sent is canceled, a payable is superseded."""
    attempt = queries.locked_live_attempt(session, invoice_id)
    if attempt is None:
        return
    if attempt.status is AttemptStatus.WAITING:
        move(attempt, AttemptEvent.CANCELED, at=at)
    elif is_supersedable(AttemptKind(attempt.kind), attempt.status):
        supersede(attempt, at=at)


def supersede(attempt: Attempt, *, at: datetime) -> None:
    """The customer chose another way. The payable is still asked about until it and the grace have run out."""
    move(attempt, AttemptEvent.SUPERSEDED, at=at, next_action_at=ask_again_at(attempt, at))


def expires_at(attempt: Attempt) -> datetime:
    """When a payable cannot be paid any more, as the gateway said or as we assume."""
    return details(attempt).expires_at or attempt.created_at + PAYABLE_LIVES


def link_of(attempt: Attempt) -> str:
    """The page on which a payable can be paid; empty where there is none."""
    return details(attempt).link
