"""End a subscription: at the end of what was paid for, on a day, or at once."""

from datetime import date, datetime

from sqlalchemy.orm import Session

from portal.actions import _canceling
from portal.core import business as businesses
from portal.core.actors import Actor, ActorKind
from portal.core.days import day
from portal.core.db import transaction
from portal.core.errors import Forbidden, Invalid
from portal.subscriptions import lifecycle
from portal.subscriptions import queries as subscriptions
from portal.subscriptions.models import Subscription
from portal.subscriptions.states import ENDED, SubscriptionEvent, SubscriptionStatus
from portal.subscriptions.wishes import CancelChoices

_AT_ONCE = frozenset({SubscriptionStatus.DRAFT, SubscriptionStatus.PENDING})


def cancel_subscription(
    key: int | str,
    *,
    on: date | None = None,
    now: CancelChoices | None = None,
    reason: str = "",
    actor: Actor,
    at: datetime,
) -> None:
    """Without more, it ends with what was paid for; `on` names a day ahead; `now` ends it at once, with choices.

    A day can be undone until it comes. What waits for its start or its first payment ends at once. Ended: nothing.
    """
    with transaction() as session:
        customer, subscription = subscriptions.lock(session, key)
        if subscription.status in ENDED:
            return
        today = day(at, customer.zone)
        if now is not None:
            _require_may_cancel_now(session, subscription, actor)
        ends_on = (
            today if now is not None or subscription.status in _AT_ONCE else on or _end_of_paid(subscription, today)
        )
        if ends_on < today:
            raise Invalid("A subscription ends today or on a day ahead.", field="on")
        if ends_on == today:
            choices = now or CancelChoices()
            _canceling.cancel(session, subscription, on=today, choices=choices, reason=reason, actor=actor, at=at)
            return
        subscription.cancel_on, subscription.cancel_reason = ends_on, reason
        event = SubscriptionEvent.CANCELLATION_SCHEDULED
        lifecycle.move(session, subscription, event, actor=actor, at=at, reason=reason, on=ends_on.isoformat())


def _require_may_cancel_now(session: Session, subscription: Subscription, actor: Actor) -> None:
    """Customers end at once only where the company lets them, or where nothing was paid for yet."""
    if actor.kind is not ActorKind.CUSTOMER or subscription.status in _AT_ONCE:
        return
    if not businesses.read(session).policy("customer_may_cancel_now"):
        raise Forbidden("It can be canceled for the end of the period. Nothing was changed.")


def _end_of_paid(subscription: Subscription, today: date) -> date:
    """The end of the trial or of the running period; today where nothing is served."""
    if subscription.status is SubscriptionStatus.TRIALING:
        return subscription.trial_ends_on or today
    if subscription.status in (SubscriptionStatus.ACTIVE, SubscriptionStatus.PAST_DUE):
        return max(subscription.period_end_on or today, today)
    return today
