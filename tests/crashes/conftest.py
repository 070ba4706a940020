"""Real worker processes, killed where the plan says; then the same portal goes on, as after a restart."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from jobs.app import WAKE_SECONDS, connection
from jobs.queues import JOB_TIMEOUT, Lane, queue
from jobs.scheduler import Outlook, Scheduler
from portal.book.proofs import failures, prove
from portal.core.settings import Settings
from portal.local.mails import Mails
from tests.concurrency.rig import Rig, door, news, rig, shared_twin, twin
from tests.crashes import doomed
from tests.jobs.conftest import environment, work_off

__all__ = ["door", "news", "rig", "shared_twin", "twin", "work_off"]


@dataclass
class House:
    """The portal's processes: workers of their own to be killed, and everything else done here."""

    rig: Rig
    work_off: Callable[[], None]
    settings: Settings

    def forget_the_past(self) -> None:
        """What was told and done before the story begins needs no mail."""
        self.rig.sql("UPDATE outbox SET posted_at = :at, next_action_at = NULL", at=self.rig.at)

    def dies(self, lane: str, plan: str, nth: int = 1) -> None:
        """A worker of the lane takes what is due and is killed in it."""
        look = self.look()
        assert doomed.was_killed(environment(self.settings) | {"CRASH_PLAN": f"{plan}:{nth}:kill"}, lane), look

    def look(self) -> Outlook:
        """The scheduler wakes whoever has something to do."""
        return Scheduler().dispatch()

    def live(self, **passed: float) -> None:
        """Scheduler and workers do all that falls due while so much time passes."""
        _forget_the_dead()
        self.work_off()
        until = self.rig.at + timedelta(**passed)
        scheduler = Scheduler()
        for _ in range(500):
            look = scheduler.dispatch()
            if look.woken or look.due:
                self.work_off()
            elif look.next_at <= until:
                self.rig.go(look.next_at)
            else:
                break
        else:
            raise AssertionError(f"it does not come to rest: {look.due}")
        self.rig.go(until)


def _forget_the_dead() -> None:
    """What a killed worker took counts as waiting or running for some minutes more; nobody sits them out here."""
    cache, latest = connection(), time.time() + JOB_TIMEOUT + 60
    for mark in cache.scan_iter("portal:wake:*"):
        assert 0 < cache.ttl(mark) <= WAKE_SECONDS
        cache.delete(mark)
    for held in (queue(cache, lane) for lane in Lane):
        started = held.started_job_registry.key
        assert all(ends <= latest for _, ends in cache.zrange(started, 0, -1, withscores=True))
        cache.delete(started, held.intermediate_queue_key)


@pytest.fixture
def house(rig: Rig, work_off: Callable[[], None], mails: Mails, settings: Settings) -> House:
    return House(rig, work_off, settings)


@pytest.fixture(autouse=True)
def proved(rig: Rig) -> Any:
    """Every invariant holds when the test ends, the mails among them."""
    yield
    rig.session.rollback()
    broken = failures(prove(rig.session, at=rig.at))
    assert not broken, broken
