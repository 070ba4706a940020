"""A refund that waits for a second person. Steps; none commits."""

from datetime import datetime

from sqlalchemy.orm import Session

from portal.actions import _refunding
from portal.actions._deeds import Change, Content, Deed
from portal.balance import ledger
from portal.core.actors import Actor
from portal.core.money import Money
from portal.identity import approvals
from portal.identity.approvals import Wish
from portal.identity.models import Approval
from portal.journal.accounts import JournalEvent, entries
from portal.payments import refunds
from portal.payments.models import Payment
from portal.payments.refund_models import Refund
from portal.payments.refund_states import RefundSource, RefundStatus

DEED = "refund.send"


def ask(session: Session, refund: Refund, *, actor: Actor, at: datetime) -> Approval:
    """Ask a second person to let the requested refund go."""
    wish = Wish(DEED, refund.ref, refund.customer_id, refund.amount, _facts(session, refund), refund.reason)
    return approvals.ask(session, wish, actor=actor, at=at)


def _facts(session: Session, refund: Refund) -> dict[str, str]:
    payment = session.get_one(Payment, refund.payment_id)
    return {"payment": payment.ref, "way": str(refund.way), "source": str(refund.source)}


def _content(session: Session, approval: Approval) -> Content | None:
    refund = refunds.by_ref(session, approval.subject)
    payment = session.get_one(Payment, refund.payment_id, populate_existing=True)
    if refund.status is not RefundStatus.REQUESTED or refunds.left_of(payment) < refund.amount:
        return None
    refunded = Money(payment.refunded_minor, payment.currency)
    changes = [Change("Refunded", refunded, refunded + refund.amount)]
    if refund.source is RefundSource.BALANCE:
        balance = ledger.of_customer(session, refund.customer_id, refund.currency)
        if balance < refund.amount:
            return None
        changes.append(Change("Balance", balance, balance - refund.amount))
    moves = tuple(entries(JournalEvent.REFUND_APPROVED, refund.amount))
    return Content(refund.amount, _facts(session, refund), moves=moves, changes=tuple(changes))


def _carry_out(session: Session, approval: Approval, actor: Actor, at: datetime) -> None:
    _refunding.approve(session, refunds.by_ref(session, approval.subject), actor=actor, at=at)


def _turn_down(session: Session, approval: Approval, actor: Actor, at: datetime) -> None:
    refund = refunds.by_ref(session, approval.subject)
    if refund.status is RefundStatus.REQUESTED:
        _refunding.cancel(session, refund, reason=approval.decision_reason, actor=actor, at=at)


SEND = Deed(content=_content, carry_out=_carry_out, turn_down=_turn_down)
