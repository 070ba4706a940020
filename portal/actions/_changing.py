"""Carrying out an accepted change: at once, when its invoice is settled, or at the end of the period. Steps."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from portal.actions import _billing, _clearing
from portal.actions._accepting import trigger_of
from portal.actions._pricing import Priced
from portal.catalogue import versions
from portal.core import audit, outbox
from portal.core import business as businesses
from portal.core.actors import Actor
from portal.core.days import midnight
from portal.core.errors import Refused
from portal.customers.models import Customer
from portal.dunning import cases
from portal.dunning.states import CaseEvent
from portal.invoicing import queries as invoicing
from portal.invoicing import reversal
from portal.invoicing.drafts import Draft
from portal.invoicing.lifecycle import Order
from portal.invoicing.models import Invoice
from portal.invoicing.states import InvoiceStatus
from portal.payments import queries as payments
from portal.payments.states import IN_DOUBT
from portal.subscriptions import changes
from portal.subscriptions import queries as subscriptions
from portal.subscriptions.changes import ChangePending
from portal.subscriptions.items import Chosen
from portal.subscriptions.models import ScheduledChange, Subscription
from portal.subscriptions.upgrades import Takeover


class ChargeInDoubt(Refused):
    """A charge may have been made; what became of it has to be known first."""

    code = "charge_in_doubt"

    def __init__(self) -> None:
        super().__init__("We are waiting for your bank. Nothing was changed, please try again in a while.")


def carry_out(
    session: Session,
    customer: Customer,
    subscription: Subscription,
    chosen: Sequence[Chosen],
    priced: Priced,
    *,
    quote_id: int,
    actor: Actor,
    at: datetime,
) -> None:
    """What was accepted takes its course. Nothing else waits, as `make_way` has seen to."""
    versions.mark_used(session, [item.price_id for item in chosen], at=at)
    if priced.terms["takeover"] == Takeover.PERIOD_END:
        end = subscription.period_end_on or priced.on
        changes.schedule_change(session, subscription, chosen, on=end, lapses_at=None, actor=actor, at=at)
    elif priced.draft.total.is_positive:
        _await_payment(session, customer, subscription, chosen, priced, quote_id=quote_id, actor=actor, at=at)
    else:
        changes.switch(session, subscription, chosen, on=priced.on, is_charged=True, actor=actor, at=at)
        _settle_surplus(session, customer, subscription, priced, quote_id=quote_id, actor=actor, at=at)


def make_way(session: Session, subscription: Subscription, *, replace: bool, actor: Actor, at: datetime) -> None:
    """At most one change waits: take back the one that does, or refuse."""
    pending = subscriptions.pending_change(session, subscription.id)
    if pending is None:
        return
    if not replace:
        raise ChangePending
    take_back(session, subscription, pending, reason="replaced", actor=actor, at=at)


def take_back(
    session: Session, subscription: Subscription, change: ScheduledChange, *, reason: str, actor: Actor, at: datetime
) -> None:
    """The change will not happen, and its invoice is voided. Raises ChargeInDoubt while that may be being paid."""
    invoice = invoicing.of_change(session, change.id)
    if invoice is not None and is_in_doubt(session, invoice):
        raise ChargeInDoubt
    changes.cancel_change(session, subscription, change, actor=actor, at=at, reason=reason)
    if invoice is not None:
        void(session, invoice, actor=actor, at=at, reason=reason)


def is_in_doubt(session: Session, invoice: Invoice) -> bool:
    """May a charge of it have been sent whose outcome is not known yet?"""
    attempt = payments.locked_live_attempt(session, invoice.id)
    return attempt is not None and attempt.status in IN_DOUBT


def void(session: Session, invoice: Invoice, *, actor: Actor, at: datetime, reason: str) -> bool:
    """Void it if it is issued and nothing was collected on it; it is neither collected nor chased any more."""
    if invoice.status is not InvoiceStatus.ISSUED:
        return False
    _clearing.stop_collecting(session, [invoice.id], at=at)
    try:
        reversal.void(session, invoice, business=businesses.read(session), at=at)
    except reversal.SomethingPaid:
        return False
    cases.leave(session, [invoice.id], event=CaseEvent.STOPPED, at=at)
    outbox.post(session, "invoice.voided", at=at, customer_id=invoice.customer_id, invoice=invoice.ref)
    audit.record(
        session,
        actor,
        "invoice.voided",
        at=at,
        customer_id=invoice.customer_id,
        subject=invoice.ref,
        reason=reason,
    )
    return True


def _await_payment(
    session: Session,
    customer: Customer,
    subscription: Subscription,
    chosen: Sequence[Chosen],
    priced: Priced,
    *,
    quote_id: int,
    actor: Actor,
    at: datetime,
) -> None:
    """The invoice now, the change when it is settled; both lapse together, at the boundary at the latest."""
    business = businesses.read(session)
    lapses_at = at + timedelta(hours=business.policy("unpaid_change_hours"))
    if subscription.period_end_on is not None:
        lapses_at = min(lapses_at, midnight(subscription.period_end_on, customer.zone))
    change = changes.schedule_change(
        session, subscription, chosen, on=priced.on, lapses_at=lapses_at, actor=actor, at=at
    )
    order = Order(priced.draft, customer, quote_id=quote_id, change_id=change.id, next_action_at=lapses_at)
    _billing.bill(session, [order], trigger=trigger_of(actor), business=business, actor=actor, at=at)


def _settle_surplus(
    session: Session,
    customer: Customer,
    subscription: Subscription,
    priced: Priced,
    *,
    quote_id: int,
    actor: Actor,
    at: datetime,
) -> None:
    """What was paid too much goes to the balance by rule, and the balance pays what is charged."""
    business = businesses.read(session)
    credit(session, priced.draft, reason="change", actor=actor, at=at)
    charged = priced.draft.only(returned=False)
    if charged.total.is_positive:
        order = Order(charged, customer, subscription.due_days, quote_id=quote_id)
        _billing.bill(session, [order], trigger=trigger_of(actor), business=business, actor=actor, at=at)


def credit(session: Session, draft: Draft, *, reason: str, actor: Actor, at: datetime) -> None:
    """Issue the credit notes of what `draft` gives back; an invoice that is settled by them is cleared."""
    business = businesses.read(session)
    notes = reversal.credit_to_balance(session, draft, reason=reason, business=business, at=at)
    for note in notes:
        figures: dict[str, Any] = {"total_minor": note.total_minor, "currency": note.currency}
        owner: dict[str, Any] = {"customer_id": note.customer_id, "subject": note.ref, "at": at}
        audit.record(session, actor, "credit_note.issued", reason=reason, **owner, **figures)
    settled = [
        note.invoice_id
        for note in notes
        if note.to_invoice_minor and session.get_one(Invoice, note.invoice_id).status is InvoiceStatus.PAID
    ]
    _clearing.stop_collecting(session, settled, at=at)
    _billing.clear(session, settled, actor=actor, at=at)
