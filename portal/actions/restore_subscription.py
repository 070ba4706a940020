"""Serve a subscription again that owes nothing any more."""

from datetime import datetime

from portal.actions import _billing
from portal.core.actors import Actor
from portal.core.db import transaction
from portal.core.errors import Refused
from portal.dunning import cases
from portal.payments.states import AttemptTrigger
from portal.subscriptions import lifecycle
from portal.subscriptions import queries as subscriptions
from portal.subscriptions.states import SubscriptionStatus


class StillOwes(Refused):
    """Something of it that was overdue or failed is still open."""

    code = "still_owes"

    def __init__(self) -> None:
        super().__init__("An invoice of this subscription is still open. Nothing was changed.")


def restore_subscription(key: int | str, *, reason: str, actor: Actor, at: datetime) -> None:
    """Active again, and the rest of a later period billed by days. Where nothing was suspended or late: nothing.

    Settling does the same by itself; this is for debts that went away otherwise.
    """
    with transaction() as session:
        _, subscription = subscriptions.lock(session, key)
        if cases.has_open_debts(session, subscription.id):
            raise StillOwes
        was_suspended = subscription.status is SubscriptionStatus.SUSPENDED
        if lifecycle.settle(session, subscription, actor=actor, at=at, reason=reason) and was_suspended:
            _billing.bill_rest_of_period(session, subscription, trigger=AttemptTrigger.SCHEDULE, actor=actor, at=at)
