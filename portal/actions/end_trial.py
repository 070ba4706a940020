"""End a trial before its day."""

from datetime import datetime

from portal.actions import _trial
from portal.core.actors import Actor
from portal.core.days import day
from portal.core.db import transaction
from portal.core.errors import Refused
from portal.subscriptions import queries as subscriptions
from portal.subscriptions.states import SubscriptionStatus


def end_trial(key: int | str, *, actor: Actor, at: datetime) -> None:
    """The trial ends today, which becomes the anchor, and the first bill is issued; without a way to collect it
    the company's rule decides. The clock ends a trial by the same rule on its day."""
    with transaction() as session:
        customer, subscription = subscriptions.lock(session, key)
        if subscription.status is not SubscriptionStatus.TRIALING:
            raise Refused("This subscription is not in trial. Nothing was changed.")
        _trial.end(session, customer, subscription, on=day(at, customer.zone), actor=actor, at=at)
