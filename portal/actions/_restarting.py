"""Taking up again in a later period: the rest of that period is billed by days, the anchor stays, and what was
skipped is never billed. Shared by restoring and resuming."""

from datetime import date

from sqlalchemy.orm import Session

from portal.customers.models import Customer
from portal.invoicing import drafting
from portal.invoicing import queries as invoicing
from portal.invoicing.drafts import Draft
from portal.subscriptions import queries as subscriptions
from portal.subscriptions.models import Subscription
from portal.subscriptions.schedule import Turn, turn_on


def turn_to_bill(subscription: Subscription, on: date) -> Turn | None:
    """The period `on` lies in, if it is later than the last one billed; else nothing is to be billed."""
    if subscription.anchor_on is None or subscription.period_end_on is None or on < subscription.period_end_on:
        return None
    return turn_on(subscription.anchor_on, subscription.interval, on)


def draft_rest(session: Session, subscription: Subscription, customer: Customer, turn: Turn, on: date) -> Draft:
    """The invoice of the rest of that period, by days from `on`."""
    return drafting.for_period(
        invoicing.buyer(customer, invoicing.tax_book(session)),
        invoicing.priced(subscriptions.items_of(session, subscription.id)),
        turn.period,
        subscription_id=subscription.id,
        number=turn.number,
        from_on=on,
    )
