"""Workers and schedulers as processes: stopped, killed, cut off from Redis, and yet nothing is lost or done twice."""

import signal
import time
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from sqlalchemy import select, text

from jobs.app import connection
from jobs.scheduler import Scheduler
from portal.core.business import Heartbeat, Tick
from portal.local.redis import Redis
from tests.jobs.pretend import RELAY

NOW = timedelta(0)
PATIENCE = 120


def until(is_so, what):
    """Look again and again, dispatching as a scheduler would."""
    deadline = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < deadline, f"{what} did not happen"
        time.sleep(0.05)


def dispatching(is_so):
    scheduler = Scheduler(RELAY, ())
    return lambda: scheduler.dispatch() and is_so()


def test_a_worker_killed_in_its_work_leaves_it_to_the_next(noon, events, relayed, start):
    events(*[NOW] * 5)
    doomed = start("jobs.worker", "messages", CRASH_PLAN="pretend.relayed:3:kill")
    until(dispatching(lambda: doomed.poll() is not None), "the kill")
    assert doomed.returncode == -signal.SIGKILL
    assert len(relayed()) == 2

    start("jobs.worker", "messages")

    until(dispatching(lambda: len(relayed()) == 5), "the rest")
    assert relayed() == [noon] * 5


def test_a_worker_that_is_asked_to_stop_finishes_its_batch_and_leaves_the_rest(noon, events, relayed, start):
    events(*[NOW] * 200)
    worker = start("jobs.worker", "messages", PRETEND_SECONDS="0.1")
    until(dispatching(lambda: len(relayed()) >= 2), "the beginning")

    worker.send_signal(signal.SIGTERM)

    assert worker.wait(timeout=60) == 0
    assert 2 <= len(relayed()) < 200
    assert connection().llen("rq:queue:messages") >= 1  # its successor


def test_emptying_redis_in_the_middle_of_a_slice_loses_nothing(noon, events, relayed, start):
    events(*[NOW] * 20)
    start("jobs.worker", "messages", PRETEND_SECONDS="0.05")
    until(dispatching(lambda: len(relayed()) >= 3), "the beginning")

    connection().flushall()
    events(*[NOW] * 5)

    until(dispatching(lambda: len(relayed()) == 25), "the rest")
    assert relayed() == [noon] * 25


@pytest.mark.slow
def test_the_command_line_starts_a_worker_that_ends_when_nothing_waits(noon, events, relayed, start):
    events(NOW)
    Scheduler(RELAY, ()).dispatch()

    worker = start("flask", "--app", "wsgi", "portal", "worker", "messages", "news", "--burst")

    assert worker.wait(timeout=60) == 0
    assert relayed() == [noon]


@pytest.mark.slow
def test_a_scheduler_whose_database_connections_are_cut_goes_on(session, start):
    start("jobs.watch", PGAPPNAME="to_be_cut")
    until(lambda: beats(session, "scheduler"), "the first heartbeat")

    cut = session.execute(
        text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'to_be_cut'")
    ).all()
    before = beats(session, "scheduler")

    assert cut
    until(lambda: beats(session, "scheduler") > before, "another heartbeat")


@pytest.mark.slow
def test_a_scheduler_waits_for_a_redis_that_is_away_and_stops_when_asked(session, tmp_path, start):
    server, address = Redis(tmp_path / "redis", is_durable=False), tmp_path / "redis.sock"
    scheduler = start("jobs.watch", REDIS_URL=f"unix://{address}")
    until(lambda: beats(session, "scheduler"), "the first heartbeat")
    assert not claimed(session)  # a slot is claimed only if its job could be enqueued

    server.start()
    try:
        address.symlink_to(urlsplit(server.url).path)
        until(lambda: claimed(session), "the first slot")
    finally:
        server.stop()
    scheduler.send_signal(signal.SIGTERM)
    assert scheduler.wait(timeout=60) == 0


def beats(session, name):
    session.rollback()
    return session.scalar(select(Heartbeat.beat_at).where(Heartbeat.name == name))


def claimed(session):
    session.rollback()
    return session.scalars(select(Tick.name)).all()
