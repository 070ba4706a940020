"""How a subscription begins: with a trial, with its first bill, or with waiting for its day. Steps; none commits."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from portal.actions import _billing
from portal.actions._start_price import start_day
from portal.catalogue import queries as catalogue
from portal.core import business as businesses
from portal.core.actors import Actor
from portal.core.business import Business
from portal.core.days import day
from portal.core.errors import Invalid
from portal.credits import ledger
from portal.credits.allocation import CreditTurn
from portal.credits.ledger import Grant
from portal.customers.models import Customer
from portal.invoicing import drafting
from portal.invoicing import queries as invoicing
from portal.invoicing.lifecycle import Issued, Order
from portal.invoicing.states import InvoiceKind
from portal.payments.states import AttemptTrigger
from portal.subscriptions import lifecycle
from portal.subscriptions import queries as subscriptions
from portal.subscriptions.creation import Birth, create
from portal.subscriptions.items import Chosen, plan_of
from portal.subscriptions.models import Subscription
from portal.subscriptions.schedule import first_turn
from portal.subscriptions.states import Collection, SubscriptionEvent, SubscriptionStatus
from portal.subscriptions.wishes import StartTerms


def give_birth(
    session: Session,
    customer: Customer,
    chosen: Sequence[Chosen],
    asked: StartTerms,
    *,
    status: SubscriptionStatus,
    previous_id: int | None = None,
    actor: Actor,
    at: datetime,
) -> Subscription:
    """Write the subscription down. What is asked for was checked and priced before."""
    plan = plan_of(chosen, subscriptions.offered(session, [item.price_id for item in chosen]))
    birth = Birth(
        items=chosen,
        currency=plan.currency,
        interval=plan.interval,
        collection=asked.collection,
        due_days=_due_days(asked, businesses.read(session)),
        previous_id=previous_id,
        status=status,
    )
    return create(session, customer, birth, actor=actor, at=at)


def begin(
    session: Session,
    customer: Customer,
    subscription: Subscription,
    *,
    on: date,
    trial_days: int,
    quote_id: int | None = None,
    actor: Actor,
    at: datetime,
) -> None:
    """A pending subscription begins on its day, which may still lie ahead: with its trial, or with its first bill.

    The trial's end is fixed with the start day, so that both are known while it waits.
    """
    subscription.started_on = on
    subscription.trial_ends_on = on + timedelta(days=trial_days) if trial_days else None
    if on > day(at, customer.zone):
        lifecycle.refresh_clock(subscription, customer.zone)
    else:
        begin_now(session, customer, subscription, on=on, quote_id=quote_id, actor=actor, at=at)


def begin_now(
    session: Session,
    customer: Customer,
    subscription: Subscription,
    *,
    on: date,
    quote_id: int | None = None,
    actor: Actor,
    at: datetime,
) -> None:
    """Its day has come."""
    if subscription.trial_ends_on is not None and subscription.trial_ends_on > on:
        lifecycle.move(session, subscription, SubscriptionEvent.TRIAL_STARTED, actor=actor, at=at)
        _grant_for_trial(session, subscription, on, at)
    else:
        bill_first(session, customer, subscription, on=on, quote_id=quote_id, actor=actor, at=at)


def bill_first(
    session: Session,
    customer: Customer,
    subscription: Subscription,
    *,
    on: date,
    kind: InvoiceKind = InvoiceKind.FIRST,
    quote_id: int | None = None,
    actor: Actor,
    at: datetime,
) -> Issued:
    """The first period that is paid for: its first day becomes the anchor, and its invoice is issued.

    Of kind FIRST it lapses, with the subscription that waits for it, when it is not paid in time.
    """
    business = businesses.read(session)
    turn = first_turn(on, subscription.interval)
    lifecycle.set_anchor(subscription, turn)
    lifecycle.refresh_clock(subscription, customer.zone)
    session.flush()
    draft = drafting.for_period(
        invoicing.buyer(customer, invoicing.tax_book(session)),
        invoicing.priced(subscriptions.items_of(session, subscription.id)),
        turn.period,
        subscription_id=subscription.id,
        number=turn.number,
        kind=kind,
    )
    trigger = AttemptTrigger.FIRST_PURCHASE if kind is InvoiceKind.FIRST else AttemptTrigger.SCHEDULE
    order = Order(draft, customer, subscription.due_days, quote_id=quote_id)
    return _billing.bill(session, [order], trigger=trigger, business=business, actor=actor, at=at)[0]


def activate_at_once(
    session: Session, customer: Customer, subscription: Subscription, *, on: date, actor: Actor, at: datetime
) -> None:
    """Served from today on, paid or not: its first invoice is collected like any later one."""
    lifecycle.set_anchor(subscription, first_turn(on, subscription.interval))
    lifecycle.activate(session, subscription, actor=actor, at=at)
    bill_first(session, customer, subscription, on=on, kind=InvoiceKind.PERIOD, actor=actor, at=at)


def first_day(asked: StartTerms, customer: Customer, at: datetime) -> date:
    return start_day(asked, day(at, customer.zone))


def _due_days(asked: StartTerms, business: Business) -> int:
    if asked.due_days is None:
        return int(business.policy("due_days_push")) if asked.collection is Collection.PUSH else 0
    if not 0 <= asked.due_days <= 365:
        raise Invalid("Invoices are due within a year.", field="due_days")
    return asked.due_days


def _grant_for_trial(session: Session, subscription: Subscription, on: date, at: datetime) -> None:
    """The units of a trial are granted at its start."""
    rows = subscriptions.items_of(session, subscription.id)
    units: dict[tuple[int, str], int] = {}
    for granted in catalogue.credits_of(session, [row.plan.id for row in rows]):
        quantity = sum(row.item.quantity for row in rows if row.plan.id == granted.plan_id)
        key = (granted.credit_type.id, granted.credit_type.turn)
        units[key] = units.get(key, 0) + granted.units * quantity
    grants = [
        Grant(subscription.id, type_id, CreditTurn(turn), amount, on, is_late=False)
        for (type_id, turn), amount in sorted(units.items())
    ]
    ledger.grant_all(session, grants, cause="subscription.trial_started", at=at)
