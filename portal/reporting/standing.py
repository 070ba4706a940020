"""How a customer stands: what they have, what it will cost, what they owe. A fixed number of queries."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache

from sqlalchemy import bindparam, func, or_, select, true
from sqlalchemy.orm import Session, aliased

from portal.balance.models import CustomerBalance
from portal.catalogue.models import Plan, Price
from portal.core.business import Business
from portal.core.days import day
from portal.core.errors import NotFound
from portal.core.keyset import AnySelect
from portal.core.money import Money
from portal.credits import queries as credits
from portal.credits.queries import Units
from portal.customers.models import Customer
from portal.dunning.cases import ladder_of
from portal.dunning.models import DunningCase, DunningDebt, DunningPolicy
from portal.dunning.policy import Climb, LastStep
from portal.invoicing import queries as invoicing
from portal.invoicing.drafts import Buyer
from portal.invoicing.models import Invoice
from portal.invoicing.states import InvoiceStatus
from portal.payments import queries as payments
from portal.payments.models import Attempt, PaymentMethod
from portal.reporting.forecast import Bill, Part, next_bill
from portal.subscriptions.changes import waits_for_payment
from portal.subscriptions.models import ScheduledChange, Subscription, SubscriptionItem
from portal.subscriptions.states import ENDED, LIVE, ScheduledChangeStatus
from portal.subscriptions.states import Collection as Collecting
from portal.subscriptions.states import SubscriptionStatus as Status

LATEST = 3
MOST_OWED = 60


@dataclass(frozen=True, slots=True)
class Owed:
    """An invoice, the latest try at collecting it, and where it stands on its ladder, if it is chased.

    `is_hard`: no card of before is tried again by itself.
    """

    invoice: Invoice
    attempt: Attempt | None
    climb: Climb | None = None
    last_step: LastStep | None = None
    is_hard: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A subscription. `parts`: its plan, then its add-ons; `coming`: what the change that waits will make of them."""

    subscription: Subscription
    parts: tuple[Part, ...]
    change: ScheduledChange | None = None
    coming: tuple[Part, ...] = ()
    method: PaymentMethod | None = None
    credits: tuple[Units, ...] = ()
    owed: tuple[Owed, ...] = ()
    bill: Bill | None = None

    @property
    def plan(self) -> Part | None:
        return self.parts[0] if self.parts else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Holdings:
    """The customer with what they have: what lives first; without anything alive the one that ended last."""

    customer: Customer
    business: Business
    balance: Money | None
    held: tuple[Held, ...]

    def of(self, ref: str) -> Held:
        """One of them. Raises NotFound, for another's too."""
        for held in self.held:
            if held.subscription.ref == ref:
                return held
        raise NotFound("There is no such subscription.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Holdings with money beside them. `latest`: the last invoices; `owed`: all that are open, the oldest first."""

    customer: Customer
    business: Business
    balance: Money | None
    held: tuple[Held, ...]
    methods: tuple[tuple[PaymentMethod, frozenset[int]], ...]
    latest: tuple[Invoice, ...]
    owed: tuple[Owed, ...]


def holdings(session: Session, customer_id: int, *, ref: str = "") -> Holdings:
    """Two queries. `ref`: this one subscription, ended or not, instead of all that live."""
    asked = {"customer_id": customer_id} | ({"ref": ref} if ref else {})
    rows = session.execute(_wanted(is_named=bool(ref)), asked).all()
    customer, business, balance = rows[0][0], rows[0][1], rows[0][4]
    found = [(row[2], row[3]) for row in rows if row[2] is not None]
    alive = [pair for pair in found if pair[0].status in LIVE] or found[:1]
    if ref and not alive:
        raise NotFound("There is no such subscription.")
    parts, prices = _parts(session, alive)
    return Holdings(
        customer=customer,
        business=business,
        balance=Money(balance, customer.currency) if balance and customer.currency else None,
        held=tuple(
            Held(
                subscription=subscription,
                parts=tuple(parts.get(subscription.id, ())),
                change=change,
                coming=_coming(change, prices),
            )
            for subscription, change in alive
        ),
    )


def standing(session: Session, customer_id: int, *, at: datetime, ref: str = "", with_credits: bool = True) -> Standing:
    """Seven queries at most, five of them besides the holdings. `ref`: narrowed to one subscription."""
    had = holdings(session, customer_id, ref=ref)
    today = day(at, had.customer.zone)
    ids = [held.subscription.id for held in had.held]
    units = credits.of_subscriptions(session, ids) if ids and with_credits else {}
    methods = payments.methods_in_use(session, customer_id)
    invoices = _invoices(session, customer_id, {held.subscription.id: held.subscription for held in had.held})
    owed = tuple(one for one in reversed(invoices) if one.invoice.status is InvoiceStatus.ISSUED)
    buyer = None
    if any(held.subscription.next_bill_on for held in had.held):
        buyer = invoicing.buyer(had.customer, invoicing.tax_book(session))
    return Standing(
        customer=had.customer,
        business=had.business,
        balance=had.balance,
        held=tuple(
            Held(
                subscription=held.subscription,
                parts=held.parts,
                change=held.change,
                coming=held.coming,
                method=usable_of(methods, held.subscription.id, today),
                credits=tuple(units.get(held.subscription.id, ())),
                owed=tuple(one for one in owed if one.invoice.subscription_id == held.subscription.id),
                bill=_bill(held, buyer),
            )
            for held in had.held
        ),
        methods=methods,
        latest=tuple(one.invoice for one in invoices[:LATEST]),
        owed=owed,
    )


def usable_of(
    methods: Iterable[tuple[PaymentMethod, frozenset[int]]], subscription_id: int | None, on: date
) -> PaymentMethod | None:
    """The method that a subscription is charged with on that day: its own, else the default. None: neither can be."""
    usable = [pair for pair in methods if is_usable(pair[0], on)]
    own = [method for method, users in usable if subscription_id in users]
    return next(iter(own), next((method for method, _ in usable if method.is_default), None))


def is_usable(method: PaymentMethod, on: date) -> bool:
    """Can it be charged on that day?"""
    return not method.is_refused and (method.expires_on is None or method.expires_on >= on)


@lru_cache(maxsize=2)
def _wanted(*, is_named: bool) -> AnySelect:
    last_ended = (
        select(func.max(Subscription.id))
        .where(Subscription.customer_id == bindparam("customer_id"), Subscription.status.in_(ENDED))
        .scalar_subquery()
    )
    which = (
        (Subscription.ref == bindparam("ref")) & (Subscription.status != Status.DRAFT)
        if is_named
        else or_(Subscription.status.in_(LIVE), Subscription.id == last_ended)
    )
    pending = ScheduledChange.status == ScheduledChangeStatus.PENDING
    return (
        select(Customer, Business, Subscription, ScheduledChange, CustomerBalance.amount_minor)
        .select_from(Customer)
        .join(Business, true())
        .outerjoin(Subscription, (Subscription.customer_id == Customer.id) & which)
        .outerjoin(ScheduledChange, (ScheduledChange.subscription_id == Subscription.id) & pending)
        .outerjoin(
            CustomerBalance,
            (CustomerBalance.customer_id == Customer.id) & (CustomerBalance.currency == Customer.currency),
        )
        .where(Customer.id == bindparam("customer_id"))
        .order_by(Subscription.status.in_(LIVE).desc(), Subscription.id.desc())
    )


def _parts(
    session: Session, found: Sequence[tuple[Subscription, ScheduledChange | None]]
) -> tuple[dict[int, list[Part]], dict[int, tuple[Plan, Price]]]:
    """The live parts by subscription, and every price that they or a change name."""
    if not found:
        return {}, {}
    changed = {int(item["price_id"]) for _, change in found if change is not None for item in change.items}
    asked = {"ids": [subscription.id for subscription, _ in found], "changed": list(changed)}
    rows = session.execute(_PARTS, asked)
    parts: dict[int, list[Part]] = {}
    prices: dict[int, tuple[Plan, Price]] = {}
    for plan, price, item in rows:
        prices[price.id] = (plan, price)
        if item is not None:
            parts.setdefault(item.subscription_id, []).append(Part(plan, price, item.quantity))
    return parts, prices


def _coming(change: ScheduledChange | None, prices: Mapping[int, tuple[Plan, Price]]) -> tuple[Part, ...]:
    if change is None:
        return ()
    named = [Part(*prices[int(item["price_id"])], int(item["quantity"])) for item in change.items]
    return tuple(sorted(named, key=lambda part: part.plan.kind, reverse=True))


def _bill(held: Held, buyer: Buyer | None) -> Bill | None:
    if buyer is None:
        return None
    change = held.change
    if change is not None and not waits_for_payment(change) and change.on_day is not None:
        return next_bill(held.subscription, held.coming, change, buyer)
    return next_bill(held.subscription, held.parts, None, buyer)


def _invoices(session: Session, customer_id: int, subscriptions: Mapping[int, Subscription]) -> list[Owed]:
    """The latest, and all that are open, each with its latest attempt and its debt."""
    return [_owed(subscriptions, *row) for row in session.execute(_INVOICES, {"customer_id": customer_id})]


def _owed(
    subscriptions: Mapping[int, Subscription],
    invoice: Invoice,
    attempt: Attempt | None,
    debt: DunningDebt | None,
    policy: DunningPolicy | None,
) -> Owed:
    if debt is None or policy is None:
        return Owed(invoice, attempt)
    ladder = ladder_of(policy)
    subscription = subscriptions.get(invoice.subscription_id or 0)
    is_pull = subscription is not None and subscription.collection == Collecting.PULL
    days = ladder.pull_days if is_pull else ladder.overdue_days
    gives_up_after = ladder.cancel_after_days if ladder.last_step is LastStep.SUSPEND else None
    climb = Climb(debt.began_on, days, debt.step, debt.stepped_on, gives_up_after)
    return Owed(invoice, attempt, climb, ladder.last_step, debt.is_hard)


def _latest_and_open() -> AnySelect:
    latest = (
        select(Invoice.id)
        .where(Invoice.customer_id == bindparam("customer_id"), Invoice.status != InvoiceStatus.DRAFT)
        .order_by(Invoice.id.desc())
        .limit(LATEST)
    )
    newest = select(Attempt).where(Attempt.invoice_id == Invoice.id).order_by(Attempt.id.desc()).limit(1)
    attempt = aliased(Attempt, newest.lateral())
    return (
        select(Invoice, attempt, DunningDebt, DunningPolicy)
        .select_from(Invoice)
        .outerjoin(attempt, true())
        .outerjoin(DunningDebt, (DunningDebt.invoice_id == Invoice.id) & DunningDebt.closed_at.is_(None))
        .outerjoin(DunningCase, DunningCase.id == DunningDebt.case_id)
        .outerjoin(DunningPolicy, DunningPolicy.id == DunningCase.policy_id)
        .where(Invoice.customer_id == bindparam("customer_id"), Invoice.status != InvoiceStatus.DRAFT)
        .where(or_(Invoice.status == InvoiceStatus.ISSUED, Invoice.id.in_(latest)))
        .order_by(Invoice.id.desc())
        .limit(MOST_OWED)
    )


_PARTS = (
    select(Plan, Price, SubscriptionItem)
    .join(Price, Price.plan_id == Plan.id)
    .outerjoin(
        SubscriptionItem,
        (SubscriptionItem.price_id == Price.id)
        & SubscriptionItem.subscription_id.in_(bindparam("ids", expanding=True))
        & SubscriptionItem.until_on.is_(None),
    )
    .where(or_(SubscriptionItem.id.is_not(None), Price.id.in_(bindparam("changed", expanding=True))))
    .order_by(Plan.kind.desc(), SubscriptionItem.id)
)
_INVOICES = _latest_and_open()
