"""Giving a credit note that a person drew up, and taking it back. Steps; the caller holds the customer's lock."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.actions import _billing, _clearing, _collecting, _refunding
from portal.actions._deeds import Change, Content, Deed, nothing_waits
from portal.actions._gateways import charge_for
from portal.balance import ledger
from portal.balance.ledger import BalanceOverspent
from portal.core import audit, outbox
from portal.core import business as businesses
from portal.core.actors import Actor
from portal.core.crashes import crash_point
from portal.core.errors import Invalid, NotFound, Refused
from portal.core.money import Money
from portal.customers.models import Customer
from portal.identity.models import Approval
from portal.invoicing import lifecycle, note_drafts, notes
from portal.invoicing.models import CreditNote, Invoice
from portal.invoicing.overflow import Part
from portal.invoicing.states import CreditNoteEvent, CreditNoteStatus, NoteCause
from portal.payments import attempts, refunds
from portal.payments import queries as payments
from portal.payments.models import Payment, PaymentMethod
from portal.payments.states import AttemptStatus, AttemptTrigger

DEED = "credit_note.issue"
VOID_DEED = "credit_note.void"


class NothingToRefund(Refused):
    """No payment of the invoice can carry back what the note would refund."""

    code = "nothing_to_refund"


class GivenByRule(Refused):
    """A change or a cancellation gave it; only another change takes it back."""

    code = "given_by_rule"


class NotIssued(Refused):
    """Only what is issued can be voided."""

    code = "note_not_issued"


class RefundBegan(Refused):
    """A part of the note went to the customer, or to the balance instead: it cannot be taken back."""

    code = "refund_began"


def content_of(session: Session, note: CreditNote, invoice: Invoice, parts: Sequence[Part]) -> Content:
    """What issuing the note would do."""
    held = ledger.of_customer(session, note.customer_id, note.currency)
    places = note_drafts.places(note)
    credited = Money(invoice.noted_minor, invoice.currency)
    changes = (
        Change("Open", invoice.open, invoice.open - places.to_invoice),
        Change("Credited", credited, credited + note.total),
        Change("Balance", held, held + places.to_balance),
    )
    return Content(note.total, facts_of(note, invoice, parts), tuple(notes.postings(session, note, parts)), changes)


def facts_of(note: CreditNote, invoice: Invoice, parts: Sequence[Part]) -> dict[str, Any]:
    return {
        "note": note.ref,
        "invoice": invoice.ref,
        "number": invoice.label,
        "lines": [[part.line_id, part.minor] for part in parts],
        "to_invoice": note.to_invoice_minor,
        "to_balance": note.to_balance_minor,
        "to_refund": note.to_refund_minor,
        "cause": str(note.cause),
        "reason": note.reason,
    }


def content(session: Session, approval: Approval) -> Content | None:
    """None once the note is not pending any more, or the invoice has no room for it."""
    note, invoice = of(session, approval.subject)
    if note.status is not CreditNoteStatus.PENDING_APPROVAL:
        return None
    try:
        parts = require_issuable(session, note, invoice)
    except (Refused, Invalid):
        return None
    return content_of(session, note, invoice, parts)


def carry_out(session: Session, approval: Approval, actor: Actor, at: datetime) -> None:
    note, invoice = of(session, approval.subject)
    note.approval_id = approval.id
    issue(session, note, invoice, actor=actor, at=at)


def turn_down(session: Session, approval: Approval, actor: Actor, at: datetime) -> None:
    """Rejected: it can be edited and asked for again. Withdrawn or overtaken: a draft again."""
    note, _ = of(session, approval.subject)
    event = CreditNoteEvent.REJECTED if approval.decision == "rejected" else CreditNoteEvent.EDITED
    if note.status is CreditNoteStatus.PENDING_APPROVAL:
        notes.move(note, event)
        audit.record(
            session, actor, "credit_note.rejected" if event == "rejected" else "credit_note.returned", at=at,
            customer_id=note.customer_id, subject=note.ref, reason=approval.decision_reason,
        )  # fmt: skip


def foresee(session: Session, approval: Approval) -> Content:
    note, invoice = of(session, approval.subject)
    return content_of(session, note, invoice, notes.parts(session, note))


GIVE = Deed(content, carry_out, turn_down, foresee)


def voiding_of(session: Session, note: CreditNote, invoice: Invoice) -> Content:
    """What taking the issued note back would do."""
    held = ledger.of_customer(session, note.customer_id, note.currency)
    places = note_drafts.places(note)
    credited = Money(invoice.noted_minor, invoice.currency)
    changes = (
        Change("Open", invoice.open, invoice.open + places.to_invoice),
        Change("Credited", credited, credited - note.total),
        Change("Balance", held, held - places.to_balance),
    )
    facts = {"note": note.ref, "number": note.label, "invoice": invoice.ref, "to_balance": note.to_balance_minor}
    return Content(note.total, facts, tuple(notes.void_postings(session, note)), changes)


def _voiding(session: Session, approval: Approval) -> Content | None:
    """None once it is void, or what it gave is not there any more."""
    note, invoice = of(session, approval.subject)
    try:
        require_voidable(session, note)
    except Refused:
        return None
    return voiding_of(session, note, invoice)


def _void(session: Session, approval: Approval, actor: Actor, at: datetime) -> None:
    note, invoice = of(session, approval.subject)
    void(session, note, invoice, reason=approval.reason, actor=actor, at=at)


def _foresee_void(session: Session, approval: Approval) -> Content:
    return voiding_of(session, *of(session, approval.subject))


TAKE_BACK = Deed(_voiding, _void, nothing_waits, _foresee_void)


def of(session: Session, ref: str) -> tuple[CreditNote, Invoice]:
    """The note and its invoice as they are under the lock."""
    found = select(CreditNote, Invoice).join(Invoice, Invoice.id == CreditNote.invoice_id).where(CreditNote.ref == ref)
    row = session.execute(found.execution_options(populate_existing=True)).one_or_none()
    if row is None:
        raise NotFound("There is no such credit note.")
    return row[0], row[1]


def require_issuable(session: Session, note: CreditNote, invoice: Invoice) -> list[Part]:
    """The note's parts, if the invoice and its payments can carry it. Raises CannotCredit, Invalid, NothingToRefund."""
    parts = note_drafts.require_issuable(session, note, invoice)
    if note.to_refund_minor:
        payment_for(session, invoice, Money(note.to_refund_minor, note.currency))
    return parts


