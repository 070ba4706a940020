"""The end of a trial, by the company's rule. A step; it does not commit."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy.orm import Session

from portal.actions import _items, _starting
from portal.actions._canceling import cancel
from portal.core import business as businesses
from portal.core.actors import Actor
from portal.customers.models import Customer
from portal.invoicing import queries as invoicing
from portal.invoicing.states import InvoiceKind
from portal.payments import queries as payments
from portal.subscriptions import lifecycle
from portal.subscriptions import queries as subscriptions
from portal.subscriptions.models import Subscription
from portal.subscriptions.schedule import first_turn
from portal.subscriptions.states import Collection, SubscriptionEvent


class WithoutMethod(StrEnum):
    """What becomes of a trial that ends with nothing to charge."""

    PAUSE = "pause"
    CANCEL = "cancel"
    CHASE = "chase"  # serve, issue the invoice and chase it
    AWAIT = "await"  # serve again once the first invoice is paid


def end(
    session: Session, customer: Customer, subscription: Subscription, *, on: date, actor: Actor, at: datetime
) -> None:
    """From `on`, which becomes the anchor, it is paid for; without a way to charge it the rule decides."""
    subscription.trial_ends_on = on
    rule = WithoutMethod(businesses.read(session).policy("trial_without_method"))
    if _can_be_billed(session, subscription, on) or rule is WithoutMethod.CHASE:
        lifecycle.set_anchor(subscription, first_turn(on, subscription.interval))
        lifecycle.move(session, subscription, SubscriptionEvent.TRIAL_ENDED, actor=actor, at=at)
        _starting.bill_first(session, customer, subscription, on=on, kind=InvoiceKind.PERIOD, actor=actor, at=at)
    elif rule is WithoutMethod.AWAIT:
        lifecycle.move(session, subscription, SubscriptionEvent.TRIAL_ENDED_UNPAID, actor=actor, at=at)
        _starting.bill_first(session, customer, subscription, on=on, actor=actor, at=at)
    elif rule is WithoutMethod.CANCEL:
        cancel(session, subscription, on=on, reason="The trial ended without a payment method.", actor=actor, at=at)
    else:
        lifecycle.move(session, subscription, SubscriptionEvent.TRIAL_ENDED_PAUSED, actor=actor, at=at)


def _can_be_billed(session: Session, subscription: Subscription, on: date) -> bool:
    """Is there a way to collect, or nothing to collect?"""
    if subscription.collection == Collection.PUSH:
        return True
    if _items.list_price(invoicing.priced(subscriptions.items_of(session, subscription.id))).is_zero:
        return True
    customer_id = subscription.customer_id
    method = payments.usable_method(session, customer_id=customer_id, on=on, subscription_id=subscription.id)
    return method is not None
