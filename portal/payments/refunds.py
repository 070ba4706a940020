"""Refunds as rows: opening, leasing, moving, and setting their amount aside on the payment.

The only writer of a refund's status and of what a payment says was refunded. Callers hold the customer's lock.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select, text, update
from sqlalchemy.orm import Session

from portal.core.errors import NotFound, Refused
from portal.core.ids import public_ref
from portal.core.money import Money
from portal.payments.models import Payment, PaymentAllocation
from portal.payments.refund_models import Refund
from portal.payments.refund_states import (
    ASKED_ABOUT,
    LIVE,
    REFUND,
    RESERVED,
    RefundEvent,
    RefundSource,
    RefundStatus,
    RefundWay,
)
from portal.payments.states import PaymentStatus

LEASE = timedelta(seconds=180)
"""Longer than listing and sending together may take: a lapsed lease means that whoever held it is gone."""

ASK_AFTER = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=15),
    timedelta(hours=1),
    timedelta(hours=6),
    timedelta(days=1),
)
"""How long after it was last heard of a refund is asked about again, by how often it was."""


@dataclass(frozen=True, slots=True)
class RefundWish:
    """What is to go back, and why; `way` None leaves it to what the gateway of the payment can."""

    amount: Money
    source: RefundSource
    reason: str
    way: RefundWay | None = None
    credit_note_id: int | None = None


class RefundTooMuch(Refused):
    """More was to go back than is left of the payment. Carries what is left."""

    code = "refund_too_much"

    def __init__(self, left: Money) -> None:
        super().__init__("That is more than is left of this payment. Nothing was refunded.")
        self.left = left


class RefundUnderWay(Refused):
    """One refund of a payment at a time: the gateway's list could not tell two apart."""

    code = "refund_under_way"

    def __init__(self) -> None:
        super().__init__("Another refund of this payment is under way. Nothing was changed.")


class NotRefundable(Refused):
    """The payment was taken back, or nobody knows yet whose it is."""

    code = "not_refundable"

    def __init__(self) -> None:
        super().__init__("This payment cannot be refunded: it was reversed, or belongs to nobody yet.")


def left_of(payment: Payment) -> Money:
    """What may still go back of the payment."""
    if payment.status is not PaymentStatus.BOOKED or payment.customer_id is None:
        return Money.zero(payment.currency)
    return Money(payment.amount_minor - payment.refunded_minor - payment.reversed_minor, payment.currency)


def refundable_payments(session: Session, invoice_id: int) -> list[tuple[Payment, Money]]:
    """The payments that paid the invoice and of which something may go back now, with how much; the largest first."""
    paid = (
        select(Payment, func.sum(PaymentAllocation.amount_minor))
        .join(PaymentAllocation, PaymentAllocation.payment_id == Payment.id)
        .where(PaymentAllocation.invoice_id == invoice_id, Payment.status == PaymentStatus.BOOKED)
        .where(~select(Refund.id).where(Refund.payment_id == Payment.id, Refund.status.in_(LIVE)).exists())
        .group_by(Payment.id)
        .order_by(Payment.id)
    )
    found = [(row[0], min(left_of(row[0]), Money(int(row[1]), row[0].currency))) for row in session.execute(paid)]
    return sorted(((payment, most) for payment, most in found if most.is_positive), key=lambda one: -one[1].minor)


def write(session: Session, payment: Payment, wish: RefundWish, *, requested_by: str, at: datetime) -> Refund:
    """A refund that is requested: nothing is set aside for it yet. One live per payment."""
    if left_of(payment) < wish.amount:
        raise RefundTooMuch(left_of(payment))
    if live_of(session, payment.id) is not None:
        raise RefundUnderWay
    refund = Refund(
        ref=public_ref("rfd"),
        customer_id=payment.customer_id,
        payment_id=payment.id,
        credit_note_id=wish.credit_note_id,
        gateway_account_id=payment.gateway_account_id,
        way=wish.way or RefundWay.BY_HAND,
        source=wish.source,
        status=RefundStatus.REQUESTED,
        amount_minor=wish.amount.minor,
        currency=wish.amount.currency,
        reason=wish.reason,
        said="",
        requested_by=requested_by,
        sends=0,
        queries=0,
        misses=0,
        created_at=at,
    )
    session.add(refund)
    session.flush()
    return refund


