"""The steps of a subscription's life: each leaves status, dates, history, audit and news in agreement. None commits."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from portal.core import audit, outbox
from portal.core.actors import Actor
from portal.core.days import day
from portal.core.errors import Refused
from portal.customers.models import Customer
from portal.subscriptions import queries
from portal.subscriptions.items import Chosen
from portal.subscriptions.models import Subscription, SubscriptionChange, SubscriptionItem
from portal.subscriptions.schedule import Timetable, Turn, next_action, next_bill_on
from portal.subscriptions.states import ENDED, LIVE, SUBSCRIPTION, SubscriptionEvent, SubscriptionStatus

_S, _E = SubscriptionStatus, SubscriptionEvent

TOPICS: dict[str, str] = {
    _E.TRIAL_STARTED: "subscription.trial_started",
    _E.TRIAL_EXTENDED: "subscription.trial_extended",
    _E.ACTIVATED: "subscription.started",
    _E.TRIAL_ENDED: "subscription.started",
    _E.TRIAL_ENDED_PAUSED: "subscription.paused",
    _E.EXPIRED: "subscription.expired",
    _E.CHANGED: "subscription.changed",
    _E.RENEWED: "subscription.renewed",
    _E.FELL_PAST_DUE: "subscription.past_due",
    _E.SETTLED: "subscription.restored",
    _E.SUSPENDED: "subscription.suspended",
    _E.PAUSED: "subscription.paused",
    _E.RESUMED: "subscription.resumed",
    _E.CANCELLATION_SCHEDULED: "subscription.cancellation_scheduled",
    _E.CANCELLATION_UNDONE: "subscription.cancellation_undone",
    _E.CANCELED: "subscription.canceled",
    _E.GIVEN_UP: "subscription.canceled",
}
"""What the world is told of a move; what is not listed is told to nobody."""

CHANGEABLE = frozenset({_S.TRIALING, _S.ACTIVE})


class NotChangeable(Refused):
    """Its items cannot be changed in this status; `status` says why."""

    code = "not_changeable"

    def __init__(self, status: SubscriptionStatus) -> None:
        self.status = status
        if status in (_S.PAST_DUE, _S.SUSPENDED):
            super().__init__("An invoice is overdue. Nothing was changed.")
        else:
            super().__init__("Its present state does not allow it. Nothing was changed.")


class Outdated(Refused):
    """Somebody changed it since it was shown: `shown` and `now` are its versions."""

    code = "outdated"

    def __init__(self, shown: int, now: int) -> None:
        super().__init__("Somebody else has changed this since you opened it. Nothing was changed.")
        self.shown, self.now = shown, now


def require_changeable(subscription: Subscription) -> None:
    """Items change while it is in trial or active; who is late pays first."""
    if subscription.status not in CHANGEABLE:
        raise NotChangeable(subscription.status)


def require_live(subscription: Subscription) -> None:
    if subscription.status not in LIVE:
        raise Refused("This subscription has ended. Nothing was changed.")


def require_version(subscription: Subscription, shown: int) -> None:
    """`shown` is the version that the form was opened with."""
    if subscription.version != shown:
        raise Outdated(shown, subscription.version)


def zone_of(session: Session, subscription: Subscription) -> str:
    """The zone in which its days are counted: its customer's, who is locked and hence at hand."""
    return session.get_one(Customer, subscription.customer_id).zone


def day_of(session: Session, subscription: Subscription, at: datetime) -> date:
    """The customer's day at the instant `at`."""
    return day(at, zone_of(session, subscription))


def timetable(subscription: Subscription, zone: str, *, change_on: date | None = None) -> Timetable:
    """Its dates as the schedule takes them. It waits for its start day until its first period is fixed."""
    return Timetable(
        status=subscription.status,
        zone=zone,
        start_on=subscription.started_on if subscription.anchor_on is None else None,
        period_end_on=subscription.period_end_on,
        trial_ends_on=subscription.trial_ends_on,
        cancel_on=subscription.cancel_on,
        pause_on=subscription.pause_on,
        resume_on=subscription.resume_on,
        change_on=change_on,
    )


