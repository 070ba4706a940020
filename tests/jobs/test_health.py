"""How the house is, as values: what works, what waits, what is away."""

import time
from datetime import timedelta

from sqlalchemy import update

from jobs.queues import Lane
from portal.core.business import STOP_MAILS, Switch, beat
from portal.core.clock import wall
from portal.reporting import health
from tests.jobs.pretend import RELAY


def look(session, settings, noon, **changes):
    places = {"redis_url": settings.redis_url, "files_dir": settings.files_dir} | changes
    return health.look(session, at=noon, wall_at=wall(), **places)


def test_a_house_in_which_everything_works_is_well(session, settings, noon, start):
    start("jobs.worker", *Lane)
    deadline = time.monotonic() + 120
    while look(session, settings, noon).idle_queues and time.monotonic() < deadline:
        time.sleep(0.1)
    beat(session, "scheduler", wall_at=wall(), at=noon, finished=True)

    seen = look(session, settings, noon)

    assert seen.is_well
    assert [(queue.name, queue.waiting, queue.workers) for queue in seen.redis.queues] == [
        ("money", 0, 1), ("news", 0, 1), ("messages", 0, 1), ("documents", 0, 1),
    ]  # fmt: skip
    assert seen.clock.frozen_at == noon
    assert seen.database.size_bytes > 0
    assert 0 < seen.disk.used_share < 1


def test_a_queue_without_a_worker_and_a_sleeping_scheduler_are_seen(session, settings, noon):
    beat(session, "scheduler", wall_at=wall() - timedelta(minutes=1), at=noon)
    RELAY["relay_rows"].job.wake()

    seen = look(session, settings, noon)

    assert not seen.is_well
    assert not seen.scheduler_is_awake
    assert "messages" in seen.idle_queues
    assert [queue.waiting for queue in seen.redis.queues] == [0, 0, 1, 0]


def test_a_redis_that_is_away_is_part_of_the_answer(session, settings, noon):
    seen = look(session, settings, noon, redis_url="unix:///nowhere/redis.sock")

    assert seen.redis.error
    assert not seen.is_well


def test_a_switch_that_is_on_is_shown_with_its_reason(session, settings, noon):
    session.execute(update(Switch).where(Switch.name == STOP_MAILS).values(is_on=True, reason="moving"))

    seen = look(session, settings, noon)

    assert [switch.reason for switch in seen.switches if switch.is_on] == ["moving"]