def reserve(session: Session, refund: Refund) -> None:
    """Set its amount aside on the payment; the database lets no two of them go beyond what came in."""
    kept = (
        update(Payment)
        .where(Payment.id == refund.payment_id, Payment.status == PaymentStatus.BOOKED)
        .where(Payment.refunded_minor + refund.amount_minor <= Payment.amount_minor - Payment.reversed_minor)
        .values(refunded_minor=Payment.refunded_minor + refund.amount_minor)
        .returning(Payment.id)
        .execution_options(synchronize_session="fetch")
    )
    if session.scalar(kept) is None:
        raise RefundTooMuch(left_of(session.get_one(Payment, refund.payment_id, populate_existing=True)))


def release(session: Session, refund: Refund) -> None:
    """It does not go back after all."""
    session.execute(
        update(Payment)
        .where(Payment.id == refund.payment_id)
        .values(refunded_minor=Payment.refunded_minor - refund.amount_minor)
        .execution_options(synchronize_session="fetch")
    )


def move(refund: Refund, event: RefundEvent, *, at: datetime, next_action_at: datetime | None = None) -> bool:
    """Take the event; False when it changes nothing. `next_action_at` is for what waits for the clock."""
    after = REFUND.after(refund.status, event)
    if after is None:
        return False
    refund.status = after
    waits = refund.way is RefundWay.GATEWAY and (after in ASKED_ABOUT or after is RefundStatus.APPROVED)
    refund.next_action_at = (next_action_at or ask_again_at(refund, at)) if waits else None
    refund.closed_at = None if after in LIVE else at
    return True


def ask_again_at(refund: Refund, at: datetime) -> datetime:
    return at + ASK_AFTER[min(refund.queries, len(ASK_AFTER) - 1)]


# Parked customers and stopped accounts are left alone; asked for one by one, for there are few refunds.
_LEASE = text(
    """
    UPDATE refunds SET status = 'sending', sends = sends + 1, sent_at = :now, next_action_at = :lease_ends
     WHERE id = ANY(ARRAY(
           SELECT r.id FROM refunds r
            WHERE r.status = 'approved' AND r.next_action_at <= :now
              AND (SELECT c.parked_at IS NULL FROM customers c WHERE c.id = r.customer_id)
              AND (SELECT g.stopped_reason IS NULL FROM gateway_accounts g WHERE g.id = r.gateway_account_id)
            ORDER BY r.next_action_at, r.id LIMIT :most FOR UPDATE OF r SKIP LOCKED))
    RETURNING id
    """
)


def lease(session: Session, *, limit: int, at: datetime) -> list[int]:
    """Take approved refunds to send: `sending` until the lease ends. Ids, in order."""
    return sorted(session.scalars(_LEASE, {"now": at, "lease_ends": at + LEASE, "most": limit}))


def claim(session: Session, *, limit: int, at: datetime) -> list[int]:
    """Take those that are to be asked about, and push their time ahead so that nobody asks twice. Ids, in order."""
    due = (
        select(Refund)
        .where(Refund.next_action_at <= at, Refund.status.in_(ASKED_ABOUT))
        .order_by(Refund.next_action_at, Refund.id)
        .limit(limit)
        .with_for_update(skip_locked=True, key_share=True)
    )
    taken = []
    for refund in session.scalars(due):
        refund.next_action_at = at + LEASE
        refund.queries += 1
        taken.append(refund.id)
    return sorted(taken)


def live_of(session: Session, payment_id: int) -> Refund | None:
    """The one refund of the payment that is under way."""
    return session.scalar(select(Refund).where(Refund.payment_id == payment_id, Refund.status.in_(LIVE)))


def of_payment(session: Session, payment_id: int) -> Sequence[Refund]:
    """Every refund of the payment, the latest first."""
    return session.scalars(select(Refund).where(Refund.payment_id == payment_id).order_by(Refund.id.desc())).all()


def of_invoice(session: Session, invoice_id: int) -> Sequence[Refund]:
    """What of the money that paid the invoice goes or went back to its customer, the latest first."""
    paid = select(PaymentAllocation.payment_id).where(PaymentAllocation.invoice_id == invoice_id)
    wanted = select(Refund).where(Refund.payment_id.in_(paid), Refund.source != RefundSource.OUTSIDE)
    on_their_way = RESERVED | {RefundStatus.SUCCEEDED}
    return session.scalars(wanted.where(Refund.status.in_(on_their_way)).order_by(Refund.id.desc())).all()


def by_ref(session: Session, ref: str) -> Refund:
    found = session.scalar(select(Refund).where(Refund.ref == ref))
    if found is None:
        raise NotFound("There is no such refund.")
    return found
