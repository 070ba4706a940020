"""The time machine: forward only, from due time to due time, all work done on the way."""

import time
from datetime import timedelta
from threading import Event

import pytest
from sqlalchemy import select

from jobs.clockwork import drive
from jobs.scheduler import Scheduler
from portal.actions.advance_clock import advance_clock
from portal.core.actors import Actor
from portal.core.business import VirtualClock
from portal.core.clock import forget, now, wall
from portal.core.errors import Refused
from portal.core.tasks import Task
from portal.payments.models import GatewayAccount
from tests.jobs.conftest import NOON
from tests.jobs.pretend import LEAVE, RELAY

STAFF = Actor.staff(1, "Ada")
HOUR = timedelta(hours=1)


def ask(to, *, stands=None):
    advance_clock(to, stands=stands, actor=STAFF, at=NOON, wall_at=wall())


def clock_row(session):
    session.rollback()
    return session.scalars(select(VirtualClock)).one()


def test_each_row_is_done_exactly_when_it_is_due(session, noon, events, relayed, crew):
    events(HOUR, 30 * HOUR, timedelta(days=9))
    ask(noon + timedelta(days=10))

    drive(Scheduler(RELAY, ()), Event())

    assert relayed() == [noon + HOUR, noon + 30 * HOUR, noon + timedelta(days=9)]
    row = clock_row(session)
    assert (row.frozen_at, row.target_at) == (noon + timedelta(days=10), None)


def test_a_jump_costs_a_few_hundredths_of_a_second(session, noon, crew):
    ask(noon + timedelta(days=100))
    began = time.process_time()

    drive(Scheduler(RELAY, ()), Event())

    assert clock_row(session).target_at is None
    assert time.process_time() - began < 100 * 0.03


def test_a_running_clock_goes_on_running_from_its_target(session, noon, crew):
    ask(noon + HOUR, stands=False)

    drive(Scheduler(RELAY, ()), Event())

    forget()
    assert clock_row(session).frozen_at is None
    assert noon + HOUR <= now() < noon + HOUR + timedelta(minutes=1)


def test_the_clock_goes_forward_only(session, noon):
    with pytest.raises(Refused, match="forward only"):
        ask(noon - HOUR)

    assert clock_row(session).target_at is None


def test_a_target_is_not_taken_back(session, noon):
    ask(noon + 2 * HOUR)

    with pytest.raises(Refused, match="on its way"):
        ask(noon + HOUR)

    assert clock_row(session).target_at == noon + 2 * HOUR


def test_the_clock_stays_where_real_money_moves(session, noon):
    session.add(
        GatewayAccount(
            ref="gwa_live", gateway="paystack", mode="live", base_url="", hook_token="t", currencies=["NGN"],
            is_enabled=True, calls_per_minute=900, created_at=noon,
        )
    )  # fmt: skip
    session.commit()

    with pytest.raises(Refused, match="live gateway account"):
        ask(noon + HOUR)


def test_work_that_stays_due_stops_the_clock_and_names_its_row(session, noon, events, crew, monkeypatch):
    monkeypatch.setattr("jobs.clockwork.STUCK_SECONDS", 0.5)
    monkeypatch.setattr("jobs.clockwork.STUCK_ROUNDS", 3)
    events(timedelta(0))
    ask(noon + HOUR)

    drive(Scheduler(LEAVE, ()), Event())

    assert clock_row(session).target_at is None
    assert clock_row(session).frozen_at == noon
    task = session.scalars(select(Task).where(Task.kind == "clock_stuck")).one()
    assert task.facts["rows"][0].startswith("leave_rows: outbox ")


def test_a_journey_that_was_stopped_is_resumed(session, noon, events, relayed, crew):
    events(HOUR)
    ask(noon + 2 * HOUR)
    stopped = Event()
    stopped.set()

    drive(Scheduler(RELAY, ()), stopped)
    assert clock_row(session).target_at == noon + 2 * HOUR

    drive(Scheduler(RELAY, ()), Event())
    assert relayed() == [noon + HOUR]
