"""Give a trial more days."""

from datetime import date, datetime, timedelta

from portal.actions._start_price import LONGEST_TRIAL
from portal.core.actors import Actor
from portal.core.db import transaction
from portal.core.errors import Invalid
from portal.subscriptions import lifecycle
from portal.subscriptions import queries as subscriptions
from portal.subscriptions.states import SubscriptionEvent


def extend_trial(key: int | str, *, until_on: date, reason: str, actor: Actor, at: datetime) -> None:
    """The trial lasts until the morning of `until_on`, later than it did. Nothing is billed before."""
    with transaction() as session:
        _, subscription = subscriptions.lock(session, key)
        before = subscription.trial_ends_on
        event = SubscriptionEvent.TRIAL_EXTENDED
        if before is not None and not before < until_on <= before + timedelta(days=LONGEST_TRIAL):
            raise Invalid("A trial is extended to a later day.", field="until_on")
        subscription.trial_ends_on = until_on
        facts = {"before": before.isoformat() if before else None, "until": until_on.isoformat()}
        lifecycle.move(session, subscription, event, actor=actor, at=at, reason=reason, **facts)
