"""The queue that staff work through: rows, how many behind each tab, what they come to, and what was recovered."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Date, and_, case, cast, false, func, literal_column, or_, select, true
from sqlalchemy.orm import Session
from sqlalchemy.sql.selectable import LateralFromClause

from portal.core.keyset import AnySelect, Order, Sheet, sheet
from portal.core.money import Money
from portal.customers.models import Customer
from portal.dunning.models import DunningCase, DunningDebt, DunningPolicy
from portal.dunning.policy import SOFT_DECLINE
from portal.dunning.states import CLOSED, STANDING, CaseStatus, PauseKind
from portal.identity.models import User
from portal.invoicing.models import Invoice
from portal.invoicing.states import InvoiceStatus
from portal.payments.models import Attempt, PaymentMethod
from portal.payments.states import AttemptKind, AttemptStatus
from portal.subscriptions.models import Subscription

TABS = ("open", "today", "retrying", "waiting", "promised", "paused", "exhausted", "recovered")
OWNERS = ("mine", "nobody")
DECLINES = ("soft", "hard", "none")
MOST_COUNTED = 10_000
SORTS = ("opened", "next")


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """`until`: the end of the day that "today" means. `owner`: "mine" is that of `user_id`. `days`: overdue at least.

    `least` is in minor units and needs a currency. `words`: a customer's name or mail, an invoice, a case.
    """

    until: datetime
    user_id: int
    tab: str = "open"
    owner: str = ""
    decline: str = ""
    currency: str = ""
    least: int = 0
    days: int = 0
    words: str = ""


@dataclass(frozen=True, slots=True)
class Sums:
    """Of the filtered cases: how many (at most MOST_COUNTED are looked at), and what is owed by currency."""

    count: int
    owed: list[Money]

    @property
    def is_capped(self) -> bool:
        return self.count > MOST_COUNTED


@dataclass(frozen=True, slots=True)
class Recovery:
    """Of the debts that ended since some day, in one currency: what was paid, and what was not."""

    recovered: Money
    lost: Money

    @property
    def share(self) -> int:
        """Per cent recovered, rounded down."""
        whole = self.recovered.minor + self.lost.minor
        return 100 * self.recovered.minor // whole if whole else 0


def page(session: Session, filters: Filters, *, sort: str = "", places: Mapping[str, str], limit: int) -> Sheet:
    """A page of rows; `dunning_rows.queued` reads one."""
    order = _order(filters.tab, sort)
    return sheet(session, _page(filters), order, after=places["after"], before=places["before"], limit=limit)


@lru_cache(maxsize=64)
def _page(filters: Filters) -> AnySelect:
    debts, oldest, last, tries, method = _debts(), _oldest(), _last_decline(), _tries(), _method()
    wanted = select(
        DunningCase, Customer.name.label("customer"), Customer.ref.label("customer_ref"), Customer.parked_at,
        User.name.label("owner"), DunningPolicy, debts.c.owed_minor, debts.c.invoices, oldest.c.began_on,
        oldest.c.step, oldest.c.stepped_on, oldest.c.collection, debts.c.is_hard, last.c.decline,
        last.c.decline_code, tries.c.attempts, method.c.brand, method.c.last4, method.c.expires_on,
        method.c.is_refused,
    )  # fmt: skip
    joined = _joined(wanted, debts, oldest, last).outerjoin(tries, true()).outerjoin(method, true())
    return _narrowed(joined, filters, debts, oldest, last)


def sums(session: Session, filters: Filters) -> Sums:
    rows = session.execute(_sums(filters)).all()
    return Sums(sum(row[1] for row in rows), [Money(int(row[2] or 0), row[0]) for row in rows])


@lru_cache(maxsize=64)
def _sums(filters: Filters) -> AnySelect:
    debts, oldest, last = _debts(), _oldest(), _last_decline()
    each = _joined(select(DunningCase.currency, debts.c.owed_minor), debts, oldest, last)
    counted = _narrowed(each, filters, debts, oldest, last).limit(MOST_COUNTED + 1).subquery()
    return (
        select(counted.c.currency, func.count(), func.sum(counted.c.owed_minor))
        .group_by(counted.c.currency)
        .order_by(counted.c.currency)
    )


def counts(session: Session, until: datetime) -> dict[str, int]:
    """How many cases stand behind each tab, in one statement."""
    return dict(session.execute(_counts(until)).one()._mapping)


@lru_cache(maxsize=16)
def _counts(until: datetime) -> AnySelect:
    columns = [func.count().filter(_in_tab(tab, until)).label(tab) for tab in TABS]
    return select(*columns).select_from(DunningCase)


def recovery(session: Session, since: datetime) -> list[Recovery]:
    """By currency, the largest first: debts that were paid since then, and those that were given up or used up."""
    rows = session.execute(_recovery(since))
    return [Recovery(Money(int(row[1]), row[0]), Money(int(row[2]), row[0])) for row in rows]


@lru_cache(maxsize=16)
def _recovery(since: datetime) -> AnySelect:
    paid = and_(DunningDebt.closed_at >= since, Invoice.status == InvoiceStatus.PAID)
    dropped = and_(DunningDebt.closed_at >= since, Invoice.status != InvoiceStatus.PAID)
    used_up = and_(
        DunningDebt.closed_at.is_(None),
        DunningCase.status == CaseStatus.EXHAUSTED,
        DunningDebt.stepped_on >= cast(since, Date),
    )
    recovered = func.coalesce(func.sum(Invoice.total_minor).filter(paid), 0)
    lost = func.coalesce(func.sum(Invoice.total_minor).filter(or_(dropped, used_up)), 0)
    return (
        select(Invoice.currency, recovered, lost)
        .join(DunningDebt, DunningDebt.invoice_id == Invoice.id)
        .join(DunningCase, DunningCase.id == DunningDebt.case_id)
        .where(or_(paid, dropped, used_up))
        .group_by(Invoice.currency)
        .order_by(func.count().desc(), Invoice.currency)
    )


@lru_cache(maxsize=32)
def _order(tab: str, sort: str) -> Order:
    if tab == "recovered":
        return Order(cast(DunningCase.closed_at, Date), DunningCase.id, date, is_falling=True)
    if sort.removeprefix("-") == "next":
        column: ColumnElement[Any] = cast(
            func.coalesce(DunningCase.next_action_at, literal_column("'9999-01-01'")), Date
        )
        return Order(column, DunningCase.id, date, is_falling=sort.startswith("-"))
    return Order(cast(DunningCase.opened_at, Date), DunningCase.id, date, is_falling=sort.startswith("-"))


def _debts() -> LateralFromClause:
    """What the case chases now; once it is closed, what it ever chased."""
    is_closed = DunningCase.status.in_(CLOSED)
    return (
        select(
            func.sum(case((is_closed, Invoice.total_minor), else_=Invoice.open_minor)).label("owed_minor"),
            func.count().label("invoices"),
            func.coalesce(func.bool_and(DunningDebt.is_hard), false()).label("is_hard"),
        )
        .join(Invoice, Invoice.id == DunningDebt.invoice_id)
        .where(DunningDebt.case_id == DunningCase.id, or_(is_closed, DunningDebt.closed_at.is_(None)))
        .correlate(DunningCase)
        .lateral("debts")
    )


def _oldest() -> LateralFromClause:
    return (
        select(DunningDebt.began_on, DunningDebt.step, DunningDebt.stepped_on, Subscription.collection)
        .join(Invoice, Invoice.id == DunningDebt.invoice_id)
        .outerjoin(Subscription, Subscription.id == Invoice.subscription_id)
        .where(DunningDebt.case_id == DunningCase.id, DunningDebt.closed_at.is_(None))
        .order_by(DunningDebt.began_on, DunningDebt.id)
        .limit(1)
        .correlate(DunningCase)
        .lateral("oldest")
    )


def _last_decline() -> LateralFromClause:
    return (
        select(Attempt.decline, Attempt.decline_code)
        .join(DunningDebt, DunningDebt.invoice_id == Attempt.invoice_id)
        .where(DunningDebt.case_id == DunningCase.id, Attempt.status == AttemptStatus.DECLINED)
        .order_by(Attempt.id.desc())
        .limit(1)
        .correlate(DunningCase)
        .lateral("last")
    )


def _tries() -> LateralFromClause:
    return (
        select(func.count().label("attempts"))
        .select_from(Attempt)
        .join(DunningDebt, DunningDebt.invoice_id == Attempt.invoice_id)
        .where(DunningDebt.case_id == DunningCase.id, Attempt.kind == AttemptKind.CHARGE)
        .correlate(DunningCase)
        .lateral("tries")
    )


def _method() -> LateralFromClause:
    return (
        select(PaymentMethod.brand, PaymentMethod.last4, PaymentMethod.expires_on, PaymentMethod.is_refused)
        .where(PaymentMethod.customer_id == DunningCase.customer_id)
        .where(PaymentMethod.is_default, PaymentMethod.removed_at.is_(None))
        .correlate(DunningCase)
        .lateral("method")
    )


def _joined(
    wanted: AnySelect, debts: LateralFromClause, oldest: LateralFromClause, last: LateralFromClause
) -> AnySelect:
    return (
        wanted.select_from(DunningCase)
        .join(Customer, Customer.id == DunningCase.customer_id)
        .join(DunningPolicy, DunningPolicy.id == DunningCase.policy_id)
        .outerjoin(User, User.id == DunningCase.owner_id)
        .outerjoin(debts, true())
        .outerjoin(oldest, true())
        .outerjoin(last, true())
    )


def _narrowed(
    wanted: AnySelect, filters: Filters, debts: LateralFromClause, oldest: LateralFromClause, last: LateralFromClause
) -> AnySelect:
    wanted = wanted.where(_in_tab(filters.tab, filters.until))
    if filters.owner:
        is_mine = DunningCase.owner_id == filters.user_id
        wanted = wanted.where(is_mine if filters.owner == "mine" else DunningCase.owner_id.is_(None))
    if filters.decline:
        kinds = {"soft": last.c.decline == SOFT_DECLINE, "hard": last.c.decline != SOFT_DECLINE}
        wanted = wanted.where(kinds.get(filters.decline, last.c.decline.is_(None)))
    if filters.currency:
        wanted = wanted.where(DunningCase.currency == filters.currency, debts.c.owed_minor >= filters.least)
    if filters.days:
        wanted = wanted.where(oldest.c.began_on <= (filters.until - timedelta(days=filters.days)).date())
    return wanted.where(_about(filters.words)) if filters.words else wanted


def _in_tab(tab: str, until: datetime) -> ColumnElement[bool]:
    is_open = DunningCase.status == CaseStatus.OPEN
    can_be_tried = (
        select(DunningDebt.id)
        .join(Invoice, Invoice.id == DunningDebt.invoice_id)
        .join(Subscription, and_(Subscription.id == Invoice.subscription_id, Subscription.collection == "pull"))
        .where(DunningDebt.case_id == DunningCase.id, DunningDebt.closed_at.is_(None), DunningDebt.is_hard.is_(False))
        .correlate(DunningCase)
        .exists()
    )
    is_paused = DunningCase.status == CaseStatus.PAUSED
    conditions: dict[str, ColumnElement[bool]] = {
        "open": DunningCase.status.in_(STANDING),
        "today": and_(DunningCase.status.in_(STANDING), DunningCase.next_action_at < until),
        "retrying": and_(is_open, can_be_tried),
        "waiting": and_(is_open, ~can_be_tried),
        "promised": and_(is_paused, DunningCase.paused_kind == PauseKind.PROMISE),
        "paused": and_(is_paused, DunningCase.paused_kind != PauseKind.PROMISE),
        "exhausted": DunningCase.status == CaseStatus.EXHAUSTED,
        "recovered": DunningCase.status == CaseStatus.RECOVERED,
    }
    return conditions[tab]


def _about(words: str) -> ColumnElement[bool]:
    pattern = f"%{words.lower().replace('%', '').replace('_', ' ')}%"
    chased = (
        select(DunningDebt.case_id)
        .join(Invoice, Invoice.id == DunningDebt.invoice_id)
        .where(or_(Invoice.label == words.upper(), Invoice.ref == words))
    )
    named = or_(func.lower(Customer.name).like(pattern), func.lower(Customer.email).like(pattern))
    return or_(named, DunningCase.ref == words, DunningCase.id.in_(chased))
