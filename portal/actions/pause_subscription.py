"""Pause a subscription: no service, no bills, until it is taken up again."""

from datetime import date, datetime

from portal.core import business as businesses
from portal.core.actors import Actor, ActorKind
from portal.core.days import day
from portal.core.db import transaction
from portal.core.errors import Forbidden, Invalid
from portal.subscriptions import lifecycle
from portal.subscriptions import queries as subscriptions
from portal.subscriptions.states import SUBSCRIPTION, SubscriptionEvent, SubscriptionStatus


def pause_subscription(
    key: int | str,
    *,
    on: date | None = None,
    resume_on: date | None = None,
    reason: str = "",
    actor: Actor,
    at: datetime,
) -> None:
    """Pause it with the end of the running period, or on the day `on`, today included; `resume_on` wakes it by itself.

    What is left of a period that was paid for is served when it is taken up within it. Paused already: nothing.
    """
    with transaction() as session:
        customer, subscription = subscriptions.lock(session, key)
        if subscription.status is SubscriptionStatus.PAUSED:
            return
        if actor.kind is ActorKind.CUSTOMER and not businesses.read(session).policy("customer_may_pause"):
            raise Forbidden("Please ask us to pause it. Nothing was changed.")
        SUBSCRIPTION.after(subscription.status, SubscriptionEvent.PAUSED)  # refuses before any day is looked at
        today = day(at, customer.zone)
        pauses_on = on or subscription.period_end_on or today
        if pauses_on < today:
            raise Invalid("A pause begins today or on a day ahead.", field="on")
        if resume_on is not None and resume_on <= pauses_on:
            raise Invalid("A pause ends after it has begun.", field="resume_on")
        subscription.resume_on = resume_on
        event, subscription.pause_on = SubscriptionEvent.PAUSED, None
        if pauses_on > today:
            event, subscription.pause_on = SubscriptionEvent.PAUSE_SCHEDULED, pauses_on
        resumes = resume_on.isoformat() if resume_on else None
        facts = {"on": pauses_on.isoformat(), "resume_on": resumes}
        lifecycle.move(session, subscription, event, actor=actor, at=at, reason=reason, **facts)
