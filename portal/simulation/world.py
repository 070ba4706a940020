"""A world to drive: its clock, its customers, the gateway's pages they pay on. Everything else happens by itself."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

import requests
from sqlalchemy import delete, func, select

from portal.actions.advance_clock import advance_clock
from portal.actions.create_customer import Entered, create_customer
from portal.actions.move_clock import ARRIVED
from portal.actions.quote_start import quote_start
from portal.actions.start_checkout import start_checkout
from portal.actions.start_subscription import start_subscription
from portal.catalogue import queries as catalogue
from portal.catalogue.models import Plan, Price
from portal.core import clock, tasks
from portal.core.actors import Actor
from portal.core.bells import listening
from portal.core.business import Heartbeat, Tick, VirtualClock
from portal.core.db import db, transaction
from portal.core.periods import Interval
from portal.customers import queries as customers
from portal.invoicing import queries as invoices
from portal.invoicing.models import Invoice
from portal.reconciling.models import Reconciliation
from portal.runs.models import BillingRun
from portal.simulation.people import Company
from portal.simulation.visitor import Visitor
from portal.subscriptions.states import Collection
from portal.subscriptions.wishes import StartTerms

DRIVER = Actor.operator("simulation")
GOOD_CARD = "4084084084084081"
LOOK_SECONDS = 1.0
STUCK_SECONDS = 240.0


class Stuck(Exception):
    """The clock does not arrive; what is due is named by the task that it opened."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What a made-up customer takes and how they pay. No card: they start without paying."""

    plan: str
    interval: Interval
    card: str | None = GOOD_CARD
    seats: int = 0
    collection: Collection = Collection.PULL
    trial_days: int | None = None
    password: str = ""


@dataclass(slots=True)
class Enrolled:
    """A customer of the world with what their story needs."""

    company: Company
    order: Order
    story: str
    customer_id: int
    customer_ref: str
    subscription_ref: str
    start_on: date
    facts: dict[str, Any] = field(default_factory=dict)


class World:
    """Drives through actions and HTTP; never writes a row of the book itself."""

    def __init__(self, *, portal_url: str, twin_url: str, say: Callable[[str], None]) -> None:
        self.portal_url, self.twin_url, self.say = portal_url, twin_url, say
        self._http = requests.Session()
        self._http.trust_env = False

    @property
    def at(self) -> datetime:
        clock.forget()
        db.session.rollback()
        return clock.now()

    def begin_at(self, start: datetime) -> None:
        """Set an empty installation's clock, in the past too: nothing has happened in it yet.

        What the wall's time has left behind there (empty runs and looks, claimed ticks, a heartbeat) is forgotten, for
        it would look like a clock that leapt.
        """
        with transaction() as session:
            if session.scalar(select(func.count()).select_from(Invoice)):
                raise Stuck("something was billed here already: begin with an empty database")
            row = session.get_one(VirtualClock, 1)
            row.frozen_at, row.shift_seconds = start, 0
            for left in (BillingRun, Reconciliation, Tick, Heartbeat):
                session.execute(delete(left))
        clock.forget()
        told = {"at": start.isoformat(), "runs": "false"}
        self._http.post(f"{self.twin_url}/_twin/clock", json=told, timeout=10).raise_for_status()

    def travel(self, to: datetime) -> None:
        """Let time pass until `to`, with all that happens on the way; returns once everything is quiet."""
        now = self.at
        if to <= now:
            return
        advance_clock(to, stands=True, actor=DRIVER, at=now, wall_at=clock.wall())
        self._wait(to)

    def let_run(self) -> None:
        """From now on time passes as everywhere: the clock has caught up with the wall."""
        now = clock.wall()
        self.travel(now - timedelta(seconds=1))
        advance_clock(None, stands=False, actor=DRIVER, at=self.at, wall_at=clock.wall())

    def enroll(self, company: Company, order: Order, story: str) -> Enrolled:
        """A customer signs up for a plan and, with a card, pays the first invoice on the gateway's page."""
        at = self.at
        ref = create_customer(_entered(company, order), actor=DRIVER, at=at)
        customer = customers.by_ref(db.session(), ref)
        items = [(self.price(order.plan, company.home.currency, order.interval), 1)]
        if order.seats:
            items.append((self.price("Extra seat", company.home.currency, order.interval), order.seats))
        customer_id = customer.id
        terms = StartTerms(collection=order.collection, trial_days=order.trial_days)
        quote = quote_start(customer_id, items, asked=terms, actor=DRIVER, at=at)
        subscription = start_subscription(quote, actor=DRIVER, at=at)
        if order.card is not None:
            self.pay(customer_id, order.card)
        start_on = at.astimezone(UTC).date()
        return Enrolled(company, order, story, customer_id, ref, subscription, start_on)

    def pay(self, customer_id: int, card: str, invoice_ref: str | None = None) -> None:
        """The customer opens the page for the invoice, or the one that adds a card, and pays with `card`."""
        at = self.at
        actor = Actor.customer(0, customer_id, "simulation")
        link = start_checkout(customer_id=customer_id, invoice_ref=invoice_ref, actor=actor, at=at)
        self.pay_page(link, card)

    def pay_page(self, link: str, card: str) -> None:
        """`card` is one of Paystack's test cards, or a channel of iPaymu such as `va/bca`."""
        answers = {"card": card, "pin": "1111", "otp": "123456", "bank": "approve"}
        if "/" in card:
            answers = {"channel": card, "do": "pay"}
        self._http.post(link, data=answers, allow_redirects=False, timeout=30).raise_for_status()

    def open_invoices(self, customer_id: int) -> list[str]:
        db.session.rollback()
        return [invoice.ref for invoice in invoices.open_of_customer(db.session(), customer_id)]

    def visitor(self, enrolled: Enrolled) -> Visitor:
        """The customer's browser, signed in."""
        visitor = Visitor(self.portal_url)
        visitor.sign_in(enrolled.company.email, enrolled.order.password)
        return visitor

    def settle_down(self) -> None:
        """Let everything that is due at this very instant happen."""
        self.travel(self.at + timedelta(seconds=1))

    def _wait(self, to: datetime) -> None:
        until = time.monotonic() + STUCK_SECONDS
        with listening(ARRIVED) as wait:
            while time.monotonic() < until:
                db.session.rollback()
                row = db.session.execute(select(VirtualClock.frozen_at, VirtualClock.target_at)).one()
                if row.target_at is None:
                    clock.forget()
                    if row.frozen_at is not None and row.frozen_at < to:
                        raise Stuck(f"the clock stopped at {row.frozen_at}: {_open_tasks()}")
                    return
                wait(LOOK_SECONDS)
        raise Stuck(f"the clock did not reach {to} within {STUCK_SECONDS} seconds: {_open_tasks()}")

    def price(self, plan: str, currency: str, interval: Interval) -> str:
        """The reference of the price the plan is sold at."""
        for offered in catalogue.on_sale(db.session(), currency=currency, interval=interval):
            found: tuple[Plan, Price] = (offered.plan, offered.price)
            if found[0].name == plan:
                return found[1].ref
        raise Stuck(f"{plan} is not sold in {currency}")


def _entered(company: Company, order: Order) -> Entered:
    return Entered(
        name=company.name,
        email=company.email,
        person=company.person,
        country=company.home.country,
        zone=company.home.zone,
        language=company.home.language,
        address=f"{len(company.name)} Market Road, {company.home.city}",
        password=order.password,
    )


def _open_tasks() -> list[tuple[str, str, dict[str, Any]]]:
    return [(task.kind, task.subject, task.facts) for task in tasks.open_tasks(db.session(), limit=5)]
