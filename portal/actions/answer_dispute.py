"""Decide what to say to a payer's bank: give the money back, or contest the claim with what we know."""

from datetime import date, datetime

from sqlalchemy.orm import Session

from portal.actions import _dispute_asked, _disputing
from portal.core.actors import Actor
from portal.core.db import transaction
from portal.core.errors import Invalid, Refused
from portal.customers import queries as customers
from portal.identity import approvals
from portal.identity.approvals import Wish
from portal.payments import disputes
from portal.payments.dispute_states import DisputeStatus
from portal.payments.refund_models import Dispute, DisputeNote

NOTE_KINDS = ("service", "delivery", "message", "phone", "other")
LONGEST = 2_000


class NothingToAnswer(Refused):
    """The gateway waits for no answer any more, or has ours."""

    code = "dispute_not_waiting"


def answer_dispute(dispute_ref: str, *, accepts: bool, text: str, actor: Actor, at: datetime) -> bool:
    """A worker passes the answer on. Giving back more than the actor's limit asks a second person: then False.

    Raises NothingToAnswer, Invalid.
    """
    if not text.strip() or len(text) > LONGEST:
        raise Invalid("Say why, in at most %(most)s characters.", field="text", most=LONGEST)
    with transaction() as session:
        dispute = _locked(session, dispute_ref)
        if not accepts and not disputes.notes_of(session, dispute.id):
            raise Invalid("Note first what we know: a claim is contested with evidence.", field="text")
        if accepts and approvals.needs_second_person(session, actor, dispute.amount):
            facts = {"text": text.strip(), "gateway_ref": dispute.gateway_ref}
            wish = Wish(_dispute_asked.DEED, dispute.ref, dispute.customer_id, dispute.amount, facts, text)
            approvals.ask(session, wish, actor=actor, at=at)
            return False
        _dispute_asked.answer(session, dispute, "accept" if accepts else "contest", text.strip(), actor=actor, at=at)
        return True


def note_on_dispute(
    dispute_ref: str, kind: str, text: str, *, happened_on: date | None = None, actor: Actor, at: datetime
) -> None:
    """Keep what we know about the disputed payment; it is the evidence when we contest."""
    if kind not in NOTE_KINDS:
        raise Invalid("There is no such kind of note.", field="kind")
    if not text.strip() or len(text) > LONGEST:
        raise Invalid("Write what is known, in at most %(most)s characters.", field="known", most=LONGEST)
    with transaction() as session:
        dispute = disputes.by_ref(session, dispute_ref)
        customers.lock(session, dispute.customer_id)
        note = {"kind": kind, "text": text.strip(), "happened_on": happened_on}
        session.add(DisputeNote(dispute_id=dispute.id, actor=actor.name, created_at=at, **note))
        _disputing.record_deed(session, dispute, "dispute.noted", actor=actor, at=at, kind=kind)


def _locked(session: Session, dispute_ref: str) -> Dispute:
    dispute = disputes.by_ref(session, dispute_ref)
    customers.lock(session, dispute.customer_id)
    session.refresh(dispute)
    if dispute.status is not DisputeStatus.NEEDS_RESPONSE or dispute.answer is not None:
        raise NothingToAnswer("This dispute waits for no answer of ours. Nothing was changed.")
    return dispute
