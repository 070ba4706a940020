"""Taking up again after a pause: a change that fell due is made, and the rest of the period is billed. A step."""

from datetime import date, datetime

from sqlalchemy.orm import Session

from portal.actions import _billing, _restarting, _starting
from portal.actions._return_price import due_change
from portal.core import business as businesses
from portal.core.actors import Actor
from portal.customers.models import Customer
from portal.invoicing.lifecycle import Order
from portal.invoicing.states import InvoiceKind
from portal.payments.states import AttemptTrigger
from portal.subscriptions import changes, lifecycle
from portal.subscriptions.models import Subscription
from portal.subscriptions.schedule import first_turn
from portal.subscriptions.states import SubscriptionEvent


def take_up(
    session: Session,
    customer: Customer,
    subscription: Subscription,
    *,
    on: date,
    quote_id: int | None = None,
    trigger: AttemptTrigger = AttemptTrigger.SCHEDULE,
    actor: Actor,
    at: datetime,
) -> None:
    """A paused subscription is active from `on`; skipped periods are never billed, the anchor stays."""
    subscription.pause_on = subscription.resume_on = None
    if subscription.anchor_on is None:
        lifecycle.set_anchor(subscription, first_turn(on, subscription.interval))
        lifecycle.move(session, subscription, SubscriptionEvent.RESUMED, actor=actor, at=at)
        period = InvoiceKind.PERIOD
        _starting.bill_first(session, customer, subscription, on=on, kind=period, quote_id=quote_id, actor=actor, at=at)
        return
    lifecycle.move(session, subscription, SubscriptionEvent.RESUMED, actor=actor, at=at)
    change = due_change(session, subscription, on)
    if change is not None:
        changes.execute_change(session, subscription, change, actor=actor, at=at)
    turn = _restarting.turn_to_bill(subscription, on)
    if turn is None:
        return
    lifecycle.set_period(subscription, turn)
    lifecycle.refresh_clock(subscription, customer.zone)
    session.flush()
    draft = _restarting.draft_rest(session, subscription, customer, turn, on)
    order = Order(draft, customer, due_days=subscription.due_days, quote_id=quote_id)
    _billing.bill(session, [order], trigger=trigger, business=businesses.read(session), actor=actor, at=at)
