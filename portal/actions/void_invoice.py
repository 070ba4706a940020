"""Take an issued invoice back as if it had never been."""

from datetime import datetime

from sqlalchemy.orm import Session

from portal.actions import _billing, _changing, _lapsing
from portal.actions._changing import ChargeInDoubt
from portal.core.actors import Actor
from portal.core.db import transaction
from portal.core.errors import Invalid, Refused
from portal.dunning import cases
from portal.invoicing import queries as invoices
from portal.invoicing.models import Invoice
from portal.invoicing.reversal import SomethingPaid
from portal.invoicing.states import InvoiceKind, InvoiceStatus
from portal.payments.states import AttemptTrigger
from portal.subscriptions import changes, lifecycle
from portal.subscriptions import queries as subscriptions
from portal.subscriptions.states import SubscriptionStatus


class NotVoidable(Refused):
    """Only what is issued and unpaid can be voided."""

    code = "not_voidable"


def void_invoice(invoice_ref: str, *, reason: str, actor: Actor, at: datetime) -> None:
    """Void it, with all that follows: it is collected and chased no more, and what only waited for it lets go.

    What the balance paid of it goes back there. Void already: nothing. Refused while a charge is in doubt, and where
    money was collected on it: then a credit note is the way.
    """
    if not reason.strip():
        raise Invalid("Please say why.", field="reason")
    with transaction() as session:
        _, invoice = invoices.lock(session, invoice_ref)
        if invoice.status is InvoiceStatus.VOID:
            return
        if invoice.status is not InvoiceStatus.ISSUED:
            raise NotVoidable("Only an issued invoice that is not paid can be voided. Nothing was changed.")
        if _changing.is_in_doubt(session, invoice):
            raise ChargeInDoubt
        if not _changing.void(session, invoice, actor=actor, at=at, reason=reason.strip()):
            raise SomethingPaid("Something was paid on this invoice, so it cannot be voided. Nothing was changed.")
        session.flush()
        _let_go(session, invoice, actor=actor, at=at)


def _let_go(session: Session, invoice: Invoice, *, actor: Actor, at: datetime) -> None:
    """What waited for its payment does not wait any more; what was late because of it is not late any more."""
    if invoice.subscription_id is None:
        return
    subscription = subscriptions.by_id(session, invoice.subscription_id)
    if invoice.kind == InvoiceKind.FIRST:
        _lapsing.expire(session, subscription, actor=actor, at=at)
    if invoice.scheduled_change_id is not None:
        change = subscriptions.change(session, invoice.scheduled_change_id)
        changes.cancel_change(session, subscription, change, actor=actor, at=at, reason="invoice voided")
    late = subscription.status in (SubscriptionStatus.PAST_DUE, SubscriptionStatus.SUSPENDED)
    if not late or cases.has_open_debts(session, subscription.id):
        return
    was_suspended = subscription.status is SubscriptionStatus.SUSPENDED
    if lifecycle.settle(session, subscription, actor=actor, at=at) and was_suspended:
        _billing.bill_rest_of_period(session, subscription, trigger=AttemptTrigger.SCHEDULE, actor=actor, at=at)
