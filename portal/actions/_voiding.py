"""Taking an issued invoice back, with all that waited for it. Steps; the caller holds the customer's lock."""

from datetime import datetime

from sqlalchemy.orm import Session

from portal.actions import _billing, _changing, _lapsing
from portal.actions._changing import ChargeInDoubt
from portal.actions._deeds import Change, Content, Deed, nothing_waits
from portal.core.actors import Actor
from portal.core.errors import Refused
from portal.core.money import Money
from portal.dunning import cases
from portal.identity.models import Approval
from portal.invoicing import queries, reversal
from portal.invoicing.models import Invoice
from portal.invoicing.reversal import SomethingPaid
from portal.invoicing.states import InvoiceKind, InvoiceStatus
from portal.payments.states import AttemptTrigger
from portal.subscriptions import changes, lifecycle
from portal.subscriptions import queries as subscriptions
from portal.subscriptions.states import SubscriptionStatus

DEED = "invoice.void"


class NotVoidable(Refused):
    """Only what is issued and unpaid can be voided."""

    code = "not_voidable"


def require_voidable(session: Session, invoice: Invoice) -> None:
    """Raises NotVoidable, SomethingPaid, ChargeInDoubt."""
    if invoice.status is not InvoiceStatus.ISSUED:
        raise NotVoidable("Only an issued invoice that is not paid can be voided. Nothing was changed.")
    if _changing.is_in_doubt(session, invoice):
        raise ChargeInDoubt
    if not reversal.is_voidable(session, invoice):
        raise SomethingPaid("Something was paid on this invoice, so it cannot be voided. Nothing was changed.")


def content_of(session: Session, invoice: Invoice) -> Content:
    """What voiding it would do; its balance part is named, for it goes back there."""
    zero, back = Money.zero(invoice.currency), reversal.applied_from_balance(session, invoice)
    facts = {
        "invoice": invoice.ref, "number": invoice.label, "total": invoice.total_minor, "open": invoice.open_minor,
        "from_balance": back.minor,
    }  # fmt: skip
    changes_made = (Change("Open", invoice.open, zero), Change("Paid", back, zero))
    return Content(invoice.total, facts, tuple(reversal.void_postings(session, invoice, back)), changes_made)


def content(session: Session, approval: Approval) -> Content | None:
    """None once it is not possible any more. While a charge is in doubt the decision has to wait: ChargeInDoubt."""
    invoice = queries.by_ref(session, approval.subject)
    session.refresh(invoice)
    try:
        require_voidable(session, invoice)
    except ChargeInDoubt:
        raise
    except Refused:
        return None
    return content_of(session, invoice)


def carry_out(session: Session, approval: Approval, actor: Actor, at: datetime) -> None:
    void(session, queries.by_ref(session, approval.subject), reason=approval.reason, actor=actor, at=at)


def foresee(session: Session, approval: Approval) -> Content:
    return content_of(session, queries.by_ref(session, approval.subject))


VOID = Deed(content, carry_out, nothing_waits, foresee)


def void(session: Session, invoice: Invoice, *, reason: str, actor: Actor, at: datetime) -> None:
    """It is collected and chased no more; what only waited for it lets go."""
    if not _changing.void(session, invoice, actor=actor, at=at, reason=reason):
        raise SomethingPaid("Something was paid on this invoice, so it cannot be voided. Nothing was changed.")
    session.flush()
    let_go(session, invoice, reason="invoice voided", actor=actor, at=at)


def let_go(session: Session, invoice: Invoice, *, reason: str, actor: Actor, at: datetime) -> None:
    """What waited for its payment does not wait any more; what was late because of it is not late any more."""
    if invoice.subscription_id is None:
        return
    subscription = subscriptions.by_id(session, invoice.subscription_id)
    if invoice.kind == InvoiceKind.FIRST:
        _lapsing.expire(session, subscription, actor=actor, at=at)
    if invoice.scheduled_change_id is not None:
        change = subscriptions.change(session, invoice.scheduled_change_id)
        changes.cancel_change(session, subscription, change, actor=actor, at=at, reason=reason)
    serve_again(session, invoice.subscription_id, actor=actor, at=at)


def serve_again(session: Session, subscription_id: int, *, actor: Actor, at: datetime) -> None:
    """A subscription of which nothing is chased any more is not late any more."""
    subscription = subscriptions.by_id(session, subscription_id)
    late = subscription.status in (SubscriptionStatus.PAST_DUE, SubscriptionStatus.SUSPENDED)
    if not late or cases.has_open_debts(session, subscription.id):
        return
    was_suspended = subscription.status is SubscriptionStatus.SUSPENDED
    if lifecycle.settle(session, subscription, actor=actor, at=at) and was_suspended:
        _billing.bill_rest_of_period(session, subscription, trigger=AttemptTrigger.SCHEDULE, actor=actor, at=at)
