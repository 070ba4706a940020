"""The end of a subscription, at its day or at once. Steps; none commits."""

from datetime import date, datetime

from sqlalchemy.orm import Session

from portal.actions import _changing, _clearing, _pricing
from portal.core.actors import Actor
from portal.customers.models import Customer
from portal.invoicing import drafting
from portal.invoicing import queries as invoicing
from portal.invoicing.states import InvoiceKind
from portal.subscriptions import changes, lifecycle
from portal.subscriptions import queries as subscriptions
from portal.subscriptions.models import Subscription
from portal.subscriptions.states import SubscriptionEvent, SubscriptionStatus
from portal.subscriptions.wishes import CancelChoices, OpenInvoices

AT_ITS_DAY = CancelChoices()


def cancel(
    session: Session,
    subscription: Subscription,
    *,
    on: date,
    choices: CancelChoices = AT_ITS_DAY,
    event: SubscriptionEvent = SubscriptionEvent.CANCELED,
    reason: str = "",
    actor: Actor,
    at: datetime,
) -> None:
    """It ends with the morning of `on`. Nothing of it waits any more; a first invoice that nobody paid is voided.

    Other open invoices are kept unless chosen otherwise: owed, but charged by nobody without being asked to. Unused
    time goes to the balance only when chosen.
    """
    drop_change(session, subscription, reason="canceled", actor=actor, at=at)
    for invoice in invoicing.open_of_subscription(session, subscription.id):
        is_unpaid_start = subscription.status is SubscriptionStatus.PENDING and invoice.kind == InvoiceKind.FIRST
        if is_unpaid_start or choices.open_invoices is OpenInvoices.VOID:
            _changing.void(session, invoice, actor=actor, at=at, reason="canceled")
        else:
            _clearing.stop_collecting(session, [invoice.id], at=at)
    session.flush()
    if choices.credit_unused:
        _credit_unused(session, subscription, on, actor=actor, at=at)
    subscription.cancel_on = subscription.ended_on = on
    subscription.cancel_reason = reason
    lifecycle.move(session, subscription, event, actor=actor, at=at, reason=reason)


def drop_change(session: Session, subscription: Subscription, *, reason: str, actor: Actor, at: datetime) -> None:
    """The change that waits will not happen. Its invoice is voided, or left to lapse while it may be being paid."""
    pending = subscriptions.pending_change(session, subscription.id)
    if pending is None:
        return
    changes.cancel_change(session, subscription, pending, actor=actor, at=at, reason=reason)
    invoice = invoicing.of_change(session, pending.id)
    if invoice is not None and not _changing.is_in_doubt(session, invoice):
        _changing.void(session, invoice, actor=actor, at=at, reason=reason)


def _credit_unused(session: Session, subscription: Subscription, on: date, *, actor: Actor, at: datetime) -> None:
    """What was charged for the days from `on` comes back, as it was charged and taxed."""
    period = subscription.period
    charged = invoicing.charged_lines(session, subscription.id, on)
    if period is None or not charged:
        return
    draft = drafting.for_switch(
        _pricing.buyer(session, session.get_one(Customer, subscription.customer_id)),
        charged,
        [],
        period,
        on,
        subscription_id=subscription.id,
        currency=subscription.currency,
        number=subscription.period_number,
    )
    _changing.credit(session, draft, reason="canceled", actor=actor, at=at)
