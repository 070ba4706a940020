"""Staff let a draft begin."""

from datetime import datetime

from portal.actions import _starting
from portal.core.actors import Actor
from portal.core.days import day
from portal.core.db import transaction
from portal.core.errors import Invalid
from portal.subscriptions import lifecycle
from portal.subscriptions import queries as subscriptions
from portal.subscriptions.states import SubscriptionEvent
from portal.subscriptions.wishes import Beginning


def begin_subscription(
    key: int | str, *, beginning: Beginning, trial_days: int = 0, actor: Actor, at: datetime
) -> None:
    """A draft becomes pending (its first invoice is issued), trialing, or active at once, beginning today."""
    with transaction() as session:
        customer, subscription = subscriptions.lock(session, key)
        on = day(at, customer.zone)
        if beginning is Beginning.ACTIVE:
            _starting.activate_at_once(session, customer, subscription, on=on, actor=actor, at=at)
            return
        if beginning is Beginning.DRAFT or (beginning is Beginning.TRIALING) != (trial_days > 0):
            raise Invalid("Say how it is to begin, and a trial with its days.", field="beginning")
        lifecycle.move(session, subscription, SubscriptionEvent.OFFERED, actor=actor, at=at)
        _starting.begin(session, customer, subscription, on=on, trial_days=trial_days, actor=actor, at=at)