def payment_for(session: Session, invoice: Invoice, amount: Money) -> Payment:
    """The payment that a refund of so much goes back on."""
    for payment, most in refunds.refundable_payments(session, invoice.id):
        if most >= amount:
            return payment
    raise NothingToRefund("No payment of this invoice can carry that back. Give it to the balance instead.")


def issue(session: Session, note: CreditNote, invoice: Invoice, *, actor: Actor, at: datetime) -> None:
    """Number it and do all that follows: the refund, the invoice that it settles, the charge that it makes smaller."""
    parts = require_issuable(session, note, invoice)
    to_refund = Money(note.to_refund_minor, note.currency)
    payment = payment_for(session, invoice, to_refund) if to_refund.is_positive else None
    is_settled = notes.issue(session, invoice, note, parts, business=businesses.read(session), at=at)
    crash_point("C-26")
    if payment is not None:
        _refunding.open_refund(
            session, payment=payment, amount=to_refund, credit_note_id=note.id, reason=note.reason, actor=actor, at=at
        )
    outbox.post(session, "credit_note.issued", at=at, customer_id=note.customer_id, note=note.ref, invoice=invoice.ref)
    audit.record(
        session, actor, "credit_note.issued", at=at, customer_id=note.customer_id, subject=note.ref,
        reason=note.reason, total_minor=note.total_minor, currency=note.currency, invoice=invoice.ref,
    )  # fmt: skip
    if is_settled:
        _clearing.stop_collecting(session, [invoice.id], at=at)
        _billing.clear(session, [invoice.id], actor=actor, at=at)
    elif note.to_invoice_minor:
        _charge_less(session, invoice, at=at)


def require_voidable(session: Session, note: CreditNote) -> None:
    """Raises GivenByRule, RefundBegan, BalanceOverspent, NotIssued."""
    if note.cause is NoteCause.RULE:
        raise GivenByRule("A rule gave this credit note, so it stays. Bill what is owed again with a new invoice.")
    if note.status is not CreditNoteStatus.ISSUED:
        raise NotIssued("Only an issued credit note can be voided. Nothing was changed.")
    if note.to_refund_minor:
        raise RefundBegan(
            "A part of this credit note was refunded, so it stays. Bill what is owed again with a new invoice."
        )
    if ledger.of_customer(session, note.customer_id, note.currency).minor < note.to_balance_minor:
        raise BalanceOverspent(
            "Its part on the balance was spent since, so it stays. Bill what is owed again with a new invoice."
        )


def void(session: Session, note: CreditNote, invoice: Invoice, *, reason: str, actor: Actor, at: datetime) -> None:
    """Take an issued note back: its invoice owes again, what went to the balance is taken from there."""
    require_voidable(session, note)
    business = businesses.read(session)
    is_open_again = notes.void(session, note, invoice, business=business, at=at)
    if is_open_again:
        customer = session.get_one(Customer, invoice.customer_id)
        if lifecycle.overdue_from(invoice, customer) <= at:
            _collecting.chase(session, invoice.id, business=business, is_hard=False, actor=actor, at=at)
        else:
            invoice.next_action_at = lifecycle.overdue_from(invoice, customer)
    audit.record(
        session, actor, "credit_note.voided", at=at, customer_id=note.customer_id, subject=note.ref,
        reason=reason, total_minor=note.total_minor, currency=note.currency, invoice=invoice.ref,
    )  # fmt: skip


def _charge_less(session: Session, invoice: Invoice, *, at: datetime) -> None:
    """A charge that certainly was not sent yet asks for what is open now."""
    attempt = payments.locked_live_attempt(session, invoice.id)
    if attempt is None or attempt.status is not AttemptStatus.WAITING or attempt.method_id is None:
        return
    method = session.get_one(PaymentMethod, attempt.method_id)
    _clearing.stop_collecting(session, [invoice.id], at=at)
    session.flush()
    smaller = charge_for(session, invoice, method, AttemptTrigger(attempt.trigger))
    attempts.open_all(session, [smaller], at=at)
