"""What falls due on a day of a subscription before it is renewed: start, trial end, cancel, pause, change. Steps."""

from datetime import datetime

from sqlalchemy.orm import Session

from portal.actions import _canceling, _returning, _starting, _trial
from portal.core.actors import Actor
from portal.customers.models import Customer
from portal.subscriptions import changes, lifecycle
from portal.subscriptions import queries as subscriptions
from portal.subscriptions.models import Subscription
from portal.subscriptions.schedule import Due, Step, due_step
from portal.subscriptions.states import SubscriptionEvent

MOST_STEPS = 12
"""More than one day of one subscription can hold; a guard against turning in circles."""


def take_steps(session: Session, customer: Customer, subscription: Subscription, *, actor: Actor, at: datetime) -> bool:
    """Take everything that is due but renewals, in the order of days, and of one day cancel, pause, change.

    True: a renewal is due now, which the caller bills; then there may be more to take.
    """
    for _ in range(MOST_STEPS):
        due = due_now(session, customer, subscription, at=at)
        if due is None:
            return False
        if due.step is Step.RENEW:
            _let_unpaid_change_lapse(session, subscription, actor=actor, at=at)
            return True
        take(session, customer, subscription, due, actor=actor, at=at)
        session.flush()
    raise RuntimeError(f"{subscription.ref} still has something due after {MOST_STEPS} steps")


def due_now(session: Session, customer: Customer, subscription: Subscription, *, at: datetime) -> Due | None:
    """The one step that is due, the scheduled change among them."""
    pending = subscriptions.pending_change(session, subscription.id)
    change_on = pending.on_day if pending is not None and not changes.waits_for_payment(pending) else None
    return due_step(lifecycle.timetable(subscription, customer.zone, change_on=change_on), at)


def take(
    session: Session, customer: Customer, subscription: Subscription, due: Due, *, actor: Actor, at: datetime
) -> None:
    """One step, as of its day."""
    match due.step:
        case Step.CANCEL:
            reason = subscription.cancel_reason
            _canceling.cancel(session, subscription, on=due.on, reason=reason, actor=actor, at=at)
        case Step.PAUSE:
            subscription.pause_on = None
            lifecycle.move(session, subscription, SubscriptionEvent.PAUSED, actor=actor, at=at, on=due.on.isoformat())
        case Step.START:
            _starting.begin_now(session, customer, subscription, on=due.on, actor=actor, at=at)
        case Step.TRIAL_END:
            _trial.end(session, customer, subscription, on=due.on, actor=actor, at=at)
        case Step.RESUME:
            _returning.take_up(session, customer, subscription, on=due.on, actor=actor, at=at)
        case Step.CHANGE:
            pending = subscriptions.pending_change(session, subscription.id)
            if pending is not None:
                changes.execute_change(session, subscription, pending, actor=actor, at=at)
        case Step.RENEW:
            raise ValueError("renewals are billed by the caller")


def _let_unpaid_change_lapse(session: Session, subscription: Subscription, *, actor: Actor, at: datetime) -> None:
    """A change that was not paid before the boundary lapses there: the next period is billed for what there is."""
    _canceling.drop_change(session, subscription, reason="lapsed", actor=actor, at=at)
