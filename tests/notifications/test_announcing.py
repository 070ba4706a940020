"""What will happen by itself is announced in time, once for its day, and not when it will not happen."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.actions.announce_upcoming import announce_upcoming
from portal.core.actors import Actor
from portal.core.outbox import OutboxEntry
from portal.local.mails import Mails, parse, part
from tests.notifications.world import World

Tell = Callable[..., None]
WEEK_BEFORE = datetime(2026, 11, 26, 8, tzinfo=UTC)


def announced(at: datetime, limit: int = 100) -> int:
    return announce_upcoming(limit=limit, actor=Actor.system("announcements"), at=at)


def topics(session: Session) -> list[str]:
    session.rollback()
    return list(session.scalars(select(OutboxEntry.topic).order_by(OutboxEntry.id)))


def test_a_renewal_is_announced_once_a_week_before(world: World, session: Session, tell: Tell, mails: Mails):
    assert announced(WEEK_BEFORE - timedelta(days=1)) == 0
    assert announced(WEEK_BEFORE) == 1
    assert [announced(WEEK_BEFORE + timedelta(days=later)) for later in range(7)] == [0] * 7
    tell(WEEK_BEFORE)
    (letter,) = mails.found()
    assert letter.subject == "Team renews on 3 December 2026 for ₦48,375.00"
    assert "You need to do nothing." in part(parse(mails.raw(letter.id) or b""), "plain")


def test_the_next_renewal_is_announced_again(world: World, session: Session):
    assert announced(WEEK_BEFORE) == 1
    row = world.subscription
    row.period_start_on, row.period_end_on, row.next_bill_on = date(2026, 12, 3), date(2027, 1, 3), date(2027, 1, 3)
    row.next_action_at = datetime(2027, 1, 2, 23, tzinfo=UTC)
    world.method.expires_on = None
    session.commit()
    assert announced(WEEK_BEFORE + timedelta(days=31)) == 1


@pytest.mark.parametrize(
    "changed",
    [
        {"next_bill_on": None, "cancel_on": date(2026, 12, 3)},
        {"status": "past_due"},
        {"period_start_on": date(2026, 11, 26)},
    ],
)
def test_what_will_not_renew_or_renews_all_the_time_is_not_announced(
    world: World, session: Session, changed: dict[str, Any]
):
    for name, value in changed.items():
        setattr(world.subscription, name, value)
    session.commit()
    announced(WEEK_BEFORE)
    assert "subscription.renewal_upcoming" not in topics(session)


def test_a_renewal_that_was_canceled_meanwhile_is_not_told(world: World, session: Session, tell: Tell, mails: Mails):
    announced(WEEK_BEFORE)
    world.subscription.cancel_on, world.subscription.next_bill_on = date(2026, 12, 3), None
    session.commit()
    tell(WEEK_BEFORE)
    assert mails.found() == []


def test_the_end_of_a_trial_is_announced_three_days_before(world: World, session: Session, tell: Tell, mails: Mails):
    row = world.subscription
    row.status, row.trial_ends_on, row.next_bill_on = "trialing", date(2026, 12, 3), date(2026, 12, 3)
    row.anchor_on = row.period_start_on = row.period_end_on = None
    session.commit()
    assert announced(WEEK_BEFORE) == 0
    at = datetime(2026, 11, 30, 8, tzinfo=UTC)
    assert (announced(at), announced(at)) == (1, 0)
    tell(at)
    assert [letter.subject for letter in mails.found()] == ["Your trial of Team ends on 3 December 2026"]


def test_a_card_that_expires_is_announced_if_something_is_charged_to_it(world: World, session: Session):
    at = datetime(2027, 1, 5, 8, tzinfo=UTC)
    assert (announced(at), announced(at)) == (1, 0)
    assert topics(session) == ["method.expiring"]


def test_a_card_that_nothing_is_charged_to_expires_silently(world: World, session: Session):
    world.method.is_default = False
    session.commit()
    assert announced(datetime(2027, 1, 5, 8, tzinfo=UTC)) == 0


def test_four_announcers_at_once_announce_one(world: World, app: Flask, session: Session):
    def within() -> int:
        with app.app_context():
            return announced(WEEK_BEFORE)

    with ThreadPoolExecutor(4) as pool:
        assert sum(done.result() for done in [pool.submit(within) for _ in range(4)]) == 1
    assert topics(session) == ["subscription.renewal_upcoming"]
