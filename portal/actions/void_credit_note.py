"""Take back a credit note that was issued by mistake, or throw away one that never was."""

from datetime import datetime

from sqlalchemy import delete
from sqlalchemy.orm import Session

from portal.actions import _asking, _crediting
from portal.core import audit
from portal.core.actors import Actor
from portal.core.db import transaction
from portal.core.errors import Invalid, Refused
from portal.customers import queries as customers
from portal.identity import approvals
from portal.identity.approvals import Decision
from portal.invoicing import notes
from portal.invoicing.models import CreditNote, CreditNoteLine
from portal.invoicing.states import CreditNoteStatus


def void_credit_note(note_ref: str, *, reason: str, actor: Actor, at: datetime) -> str:
    """All that it did is undone; above the actor's limit a second person is asked first. Void already: nothing.

    Returns the reference of the request that waits, empty where it was done. Raises GivenByRule, NotIssued,
    RefundBegan where money is on its way back, BalanceOverspent where what went to the balance was spent.
    """
    if not reason.strip():
        raise Invalid("Please say why.", field="reason")
    with transaction() as session:
        _lock(session, note_ref)
        note, invoice = _crediting.of(session, note_ref)
        if note.status is CreditNoteStatus.VOID:
            return ""
        _crediting.require_voidable(session, note)
        content = _crediting.voiding_of(session, note, invoice)
        wish = _asking.wish_for(_crediting.VOID_DEED, note.ref, note.customer_id, content, reason.strip())
        asked = _asking.done_or_asked(
            session,
            wish,
            lambda: _crediting.void(session, note, invoice, reason=reason.strip(), actor=actor, at=at),
            actor=actor,
            at=at,
        )
        return asked.ref if asked else ""


def discard_credit_note(note_ref: str, *, actor: Actor, at: datetime) -> None:
    """Throw away what was never issued; what waited for a second person does not wait any more."""
    with transaction() as session:
        note = _lock(session, note_ref)
        if note.number is not None:
            raise Refused("This credit note is issued, so it can only be voided. Nothing was changed.")
        waiting = approvals.waiting_for(session, _crediting.DEED, note.ref)
        if waiting is not None:
            approvals.close(session, approvals.lock(session, waiting.ref), Decision.WITHDRAWN, actor=actor, at=at)
        audit.record(
            session, actor, "credit_note.discarded", at=at, customer_id=note.customer_id, subject=note.ref,
            total_minor=note.total_minor, currency=note.currency,
        )  # fmt: skip
        session.execute(delete(CreditNoteLine).where(CreditNoteLine.credit_note_id == note.id))
        session.execute(delete(CreditNote).where(CreditNote.id == note.id))


def _lock(session: Session, note_ref: str) -> CreditNote:
    customers.lock(session, notes.by_ref(session, note_ref).customer_id)
    return notes.by_ref(session, note_ref)
