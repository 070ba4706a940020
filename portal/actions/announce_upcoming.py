"""Tell customers in time what will happen by itself: renewals, ends of trials, cards that expire."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, DateTime, cast, exists, func, or_, select
from sqlalchemy.orm import Session

from portal.core import business, outbox
from portal.core.actors import Actor
from portal.core.bulk import insert_returning
from portal.core.business import Business, Tick
from portal.core.days import day
from portal.core.db import transaction
from portal.payments.models import PaymentMethod, SubscriptionMethod
from portal.subscriptions.models import Subscription
from portal.subscriptions.states import Collection, SubscriptionStatus

RENEWAL, TRIAL, CARD = "announced:renewal:", "announced:trial:", "announced:card:"
SERVED = (SubscriptionStatus.TRIALING, SubscriptionStatus.ACTIVE, SubscriptionStatus.PAST_DUE)


class Coming(NamedTuple):
    """What will happen to whom on a day; claim and day together are announced once."""

    claim: str
    slot: datetime
    news: dict[str, Any]


def announce_upcoming(*, limit: int, actor: Actor, at: datetime) -> int:
    """Announce up to `limit` of each kind; returns how many. Again at once announces nothing.

    The claim is a row that only one announcer can insert, in the transaction that posts the news. Days are the
    business's: a notice a few hours early or late matters to nobody.
    """
    with transaction() as session:
        house = business.read(session)
        today = day(at, house.zone)
        found = [
            *_renewals(session, house, today, limit=limit, at=at),
            *_trials(session, house, today, limit=limit, at=at),
            *_cards(session, house, today, limit=limit, at=at),
        ]
        claims = [{"name": coming.claim, "slot": coming.slot} for coming in found]
        won = insert_returning(session, Tick, claims, "ON CONFLICT DO NOTHING RETURNING name, slot")
        mine = {(name, slot) for name, slot in won}
        news = [coming.news for coming in found if (coming.claim, coming.slot) in mine]
        outbox.post_all(session, news)
        return len(news)


def _renewals(session: Session, house: Business, today: date, *, limit: int, at: datetime) -> list[Coming]:
    """Not those whose whole period is shorter than the notice: they renew all the time."""
    notice = int(house.policy("renewal_notice_days"))
    wanted = (
        select(Subscription.ref, Subscription.next_bill_on, Subscription.customer_id)
        .where(
            *_soon(at, notice),
            Subscription.status == SubscriptionStatus.ACTIVE,
            Subscription.next_bill_on > today,
            Subscription.next_bill_on <= today + timedelta(days=notice),
            Subscription.period_end_on - Subscription.period_start_on > notice,
            _unannounced(RENEWAL, Subscription.ref, Subscription.next_bill_on),
        )
        .limit(limit)
    )
    return [
        Coming(
            f"{RENEWAL}{ref}",
            _slot(on),
            outbox.entry(
                "subscription.renewal_upcoming", at=at, customer_id=customer_id, subscription=ref, on=on.isoformat()
            ),
        )
        for ref, on, customer_id in session.execute(wanted)
        if on is not None
    ]


def _trials(session: Session, house: Business, today: date, *, limit: int, at: datetime) -> list[Coming]:
    """Not those that were announced with the trial itself, being no longer than the notice."""
    notice = int(house.policy("trial_notice_days"))
    wanted = (
        select(Subscription.ref, Subscription.trial_ends_on, Subscription.customer_id)
        .where(
            *_soon(at, notice),
            Subscription.status == SubscriptionStatus.TRIALING,
            Subscription.trial_ends_on > today,
            Subscription.trial_ends_on <= today + timedelta(days=notice),
            Subscription.created_at < at - timedelta(days=1),
            _unannounced(TRIAL, Subscription.ref, Subscription.trial_ends_on),
        )
        .limit(limit)
    )
    return [
        Coming(
            f"{TRIAL}{ref}",
            _slot(on),
            outbox.entry(
                "subscription.trial_ending", at=at, customer_id=customer_id, subscription=ref, on=on.isoformat()
            ),
        )
        for ref, on, customer_id in session.execute(wanted)
        if on is not None
    ]


def _cards(session: Session, house: Business, today: date, *, limit: int, at: datetime) -> list[Coming]:
    """Methods that something will be charged to."""
    last = today + timedelta(days=int(house.policy("card_notice_days")))
    is_chosen = exists().where(SubscriptionMethod.method_id == PaymentMethod.id)
    is_needed = exists().where(
        Subscription.customer_id == PaymentMethod.customer_id,
        Subscription.status.in_(SERVED),
        Subscription.collection == Collection.PULL,
        Subscription.cancel_on.is_(None),
    )
    wanted = (
        select(PaymentMethod.ref, PaymentMethod.expires_on, PaymentMethod.customer_id)
        .where(
            PaymentMethod.removed_at.is_(None),
            PaymentMethod.is_refused.is_(False),
            PaymentMethod.expires_on.between(today, last),
            or_(PaymentMethod.is_default, is_chosen),
            is_needed,
            _unannounced(CARD, PaymentMethod.ref, PaymentMethod.expires_on),
        )
        .limit(limit)
    )
    return [
        Coming(
            f"{CARD}{ref}",
            _slot(on),
            outbox.entry("method.expiring", at=at, customer_id=customer_id, method=ref, on=on.isoformat()),
        )
        for ref, on, customer_id in session.execute(wanted)
        if on is not None
    ]


def _soon(at: datetime, notice: int) -> tuple[ColumnElement[bool], ...]:
    """What happens within the notice is due within it, so the due index finds it (two days for the zones)."""
    return Subscription.next_action_at > at, Subscription.next_action_at <= at + timedelta(days=notice + 2)


def _unannounced(claim: str, ref: Any, on: Any) -> ColumnElement[bool]:
    slot = func.timezone("UTC", cast(on, DateTime(timezone=False)))
    return ~exists().where(Tick.name == func.concat(claim, ref), Tick.slot == slot)


def _slot(on: date) -> datetime:
    return datetime.combine(on, time(), UTC)
