"""Draw up a credit note: a draft, or asked for at once. Within the limit of who asks it is issued without waiting."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from portal.actions import _asking, _crediting
from portal.core import audit, once
from portal.core.actors import Actor
from portal.core.db import transaction
from portal.core.errors import Invalid, Refused
from portal.core.money import Money
from portal.identity import approvals
from portal.identity.approvals import Decision, NeedsPerson
from portal.invoicing import crediting, note_drafts, notes
from portal.invoicing import queries as invoices
from portal.invoicing.models import CreditNote, Invoice
from portal.invoicing.note_drafts import Drawn, Places
from portal.invoicing.states import CreditNoteEvent, CreditNoteStatus, NoteCause


@dataclass(frozen=True, slots=True)
class NoteWish:
    """`amounts` by the position of the invoice line, without tax; `reason` stands on the paper, `remark` does not."""

    amounts: Mapping[int, Money]
    places: Places
    cause: NoteCause
    reason: str
    remark: str = ""


class Outdated(Refused):
    """The note was changed since it was opened."""

    code = "outdated"


def propose_credit_note(
    invoice_ref: str, wish: NoteWish, *, submit: bool, form_key: str = "", actor: Actor, at: datetime
) -> str:
    """Draw it up, and ask for it where `submit`; its reference. A form that is sent twice gets the same answer.

    Raises Invalid with the field, PlacesDiffer, TooMuch, CannotCredit, NothingToRefund.
    """
    with transaction() as session:
        _, invoice = invoices.lock(session, invoice_ref)
        before = once.answered(session, "propose_credit_note", form_key)
        if before is not None:
            return before
        if actor.user_id is None:
            raise NeedsPerson("A credit note is drawn up by somebody who signed in.")
        drawn = _drawn(session, invoice, wish)
        note = note_drafts.draft(session, invoice, drawn, drafted_by=actor.user_id, at=at)
        _record(session, note, "credit_note.drafted", actor, at)
        if submit:
            _submit(session, note, invoice, actor=actor, at=at)
        once.keep(session, "propose_credit_note", form_key, answer=note.ref, at=at)
        return note.ref


def edit_credit_note(note_ref: str, wish: NoteWish, *, seen: str, submit: bool, actor: Actor, at: datetime) -> None:
    """Change what is not issued. What waited for a second person is asked for again with the new content.

    `seen` is the `version_of` the note as it was opened: Outdated where somebody else has changed it since.
    """
    with transaction() as session:
        note, invoice = _locked(session, note_ref)
        if version_of(session, note, invoice) != seen:
            raise Outdated("Somebody else has changed this since you opened it. Nothing was changed.")
        _withdraw(session, note, actor=actor, at=at)
        note_drafts.redraw(session, note, invoice, _drawn(session, invoice, wish))
        _record(session, note, "credit_note.edited", actor, at)
        if submit:
            _submit(session, note, invoice, actor=actor, at=at)


def submit_credit_note(note_ref: str, *, actor: Actor, at: datetime) -> None:
    """Ask for a draft as it stands. Pending or issued already: nothing."""
    with transaction() as session:
        note, invoice = _locked(session, note_ref)
        if note.status is CreditNoteStatus.DRAFT:
            _submit(session, note, invoice, actor=actor, at=at)


def version_of(session: Session, note: CreditNote, invoice: Invoice) -> str:
    """Another whenever the note's content or status is another."""
    facts = _crediting.facts_of(note, invoice, notes.parts(session, note))
    return approvals.digest_for(note.total, facts | {"status": str(note.status), "remark": note.remark}).hex()


def _drawn(session: Session, invoice: Invoice, wish: NoteWish) -> Drawn:
    if wish.cause is NoteCause.RULE:
        raise Invalid("Choose one of the list.", field="cause")
    if not wish.reason.strip():
        raise Invalid("Say why. It stands on the credit note.", field="reason")
    parts = crediting.parts_of(session, invoice, wish.amounts)
    if wish.places.to_refund.is_positive:
        note_drafts.require_places(invoice, crediting.total_of(parts, invoice.currency), wish.places)
        _crediting.payment_for(session, invoice, wish.places.to_refund)
    return Drawn(parts, wish.places, wish.cause, wish.reason.strip(), wish.remark.strip())


def _submit(session: Session, note: CreditNote, invoice: Invoice, *, actor: Actor, at: datetime) -> None:
    parts = _crediting.require_issuable(session, note, invoice)
    content = _crediting.content_of(session, note, invoice, parts)
    wish = _asking.wish_for(_crediting.DEED, note.ref, note.customer_id, content, note.reason)
    asked = _asking.done_or_asked(
        session, wish, lambda: _crediting.issue(session, note, invoice, actor=actor, at=at), actor=actor, at=at
    )
    if asked is not None:
        notes.move(note, CreditNoteEvent.PROPOSED)
        _record(session, note, "credit_note.proposed", actor, at)


def _withdraw(session: Session, note: CreditNote, *, actor: Actor, at: datetime) -> None:
    """What waited is not what would be approved any more."""
    waiting = approvals.waiting_for(session, _crediting.DEED, note.ref)
    if waiting is not None:
        approvals.close(session, approvals.lock(session, waiting.ref), Decision.OUTDATED, actor=actor, at=at)


def _locked(session: Session, note_ref: str) -> tuple[CreditNote, Invoice]:
    invoices.lock(session, session.get_one(Invoice, notes.by_ref(session, note_ref).invoice_id).ref)
    return _crediting.of(session, note_ref)


def _record(session: Session, note: CreditNote, deed: str, actor: Actor, at: datetime) -> None:
    audit.record(
        session, actor, deed, at=at, customer_id=note.customer_id, subject=note.ref, reason=note.reason,
        total_minor=note.total_minor, currency=note.currency,
        places=[note.to_invoice_minor, note.to_balance_minor, note.to_refund_minor],
    )  # fmt: skip
