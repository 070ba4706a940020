"""Finding cases: one with its lock, its time line and ladder, and the queue that staff work through."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import NamedTuple

from sqlalchemy import ColumnElement, and_, func, or_, select, tuple_
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from portal.core.errors import NotFound
from portal.core.money import Money
from portal.customers import queries as customers
from portal.customers.models import Customer
from portal.dunning import cases
from portal.dunning.models import DunningCase, DunningDebt, DunningPolicy, DunningStep
from portal.dunning.policy import Climb
from portal.dunning.states import CaseStatus, PauseKind
from portal.invoicing.models import Invoice
from portal.payments.models import Attempt
from portal.payments.states import AttemptStatus
from portal.subscriptions.models import Subscription


class Tab(StrEnum):
    """How the queue is cut."""

    TODAY = "today"  # a step is due by the end of the day
    RETRYING = "retrying"  # a stored method is tried again
    WAITING = "waiting"  # only the customer can pay
    PROMISED = "promised"
    DISPUTED = "disputed"
    PAUSED = "paused"
    EXHAUSTED = "exhausted"
    RECOVERED = "recovered"


class Locked(NamedTuple):
    customer: Customer
    case: DunningCase


@dataclass(frozen=True, slots=True)
class Chased:
    """One invoice of a case, and where it stands on its ladder."""

    debt: DunningDebt
    invoice: Invoice
    subscription: Subscription | None
    climb: Climb


@dataclass(frozen=True, slots=True)
class Listed:
    """A row of the queue: what is overdue, since when, how many steps its oldest invoice has taken, the last no."""

    case: DunningCase
    customer: Customer
    overdue: Money
    oldest_on: date | None
    step: int
    invoices: int
    last_decline: str


def by_ref(session: Session, ref: str) -> DunningCase:
    return _found(session.scalar(select(DunningCase).where(DunningCase.ref == ref)))


def lock(session: Session, ref: str) -> Locked:
    """The case's customer, locked, and the case as it is after that."""
    customer = customers.lock(session, by_ref(session, ref).customer_id)
    case = session.scalars(
        select(DunningCase).where(DunningCase.ref == ref).execution_options(populate_existing=True)
    ).one()
    return Locked(customer, case)


def chased(session: Session, case: DunningCase, *, all_ever: bool = False) -> list[Chased]:
    """What the case chases now, or ever chased, the oldest first."""
    ladder = cases.ladder_of(session.get_one(DunningPolicy, case.policy_id))
    wanted = (
        select(DunningDebt, Invoice, Subscription)
        .join(Invoice, Invoice.id == DunningDebt.invoice_id)
        .outerjoin(Subscription, Subscription.id == Invoice.subscription_id)
        .where(DunningDebt.case_id == case.id)
        .order_by(DunningDebt.began_on, DunningDebt.id)
    )
    if not all_ever:
        wanted = wanted.where(DunningDebt.closed_at.is_(None))
    return [
        Chased(debt, invoice, subscription, cases.climb(session, debt, ladder))
        for debt, invoice, subscription in session.execute(wanted)
    ]


def time_line(session: Session, case_id: int, *, limit: int = 200) -> list[DunningStep]:
    """What the case did and what people did on it, the latest first."""
    wanted = select(DunningStep).where(DunningStep.case_id == case_id)
    return list(session.scalars(wanted.order_by(DunningStep.id.desc()).limit(limit)))


def attempts_of(session: Session, case_id: int) -> list[Attempt]:
    """Every try at the invoices the case ever chased, the latest first."""
    wanted = select(Attempt).join(DunningDebt, DunningDebt.invoice_id == Attempt.invoice_id)
    return list(session.scalars(wanted.where(DunningDebt.case_id == case_id).order_by(Attempt.id.desc()).distinct()))


def page(
    session: Session,
    tab: Tab,
    *,
    until: datetime,
    owner_id: int | None = None,
    after: tuple[datetime, int] | None = None,
    limit: int = 50,
) -> list[Listed]:
    """A page of the queue, those that have been open longest first; one row more than `limit` if there is more.

    `until` is the end of the day that "today" means, `after` the `key_of` of the last row before.
    """
    wanted = (
        select(DunningCase, Customer)
        .join(Customer, Customer.id == DunningCase.customer_id)
        .where(_in_tab(tab, until))
        .order_by(DunningCase.opened_at, DunningCase.id)
        .limit(limit + 1)
    )
    if owner_id is not None:
        wanted = wanted.where(DunningCase.owner_id == owner_id)
    if after is not None:
        wanted = wanted.where(tuple_(DunningCase.opened_at, DunningCase.id) > after)
    rows = session.execute(wanted).all()
    sums = _sums(session, [case.id for case, _ in rows])
    declines = _last_declines(session, [case.id for case, _ in rows])
    return [_listed(case, customer, sums.get(case.id), declines.get(case.id, "")) for case, customer in rows]


