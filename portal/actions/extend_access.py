"""Serve a subscription for some days whatever it owes."""

from datetime import date, datetime

from portal.core.actors import Actor
from portal.core.days import day
from portal.core.db import transaction
from portal.core.errors import Invalid
from portal.subscriptions import lifecycle
from portal.subscriptions import queries as subscriptions
from portal.subscriptions.states import SubscriptionEvent


def extend_access(key: int | str, *, until_on: date | None, reason: str, actor: Actor, at: datetime) -> None:
    """Access is granted until the morning of `until_on`, None takes that back. Status and debts stay as they are."""
    with transaction() as session:
        customer, subscription = subscriptions.lock(session, key)
        if until_on is not None and until_on <= day(at, customer.zone):
            raise Invalid("Access is granted until a day ahead.", field="until_on")
        subscription.access_override_until = until_on
        until = until_on.isoformat() if until_on else None
        event = SubscriptionEvent.ACCESS_EXTENDED
        lifecycle.move(session, subscription, event, actor=actor, at=at, reason=reason, until=until)
