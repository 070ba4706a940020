"""Approve or reject what another person asked for. What is carried out is what was approved, or nothing."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.actions import (
    _attempt_asked,
    _bank_details,
    _crediting,
    _dispute_asked,
    _recording_asked,
    _refund_asked,
    _voiding,
    _writing_off,
)
from portal.actions._deeds import Content, Deed
from portal.actions._proving_asked import ACCEPT_PROOF
from portal.actions._proving_asked import DEED as ACCEPTING_PROOF
from portal.core.actors import Actor
from portal.core.crashes import crash_point
from portal.core.db import transaction
from portal.core.errors import NotFound, Refused
from portal.customers import queries as customers
from portal.identity import approvals
from portal.identity.approvals import Decision
from portal.identity.models import Approval

DEEDS: dict[str, Deed] = {
    _recording_asked.RECORD: _recording_asked.RECORDING,
    _recording_asked.REVERSE: _recording_asked.REVERSING,
    _bank_details.OPEN: _bank_details.OPENING,
    ACCEPTING_PROOF: ACCEPT_PROOF,
    _crediting.DEED: _crediting.GIVE,
    _crediting.VOID_DEED: _crediting.TAKE_BACK,
    _voiding.DEED: _voiding.VOID,
    _writing_off.DEED: _writing_off.WRITE_OFF,
    _refund_asked.DEED: _refund_asked.SEND,
    _dispute_asked.DEED: _dispute_asked.ACCEPT,
    _attempt_asked.DEED: _attempt_asked.SETTLE,
}
"""Every deed that a second person may be asked for."""


class Outcome(StrEnum):
    """What became of the decision. `CHANGED`: the content is another by now and waits anew; nothing was carried out."""

    CARRIED_OUT = "carried_out"
    REJECTED = "rejected"
    CHANGED = "changed"
    GONE = "gone"


class AlreadyDecided(Refused):
    """Somebody decided about it, or it was withdrawn."""

    code = "already_decided"


def decide_approval(approval_ref: str, decision: Decision, *, reason: str, actor: Actor, at: datetime) -> Outcome:
    """Decide, and carry an approved deed out in the same transaction.

    The content is looked at again under the lock. Is it another than the one that was asked for, nothing is carried
    out: the request waits anew with the present content (CHANGED), or ends where the deed is not possible any more
    (GONE). Raises OwnRequest for one's own, AboveLimit, Invalid for a rejection without a reason, AlreadyDecided.
    """
    with transaction() as session:
        approval = _lock(session, approval_ref)
        approvals.require_may_decide(session, approval, actor)
        deed = DEEDS[approval.deed]
        if decision is Decision.REJECTED:
            approvals.decide(session, approval, decision, actor=actor, reason=reason, at=at)
            deed.turn_down(session, approval, actor, at)
            return Outcome.REJECTED
        content = deed.content(session, approval)
        if content is None:
            approvals.close(session, approval, Decision.OUTDATED, actor=actor, at=at)
            deed.turn_down(session, approval, actor, at)
            return Outcome.GONE
        if content.digest != approval.digest:
            approvals.ask_again(session, approval, amount=content.amount, facts=content.facts, actor=actor, at=at)
            return Outcome.CHANGED
        approvals.decide(session, approval, Decision.APPROVED, actor=actor, reason=reason, at=at)
        crash_point("C-27")
        deed.carry_out(session, approval, actor, at)
        approvals.executed(approval, content.digest, at=at)
    return Outcome.CARRIED_OUT


def withdraw_approval(approval_ref: str, *, actor: Actor, at: datetime) -> None:
    """Whoever asked does not want it any more. Withdrawn already: nothing."""
    with transaction() as session:
        approval = _lock(session, approval_ref, decided={Decision.WITHDRAWN})
        if approval.requested_by != actor.user_id:
            raise Refused("Only the person who asked for this can withdraw it. Nothing was changed.")
        if approval.decision is None:
            approvals.close(session, approval, Decision.WITHDRAWN, actor=actor, at=at)
            DEEDS[approval.deed].turn_down(session, approval, actor, at)


def foreseen(session: Session, approval: Approval) -> Content | None:
    """What approving it now would do, for the page; None when it is not possible any more."""
    deed = DEEDS[approval.deed]
    return (deed.foresee or deed.content)(session, approval)


def _lock(session: Session, ref: str, *, decided: set[Decision] | None = None) -> Approval:
    """The customer first, as everywhere, then the approval."""
    found = session.execute(select(Approval.customer_id).where(Approval.ref == ref)).first()
    if found is None:
        raise NotFound("There is no such request.")
    if found.customer_id is not None:
        customers.lock(session, found.customer_id)
    approval = approvals.lock(session, ref)
    if approval.decision is not None and approval.decision not in (decided or set()):
        raise AlreadyDecided("This has been decided already. Nothing was changed.")
    return approval
