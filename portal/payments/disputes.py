"""Disputes as rows: opening, moving, claiming, finding. The only writer of a dispute's status.

Callers hold the customer's lock.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core.errors import NotFound
from portal.core.ids import public_ref
from portal.core.money import Money
from portal.payments.dispute_states import DISPUTE, OPEN, DisputeEvent, DisputeStatus
from portal.payments.models import Payment
from portal.payments.refund_models import Dispute, DisputeNote

ASK_AFTER = timedelta(hours=12)
"""How long after it was last heard of an open dispute is asked about again: news of it may be lost."""
SOON = timedelta(minutes=5)
CLAIM = timedelta(minutes=3)


def write(session: Session, payment: Payment, gateway_ref: str, amount: Money, *, at: datetime) -> Dispute:
    """A dispute that wants an answer."""
    dispute = Dispute(
        ref=public_ref("dsp"),
        customer_id=payment.customer_id,
        payment_id=payment.id,
        gateway_account_id=payment.gateway_account_id,
        gateway_ref=gateway_ref,
        status=DisputeStatus.NEEDS_RESPONSE,
        category="",
        claim="",
        said="",
        amount_minor=amount.minor,
        currency=amount.currency,
        answer_text="",
        queries=0,
        opened_at=at,
        next_action_at=at + ASK_AFTER,
    )
    session.add(dispute)
    session.flush()
    return dispute


def move(dispute: Dispute, event: DisputeEvent, *, at: datetime) -> bool:
    """Take the event; False when it changes nothing. What is open is asked about again, late before its due time."""
    after = DISPUTE.after(dispute.status, event)
    if after is not None:
        dispute.status = after
        dispute.closed_at = None if after in OPEN else dispute.closed_at or at
    dispute.next_action_at = ask_again_at(dispute, at) if dispute.status in OPEN else None
    return after is not None


def ask_again_at(dispute: Dispute, at: datetime) -> datetime:
    """Twice a day; sooner when its due time comes, for then it may be decided without us."""
    later = at + ASK_AFTER
    return min(later, dispute.due_at) if dispute.due_at is not None and dispute.due_at > at else later


def claim(session: Session, *, limit: int, at: datetime) -> list[int]:
    """Take those that are to be asked about or answered, and push their time ahead. Ids, in order."""
    due = (
        select(Dispute)
        .where(Dispute.next_action_at <= at, Dispute.status.in_(OPEN))
        .order_by(Dispute.next_action_at, Dispute.id)
        .limit(limit)
        .with_for_update(skip_locked=True, key_share=True)
    )
    taken = []
    for dispute in session.scalars(due):
        dispute.next_action_at = at + CLAIM
        dispute.queries += 1
        taken.append(dispute.id)
    return sorted(taken)


def is_disputing(session: Session, customer_id: int, currency: str) -> bool:
    """Is a payment of the customer disputed at this moment?"""
    wanted = select(Dispute.id).where(
        Dispute.customer_id == customer_id, Dispute.currency == currency, Dispute.status.in_(OPEN)
    )
    return session.scalar(wanted.limit(1)) is not None


def by_ref(session: Session, ref: str) -> Dispute:
    found = session.scalar(select(Dispute).where(Dispute.ref == ref))
    if found is None:
        raise NotFound("There is no such dispute.")
    return found


def known(session: Session, account_id: int, gateway_ref: str) -> Dispute | None:
    return session.scalar(
        select(Dispute).where(Dispute.gateway_account_id == account_id, Dispute.gateway_ref == gateway_ref)
    )


def of_payment(session: Session, payment_id: int) -> Sequence[Dispute]:
    return session.scalars(select(Dispute).where(Dispute.payment_id == payment_id).order_by(Dispute.id.desc())).all()


def notes_of(session: Session, dispute_id: int) -> Sequence[DisputeNote]:
    """What we know about it, the oldest first."""
    wanted = select(DisputeNote).where(DisputeNote.dispute_id == dispute_id).order_by(DisputeNote.id)
    return session.scalars(wanted).all()
