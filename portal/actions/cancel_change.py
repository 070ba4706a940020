"""Take back the change that waits."""

from datetime import datetime

from portal.actions import _changing
from portal.core.actors import Actor
from portal.core.db import transaction
from portal.subscriptions import queries as subscriptions


def cancel_change(key: int | str, *, actor: Actor, at: datetime) -> None:
    """The scheduled or unpaid change of a subscription will not happen; its invoice is voided. Again: nothing.

    Refused while a charge for it is in doubt.
    """
    with transaction() as session:
        _, subscription = subscriptions.lock(session, key)
        pending = subscriptions.pending_change(session, subscription.id)
        if pending is not None:
            _changing.take_back(session, subscription, pending, reason="taken back", actor=actor, at=at)
