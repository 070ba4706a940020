"""Billing: an invoice is issued, told, collected, and what follows from its settlement is done.

Steps of every action that issues or settles, for one invoice as for a hundred. They hold the customers' locks and
never commit.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from portal.actions import _clearing, _collecting, _gateways, _restarting
from portal.banking import accounts as bank_accounts
from portal.core import audit, outbox
from portal.core import business as businesses
from portal.core.actors import Actor
from portal.core.business import Business
from portal.core.days import day
from portal.customers.models import Customer
from portal.dunning import cases
from portal.dunning.policy import next_reminder_at
from portal.invoicing import lifecycle, post
from portal.invoicing.lifecycle import Issued, Order
from portal.invoicing.states import InvoiceKind
from portal.payments import queries as payments
from portal.payments.states import AttemptTrigger
from portal.subscriptions.lifecycle import refresh_clock, set_period
from portal.subscriptions.models import Subscription


def bill(
    session: Session,
    orders: Sequence[Order],
    *,
    trigger: AttemptTrigger,
    business: Business,
    actor: Actor,
    at: datetime,
) -> list[Issued]:
    """Issue each order, say so, and begin to collect it: a charge is committed where a stored method can be used.

    All orders share one currency. What a balance covers whole is settled at once, with all that follows.
    """
    if not orders:
        return []
    account = payments.enabled_account(session, orders[0].draft.currency)
    spending = _gateways.spending_beside(account)
    orders = _timed(session, orders, business, at)
    pay_to = bank_accounts.snapshot(bank_accounts.shown_for(session, orders[0].draft.currency))
    orders = [replace(order, pay_to=pay_to) for order in orders]
    issued = lifecycle.issue_all(session, orders, business=business, spending=spending, at=at)
    post.queue(session, issued, [order.customer for order in orders])
    _tell(session, issued, actor, at)
    _collecting.collect(session, issued, account=account, trigger=trigger, business=business, actor=actor, at=at)
    clear(session, [one.invoice_id for one in issued if one.open.is_zero], actor=actor, at=at)
    return issued


def clear(session: Session, invoice_ids: Sequence[int], *, actor: Actor, at: datetime) -> None:
    """These invoices are settled: do all that follows. A subscription that was suspended takes up again."""
    for subscription in _clearing.after_settlement(session, invoice_ids, actor=actor, at=at):
        bill_rest_of_period(session, subscription, trigger=AttemptTrigger.SCHEDULE, actor=actor, at=at)


def bill_rest_of_period(
    session: Session, subscription: Subscription, *, trigger: AttemptTrigger, actor: Actor, at: datetime
) -> Issued | None:
    """Move the subscription into the period of today and bill its rest; None if that period is billed already."""
    customer = session.get_one(Customer, subscription.customer_id)
    on = day(at, customer.zone)
    turn = _restarting.turn_to_bill(subscription, on)
    if turn is None:
        return None
    draft = _restarting.draft_rest(session, subscription, customer, turn, on)
    set_period(subscription, turn)
    refresh_clock(subscription, customer.zone)
    session.flush()
    order = Order(draft, customer, due_days=subscription.due_days)
    business = businesses.read(session)
    return bill(session, [order], trigger=trigger, business=business, actor=actor, at=at)[0]


def _timed(session: Session, orders: Sequence[Order], business: Business, at: datetime) -> list[Order]:
    """When the clock looks at each invoice: a first purchase or a change lapses, what is pushed is reminded of."""
    lapses_at = {
        InvoiceKind.FIRST: at + timedelta(hours=int(business.policy("unpaid_first_hours"))),
        InvoiceKind.CHANGE: at + timedelta(hours=int(business.policy("unpaid_change_hours"))),
    }
    ladder = cases.default_ladder(session)
    timed = []
    for order in orders:
        wakes_at = order.next_action_at or lapses_at.get(order.draft.kind)
        if wakes_at is None and order.due_days:
            today = day(at, order.customer.zone)
            due_on = today + timedelta(days=order.due_days)
            wakes_at = next_reminder_at(ladder, due_on, today, business.run_hour, order.customer.zone)
        timed.append(replace(order, next_action_at=wakes_at))
    return timed


def _tell(session: Session, issued: Sequence[Issued], actor: Actor, at: datetime) -> None:
    outbox.post_all(
        session,
        [outbox.entry("invoice.issued", at=at, customer_id=one.customer_id, invoice=one.ref) for one in issued]
        + [
            outbox.entry("invoice.paid", at=at, customer_id=one.customer_id, invoice=one.ref, payment="")
            for one in issued
            if one.open.is_zero
        ],
    )
    audit.record_all(
        session,
        [
            audit.entry(
                actor,
                "invoice.issued",
                at=at,
                customer_id=one.customer_id,
                subject=one.ref,
                total_minor=one.total.minor,
                open_minor=one.open.minor,
                currency=one.total.currency,
            )
            for one in issued
        ],
    )
