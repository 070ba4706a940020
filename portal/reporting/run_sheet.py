"""Billing runs as staff see them: the list, and one with its progress, exceptions and invoices."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Date, bindparam, cast, func, select
from sqlalchemy.orm import Session

from portal.core.errors import NotFound
from portal.core.keyset import Order, Sheet, sheet
from portal.core.money import Money
from portal.customers.models import Customer
from portal.invoicing.models import Invoice
from portal.runs.manifest import Manifest, manifest_from
from portal.runs.models import BillingRun, RunBatch, RunItem
from portal.runs.progress import OPEN_ITEMS
from portal.runs.states import UNDER_WAY, RunStatus
from portal.subscriptions.models import Subscription

MOST_ITEMS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class RunView:
    """A run and how far it came. `done` counts bills, `sums` are what they came to, in the order of currencies."""

    run: BillingRun
    manifest: Manifest
    done: int
    sums: Sequence[Money]
    last_batch_at: datetime | None
    items: Sequence[Any]

    @property
    def planned_bills(self) -> int:
        return sum(self.manifest.bills.values())

    @property
    def open_items(self) -> int:
        return sum(row.RunItem.status in OPEN_ITEMS for row in self.items)

    @property
    def is_live(self) -> bool:
        """Will the page look different in a moment?"""
        return self.run.status in (RunStatus.PLANNED, RunStatus.RUNNING)


def page(session: Session, *, places: Mapping[str, str], limit: int) -> Sheet:
    """Runs, the latest first, each with how many bills it made and how many items wait for a person."""
    done = (
        select(func.coalesce(func.sum(RunBatch.done), 0))
        .where(RunBatch.run_id == BillingRun.id)
        .correlate(BillingRun)
        .scalar_subquery()
    )
    left = (
        select(func.count())
        .select_from(RunItem)
        .where(RunItem.run_id == BillingRun.id, RunItem.status.in_(OPEN_ITEMS))
        .correlate(BillingRun)
        .scalar_subquery()
    )
    order = Order(cast(BillingRun.created_at, Date), BillingRun.id, date, is_falling=True)
    wanted = select(BillingRun, done.label("done"), left.label("left"))
    return sheet(session, wanted, order, after=places["after"], before=places["before"], limit=limit)


def under_way(session: Session) -> str | None:
    """The run that is not over, of which there is one at most."""
    return session.scalar(select(BillingRun.ref).where(BillingRun.status.in_(UNDER_WAY)).limit(1))


def read(session: Session, ref: str) -> RunView:
    """Three queries."""
    run = session.scalar(select(BillingRun).where(BillingRun.ref == ref))
    if run is None:
        raise NotFound("There is no such run.")
    batches = session.execute(_BATCHES, {"run": run.id}).all()
    return RunView(
        run=run,
        manifest=manifest_from(run.planned),
        done=sum(int(row[1]) for row in batches),
        sums=[Money(int(row[2]), row[0]) for row in batches],
        last_batch_at=max((row[3] for row in batches), default=None),
        items=_items(session, run.id),
    )


def invoices(session: Session, run_id: int, *, places: Mapping[str, str], limit: int) -> Sheet:
    """What the run billed, the latest first."""
    wanted = (
        select(
            Invoice.ref, Invoice.label, Invoice.status, Invoice.currency, Invoice.total_minor, Invoice.open_minor,
            Invoice.period_start_on, Invoice.period_end_on, Customer.name.label("customer"),
        )
        .join(Customer, Customer.id == Invoice.customer_id)
        .where(Invoice.run_id == run_id)
    )  # fmt: skip
    order = Order(Invoice.id, Invoice.id, int, is_falling=True)
    return sheet(session, wanted, order, after=places["after"], before=places["before"], limit=limit)


def _items(session: Session, run_id: int) -> Sequence[Any]:
    """Exceptions with whose they are, those that wait for a person first."""
    return session.execute(_ITEMS, {"run": run_id}).all()


# Put together once: that takes longer than asking them.
_BATCHES = (
    select(RunBatch.currency, func.sum(RunBatch.done), func.sum(RunBatch.total_minor), func.max(RunBatch.created_at))
    .where(RunBatch.run_id == bindparam("run"))
    .group_by(RunBatch.currency)
    .order_by(RunBatch.currency)
)
_ITEMS = (
    select(
        RunItem, Customer.name.label("customer"), Customer.ref.label("customer_ref"),
        Customer.parked_at.label("parked_at"), Subscription.ref.label("subscription_ref"),
    )
    .join(Subscription, Subscription.id == RunItem.subscription_id)
    .join(Customer, Customer.id == Subscription.customer_id)
    .where(RunItem.run_id == bindparam("run"))
    .order_by(RunItem.status.in_(OPEN_ITEMS).desc(), RunItem.id.desc())
    .limit(MOST_ITEMS)
)  # fmt: skip
