"""An answer to a payer's bank that gives money back, and waits for a second person. Steps; none commits."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.actions import _disputing
from portal.actions._deeds import Content, Deed, nothing_waits
from portal.core.actors import Actor
from portal.identity.models import Approval
from portal.journal.accounts import Account, JournalEvent, MoneyPlace, entries
from portal.payments import disputes
from portal.payments.dispute_states import DisputeStatus
from portal.payments.models import GatewayAccount
from portal.payments.refund_models import Dispute

DEED = "dispute.accept"


def answer(session: Session, dispute: Dispute, answer: str, text: str, *, actor: Actor, at: datetime) -> None:
    dispute.answer, dispute.answer_text, dispute.next_action_at = answer, text, at
    deed = "dispute.accepted" if answer == "accept" else "dispute.contested"
    _disputing.record_deed(session, dispute, deed, actor=actor, at=at, reason=text)


def _content(session: Session, approval: Approval) -> Content | None:
    dispute = disputes.by_ref(session, approval.subject)
    if dispute.status is not DisputeStatus.NEEDS_RESPONSE or dispute.answer is not None:
        return None
    account = session.scalars(select(GatewayAccount.ref).where(GatewayAccount.id == dispute.gateway_account_id)).one()
    moves = tuple(entries(JournalEvent.PAYMENT_REVERSED, dispute.amount, MoneyPlace(Account.CASH, account)))
    facts = {"text": approval.facts.get("text", ""), "gateway_ref": dispute.gateway_ref}
    return Content(dispute.amount, facts, moves=moves)


def _carry_out(session: Session, approval: Approval, actor: Actor, at: datetime) -> None:
    dispute = disputes.by_ref(session, approval.subject)
    answer(session, dispute, "accept", str(approval.facts.get("text", "")), actor=actor, at=at)


ACCEPT = Deed(content=_content, carry_out=_carry_out, turn_down=nothing_waits)
