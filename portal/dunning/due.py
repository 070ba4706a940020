"""The clock's way to cases: claim one that is due with its customer, and see what is due of its debts."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from portal.dunning import cases
from portal.dunning.models import DunningCase, DunningDebt, DunningPolicy
from portal.dunning.policy import Stage, stage_due
from portal.invoicing.models import Invoice
from portal.subscriptions.models import Subscription

_CLAIM = text(
    """
    SELECT d.id, d.customer_id FROM dunning_cases d JOIN customers c ON c.id = d.customer_id
     WHERE d.next_action_at <= :at AND c.parked_at IS NULL
     ORDER BY d.next_action_at, d.id LIMIT 1 FOR NO KEY UPDATE OF c SKIP LOCKED
    """
)


@dataclass(frozen=True, slots=True)
class Claimed:
    case_id: int
    customer_id: int


@dataclass(frozen=True, slots=True)
class Turn:
    """What is due of one debt: its stage, and the number of the step that is taken by it."""

    debt: DunningDebt
    invoice: Invoice
    subscription: Subscription | None
    stage: Stage
    step: int
    due_on: date


def claim(session: Session, at: datetime) -> Claimed | None:
    """Lock the customer of the case that has waited longest, if nobody else has it. Parked ones are passed over."""
    row = session.execute(_CLAIM, {"at": at}).first()
    return Claimed(row[0], row[1]) if row is not None else None


def still_due(session: Session, claimed: Claimed, at: datetime) -> DunningCase | None:
    """The case as it is under the lock. None: another worker was faster."""
    case = session.get_one(DunningCase, claimed.case_id, populate_existing=True)
    return case if case.next_action_at is not None and case.next_action_at <= at else None


def turns(session: Session, case: DunningCase, on: date) -> list[Turn]:
    """What is due of each of its debts by the customer's day `on`, the oldest first."""
    ladder = cases.ladder_of(session.get_one(DunningPolicy, case.policy_id))
    found = []
    for debt in cases.open_debts(session, case.id):
        climb = cases.climb(session, debt, ladder)
        due = stage_due(climb, on)
        if due is not None:
            invoice = session.get_one(Invoice, debt.invoice_id, populate_existing=True)
            subscription = _subscription(session, invoice)
            found.append(Turn(debt, invoice, subscription, due[0], due[1], climb.waits_until or on))
    return found


def subscriptions_of(session: Session, case: DunningCase) -> list[Subscription]:
    """The subscriptions whose invoices the case chases, as they are now."""
    chased = (
        select(Subscription)
        .join(Invoice, Invoice.subscription_id == Subscription.id)
        .join(DunningDebt, DunningDebt.invoice_id == Invoice.id)
        .where(DunningDebt.case_id == case.id, DunningDebt.closed_at.is_(None))
        .order_by(Subscription.id)
        .distinct()
        .execution_options(populate_existing=True)
    )
    return list(session.scalars(chased))


def _subscription(session: Session, invoice: Invoice) -> Subscription | None:
    if invoice.subscription_id is None:
        return None
    return session.get_one(Subscription, invoice.subscription_id, populate_existing=True)
