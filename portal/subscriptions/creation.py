"""The birth of a subscription: its row, its items, and the first page of its history. A step; it does not commit."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from portal.catalogue import versions
from portal.core.actors import Actor
from portal.core.days import day
from portal.core.ids import public_ref
from portal.core.periods import Interval
from portal.customers.models import Customer
from portal.subscriptions import lifecycle
from portal.subscriptions.items import Chosen
from portal.subscriptions.models import Subscription
from portal.subscriptions.states import CREATED, Collection, SubscriptionStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class Birth:
    """What is written down of a subscription before anything happens to it."""

    items: Sequence[Chosen]
    currency: str
    interval: Interval
    collection: Collection
    due_days: int
    previous_id: int | None = None
    status: SubscriptionStatus = SubscriptionStatus.PENDING


def create(session: Session, customer: Customer, birth: Birth, *, actor: Actor, at: datetime) -> Subscription:
    """Draft or pending, with its items from today on. Fixes the customer's currency and marks the prices as used."""
    customer.currency = customer.currency or birth.currency
    subscription = Subscription(
        ref=public_ref("sub"),
        customer_id=customer.id,
        status=birth.status,
        currency=birth.currency,
        interval_unit=birth.interval.unit,
        interval_count=birth.interval.count,
        collection=birth.collection,
        due_days=birth.due_days,
        period_number=0,
        cancel_reason="",
        previous_id=birth.previous_id,
        version=1,
        created_at=at,
    )
    session.add(subscription)
    session.flush()
    for item in birth.items:
        lifecycle.add_item(session, subscription, item, day(at, customer.zone))
    versions.mark_used(session, [item.price_id for item in birth.items], at=at)
    lifecycle.record(
        session,
        subscription,
        CREATED,
        "",
        actor=actor,
        at=at,
        items=[item.as_json for item in birth.items],
    )
    return subscription
