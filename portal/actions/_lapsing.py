"""A first payment or a paid change that nobody paid in time. Steps; none commits."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from portal.actions import _changing, _collecting
from portal.core import business as businesses
from portal.core.actors import Actor
from portal.invoicing.models import Invoice
from portal.invoicing.states import InvoiceKind, InvoiceStatus
from portal.payments import queries as payments
from portal.payments.states import AttemptKind
from portal.subscriptions import changes, lifecycle
from portal.subscriptions import queries as subscriptions
from portal.subscriptions.models import Subscription
from portal.subscriptions.states import SubscriptionEvent, SubscriptionStatus

PUT_OFF = timedelta(hours=1)


def lapse(session: Session, invoice: Invoice, *, actor: Actor, at: datetime) -> bool:
    """Void the unpaid invoice, and let what waited for it go: the subscription expires, or the change is off.

    Put off by an hour, and False, while a charge is in doubt. What something was paid on stays, as a debt; so does
    the invoice of a change that was made already.
    """
    if invoice.status is not InvoiceStatus.ISSUED or invoice.subscription_id is None:
        return False
    if invoice.kind != InvoiceKind.FIRST and invoice.scheduled_change_id is None:
        business = businesses.read(session)
        _collecting.chase(session, invoice.id, business=business, is_hard=False, actor=actor, at=at)
        return False
    if _is_being_paid(session, invoice):
        invoice.next_action_at = at + PUT_OFF
        return False
    if not _changing.void(session, invoice, actor=actor, at=at, reason="not paid in time"):
        invoice.next_action_at = None
        return False
    subscription = subscriptions.by_id(session, invoice.subscription_id)
    if invoice.kind == InvoiceKind.FIRST:
        expire(session, subscription, actor=actor, at=at)
    if invoice.scheduled_change_id is not None:
        change = subscriptions.change(session, invoice.scheduled_change_id)
        changes.cancel_change(session, subscription, change, actor=actor, at=at, reason="not paid in time")
    return True


def expire(session: Session, subscription: Subscription, *, actor: Actor, at: datetime) -> None:
    """It never started. What went on otherwise meanwhile is left alone."""
    if subscription.status is SubscriptionStatus.PENDING:
        lifecycle.move(session, subscription, SubscriptionEvent.EXPIRED, actor=actor, at=at, reason="not paid in time")


def _is_being_paid(session: Session, invoice: Invoice) -> bool:
    """Was a charge sent whose outcome is open? A page on which nobody paid is no reason to wait."""
    attempt = payments.live_attempt(session, invoice.id)
    return attempt is not None and attempt.kind == AttemptKind.CHARGE and _changing.is_in_doubt(session, invoice)