def key_of(case: DunningCase) -> tuple[datetime, int]:
    """Where a case stands in the order of `page`."""
    return case.opened_at, case.id


def counts(session: Session, *, until: datetime) -> dict[Tab, int]:
    """How many cases each tab has, in one statement."""
    columns = [func.count().filter(_in_tab(tab, until)) for tab in Tab]
    row = session.execute(select(*columns).select_from(DunningCase)).one()
    return dict(zip(Tab, row, strict=True))


def _in_tab(tab: Tab, until: datetime) -> ColumnElement[bool]:
    is_open = DunningCase.status == CaseStatus.OPEN
    can_be_tried = (
        select(DunningDebt.id)
        .where(DunningDebt.case_id == DunningCase.id, DunningDebt.closed_at.is_(None), DunningDebt.is_hard.is_(False))
        .join(Invoice, Invoice.id == DunningDebt.invoice_id)
        .join(Subscription, and_(Subscription.id == Invoice.subscription_id, Subscription.collection == "pull"))
        .exists()
    )
    conditions: dict[Tab, ColumnElement[bool]] = {
        Tab.TODAY: and_(
            or_(is_open, DunningCase.status.in_([CaseStatus.PAUSED, CaseStatus.EXHAUSTED])),
            DunningCase.next_action_at <= until,
        ),
        Tab.RETRYING: and_(is_open, can_be_tried),
        Tab.WAITING: and_(is_open, ~can_be_tried),
        Tab.PROMISED: DunningCase.paused_kind == PauseKind.PROMISE,
        Tab.DISPUTED: DunningCase.paused_kind == PauseKind.DISPUTE,
        Tab.PAUSED: DunningCase.paused_kind == PauseKind.STAFF,
        Tab.EXHAUSTED: DunningCase.status == CaseStatus.EXHAUSTED,
        Tab.RECOVERED: DunningCase.status == CaseStatus.RECOVERED,
    }
    return conditions[tab]


class _Sum(NamedTuple):
    open_minor: int
    oldest_on: date
    step: int
    invoices: int


def _sums(session: Session, case_ids: Collection[int]) -> dict[int, _Sum]:
    rows = session.execute(
        select(
            DunningDebt.case_id,
            func.sum(Invoice.open_minor),
            func.min(DunningDebt.began_on),
            func.max(DunningDebt.step),
            func.count(),
        )
        .join(Invoice, Invoice.id == DunningDebt.invoice_id)
        .where(DunningDebt.case_id.in_(list(case_ids)), DunningDebt.closed_at.is_(None))
        .group_by(DunningDebt.case_id)
    )
    return {row[0]: _Sum(int(row[1]), row[2], row[3], row[4]) for row in rows}


def _last_declines(session: Session, case_ids: Collection[int]) -> dict[int, str]:
    """The kind of the last decline of each case."""
    rows = session.execute(
        select(DunningDebt.case_id, Attempt.decline)
        .join(Attempt, Attempt.invoice_id == DunningDebt.invoice_id)
        .where(DunningDebt.case_id.in_(list(case_ids)), Attempt.status == AttemptStatus.DECLINED)
        .order_by(DunningDebt.case_id, Attempt.closed_at.desc(), Attempt.id.desc())
        .ext(distinct_on(DunningDebt.case_id))
    )
    return {case_id: decline or "" for case_id, decline in rows}


def _listed(case: DunningCase, customer: Customer, sums: _Sum | None, last_decline: str) -> Listed:
    if sums is None:
        return Listed(case, customer, Money.zero(case.currency), None, 0, 0, last_decline)
    overdue = Money(sums.open_minor, case.currency)
    return Listed(case, customer, overdue, sums.oldest_on, sums.step, sums.invoices, last_decline)


def _found(case: DunningCase | None) -> DunningCase:
    if case is None:
        raise NotFound("There is no such case.")
    return case
