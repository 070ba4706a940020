"""What a settled invoice causes: unit credits, a started, restored or changed subscription, a closed debt.

Steps of whoever settles: a payment, a balance, a credit note. They hold the customers' locks and commit.
"""

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.catalogue.models import CreditType, PlanCredit, Price
from portal.core import tasks
from portal.core.actors import Actor
from portal.core.bulk import among
from portal.core.crashes import crash_point
from portal.credits import ledger as credits
from portal.credits.allocation import CreditReason, CreditTurn
from portal.credits.ledger import Grant
from portal.credits.models import CreditEntry
from portal.dunning import cases
from portal.dunning.states import CaseEvent
from portal.invoicing.models import Invoice, InvoiceLine
from portal.invoicing.states import InvoiceKind, LineKind
from portal.payments import attempts
from portal.subscriptions import changes, lifecycle
from portal.subscriptions.models import ScheduledChange, Subscription
from portal.subscriptions.states import SUBSCRIPTION, SubscriptionEvent, SubscriptionStatus

PERIODIC = frozenset({InvoiceKind.FIRST, InvoiceKind.PERIOD})
WAITING_FOR_MONEY = frozenset({SubscriptionStatus.PENDING, SubscriptionStatus.PAST_DUE, SubscriptionStatus.SUSPENDED})


def after_settlement(session: Session, invoice_ids: Sequence[int], *, actor: Actor, at: datetime) -> list[Subscription]:
    """Everything that follows from these invoices being paid in full. Doing it again changes nothing.

    Returns the subscriptions that were suspended and are served again: a later period of theirs is to be billed.
    """
    if not invoice_ids:
        return []
    session.flush()
    crash_point("C-16")
    _grant_credits(session, invoice_ids, at)
    cases.leave(session, invoice_ids, event=CaseEvent.RECOVERED, at=at)
    affected = (
        select(Invoice, Subscription)
        .join(Subscription, Subscription.id == Invoice.subscription_id)
        .where(among(Invoice.id, invoice_ids))
        .where(
            Subscription.status.in_(WAITING_FOR_MONEY) | Invoice.scheduled_change_id.is_not(None),
        )
        .order_by(Invoice.id)
    )
    crash_point("C-14")
    rows = session.execute(affected).all()
    return [
        subscription
        for invoice, subscription in rows
        if _moved_from_suspended(session, invoice, subscription, actor=actor, at=at)
    ]


def stop_collecting(session: Session, invoice_ids: Sequence[int], *, at: datetime) -> None:
    """Nothing is open on these any more: attempts that were certainly not sent are canceled."""
    for invoice_id in invoice_ids:
        attempts.cancel_waiting(session, invoice_id, at=at)


def _moved_from_suspended(
    session: Session, invoice: Invoice, subscription: Subscription, *, actor: Actor, at: datetime
) -> bool:
    """Move the subscription on as the settled invoice allows; True if that ended a suspension."""
    if invoice.scheduled_change_id is not None:
        _carry_out(session, invoice.scheduled_change_id, invoice, subscription, actor=actor, at=at)
    if subscription.status is SubscriptionStatus.PENDING:
        if invoice.kind == InvoiceKind.FIRST:
            lifecycle.activate(session, subscription, actor=actor, at=at)
        return False
    if subscription.status not in WAITING_FOR_MONEY or cases.has_open_debts(session, subscription.id):
        return False
    was_suspended = subscription.status is SubscriptionStatus.SUSPENDED
    return lifecycle.settle(session, subscription, actor=actor, at=at) and was_suspended


def _carry_out(
    session: Session, change_id: int, invoice: Invoice, subscription: Subscription, *, actor: Actor, at: datetime
) -> None:
    """The change that waited for this invoice. Where it cannot be made any more the money stays booked and a
    person decides."""
    change = session.get_one(ScheduledChange, change_id)
    can_change = SUBSCRIPTION.can(subscription.status, SubscriptionEvent.CHANGED)
    if can_change and changes.execute_change(session, subscription, change, actor=actor, at=at):
        return
    tasks.open_task(
        session,
        "paid_change_not_made",
        invoice.ref,
        at=at,
        customer_id=invoice.customer_id,
        subscription=subscription.ref,
        status=str(subscription.status),
    )


def _grant_credits(session: Session, invoice_ids: Sequence[int], at: datetime) -> None:
    granted = session.execute(
        select(
            Subscription.id,
            Invoice.period_start_on,
            CreditType.id,
            CreditType.turn,
            func.sum(PlanCredit.units * InvoiceLine.quantity),
        )
        .join(Invoice, Invoice.subscription_id == Subscription.id)
        .join(InvoiceLine, InvoiceLine.invoice_id == Invoice.id)
        .join(Price, Price.id == InvoiceLine.price_id)
        .join(PlanCredit, PlanCredit.plan_id == Price.plan_id)
        .join(CreditType, CreditType.id == PlanCredit.credit_type_id)
        .where(
            among(Invoice.id, invoice_ids),
            Invoice.kind.in_(PERIODIC),
            InvoiceLine.kind.in_([LineKind.PLAN, LineKind.ADDON]),
        )
        .group_by(Subscription.id, Invoice.period_start_on, CreditType.id, CreditType.turn)
    ).all()
    latest = _latest_granted(session, [row[0] for row in granted])
    grants = [
        Grant(subscription_id, type_id, CreditTurn(turn), int(units), start, _is_late(latest, subscription_id, start))
        for subscription_id, start, type_id, turn, units in granted
        if start is not None
    ]
    credits.grant_all(session, grants, cause="invoice.paid", at=at)


def _latest_granted(session: Session, subscription_ids: Sequence[int]) -> dict[int, date]:
    rows = session.execute(
        select(CreditEntry.subscription_id, func.max(CreditEntry.period_start_on))
        .where(among(CreditEntry.subscription_id, subscription_ids), CreditEntry.reason == CreditReason.GRANT)
        .group_by(CreditEntry.subscription_id)
    )
    return {subscription_id: latest for subscription_id, latest in rows if latest is not None}


def _is_late(latest: dict[int, date], subscription_id: int, start_on: date) -> bool:
    return subscription_id in latest and latest[subscription_id] > start_on