def refresh_clock(subscription: Subscription, zone: str) -> None:
    """When the clock has to look at it next, and the day shown as its next bill.

    A scheduled change needs no clock of its own: it waits for the end of the period, where the renewal looks too.
    """
    table = timetable(subscription, zone)
    subscription.next_action_at = next_action(table)
    subscription.next_bill_on = next_bill_on(table)


def move(
    session: Session,
    subscription: Subscription,
    event: SubscriptionEvent,
    *,
    actor: Actor,
    at: datetime,
    reason: str = "",
    **facts: Any,
) -> bool:
    """Let `event` happen: the only writer of the status. False: it was news of what is settled already.

    Dates are set before the move, so that the clock is right after it. History, audit and outbox are written
    with it. Raises MoveRefused. `facts` are JSON values.
    """
    before = subscription.status
    after = SUBSCRIPTION.after(before, event)
    if after is None:
        return False
    zone = zone_of(session, subscription)
    if after in ENDED and subscription.ended_on is None:
        subscription.ended_on = day(at, zone)
    subscription.status = after
    refresh_clock(subscription, zone)
    subscription.version += 1
    record(session, subscription, event, str(before), actor=actor, at=at, reason=reason, **facts)
    return True


def record(
    session: Session,
    subscription: Subscription,
    event: str,
    from_status: str,
    *,
    actor: Actor,
    at: datetime,
    reason: str = "",
    **facts: Any,
) -> None:
    """History, audit and news of what happened; `from_status` is empty for its birth."""
    statuses = {"from_status": from_status, "to_status": str(subscription.status)}
    told_by = f"{actor.kind}:{actor.name}"
    session.add(
        SubscriptionChange(
            subscription_id=subscription.id,
            at=at,
            event=str(event),
            actor=told_by,
            reason=reason,
            facts=facts,
            **statuses,
        )
    )
    owner: dict[str, Any] = {"customer_id": subscription.customer_id, "at": at}
    facts = {**statuses, **facts}
    audit.record(session, actor, f"subscription.{event}", subject=subscription.ref, reason=reason, **owner, **facts)
    if event in TOPICS:
        outbox.post(session, TOPICS[event], **owner, subscription=subscription.ref)


def set_anchor(subscription: Subscription, first: Turn) -> None:
    """The first paid period: its first day is the anchor of all that follow."""
    subscription.anchor_on = first.period.start
    subscription.started_on = subscription.started_on or first.period.start
    set_period(subscription, first)


def set_period(subscription: Subscription, turn: Turn) -> None:
    """The running period; the anchor stays."""
    subscription.period_number = turn.number
    subscription.period_start_on, subscription.period_end_on = turn.period.start, turn.period.end


def switch_items(session: Session, subscription: Subscription, chosen: Sequence[Chosen], on: date) -> None:
    """From the day `on` it consists of `chosen`: what is not among it ends, what is the same goes on."""
    wanted = list(chosen)
    for row in queries.items_of(session, subscription.id):
        if row.chosen in wanted:
            wanted.remove(row.chosen)
        else:
            row.item.until_on = max(on, row.item.from_on)
    for item in wanted:
        add_item(session, subscription, item, on)


def add_item(session: Session, subscription: Subscription, chosen: Chosen, on: date) -> SubscriptionItem:
    item = SubscriptionItem(
        subscription_id=subscription.id,
        price_id=chosen.price_id,
        quantity=chosen.quantity,
        from_on=on,
        until_on=None,
    )
    session.add(item)
    return item


def activate(session: Session, subscription: Subscription, *, actor: Actor, at: datetime) -> bool:
    """Its first payment has been settled, or nothing was due."""
    return move(session, subscription, _E.ACTIVATED, actor=actor, at=at)


def settle(session: Session, subscription: Subscription, *, actor: Actor, at: datetime, reason: str = "") -> bool:
    """Nothing of it that was overdue or failed is open any more. True: it is served again."""
    return move(session, subscription, _E.SETTLED, actor=actor, at=at, reason=reason)


def fall_past_due(session: Session, subscription: Subscription, *, actor: Actor, at: datetime, invoice: str) -> bool:
    """Its invoice is overdue or could not be collected."""
    return move(session, subscription, _E.FELL_PAST_DUE, actor=actor, at=at, invoice=invoice)
