"""Change how a subscription is collected."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from portal.core.actors import Actor
from portal.core.db import transaction
from portal.core.errors import Invalid
from portal.payments import queries as payments
from portal.payments.models import PaymentMethod, SubscriptionMethod
from portal.subscriptions import lifecycle
from portal.subscriptions import queries as subscriptions
from portal.subscriptions.models import Subscription
from portal.subscriptions.states import EDITED, Collection


@dataclass(frozen=True, slots=True)
class Collecting:
    """How it is collected. `method_ref` empty: the customer's default method."""

    collection: Collection
    due_days: int
    method_ref: str = ""


def edit_subscription(key: int | str, wanted: Collecting, *, version: int, actor: Actor, at: datetime) -> None:
    """Collect it as `wanted` from its next invoice on. `version`: the one that the form was opened with.

    Raises Outdated, with both versions, when somebody changed it meanwhile. Nothing is charged here.
    """
    if not 0 <= wanted.due_days <= 365:
        raise Invalid("Invoices are due within a year.", field="due_days")
    with transaction() as session:
        customer, subscription = subscriptions.lock(session, key)
        lifecycle.require_version(subscription, version)
        before = _facts(session, subscription)
        subscription.collection, subscription.due_days = wanted.collection, wanted.due_days
        session.execute(delete(SubscriptionMethod).where(SubscriptionMethod.subscription_id == subscription.id))
        if wanted.method_ref:
            method = payments.own_method(session, customer.id, wanted.method_ref)
            session.add(SubscriptionMethod(subscription_id=subscription.id, method_id=method.id))
        session.flush()
        after = _facts(session, subscription)
        if after == before:
            return
        subscription.version += 1
        status = str(subscription.status)
        lifecycle.record(session, subscription, EDITED, status, actor=actor, at=at, before=before, after=after)


def _facts(session: Session, subscription: Subscription) -> dict[str, Any]:
    own = select(PaymentMethod.ref).join(SubscriptionMethod, SubscriptionMethod.method_id == PaymentMethod.id)
    return {
        "collection": str(subscription.collection),
        "due_days": subscription.due_days,
        "method": session.scalar(own.where(SubscriptionMethod.subscription_id == subscription.id)),
    }
