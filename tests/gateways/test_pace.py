"""How many calls in how many seconds an account may make."""

import pytest
import redis

from portal.gateways.pace import Pace, _spread


@pytest.fixture
def counts(redis_url):
    """counts(account): how many calls Redis has counted for it, second by second."""
    with redis.Redis.from_url(redis_url) as cache:

        def read(account):
            keys = cache.keys(f"portal:pace:{account}:*")
            return [int(count) for count in cache.mget(keys)] if keys else []

        yield read
        cache.flushall()


@pytest.mark.parametrize("allowed", [1, 2, 7, 9, 10, 30, 50, 59, 60, 61, 119, 900, 6000])
def test_no_pace_is_faster_than_what_is_allowed_nor_much_slower(allowed: int):
    span, most = _spread(allowed)
    assert most >= 1
    assert allowed / 2 < most * 60 / span <= allowed


def test_nothing_is_paced_without_a_limit(redis_url, counts):
    pace = Pace("gw_free", 0, redis_url)
    for _ in range(50):
        pace.wait()
    assert counts("gw_free") == []


def test_calls_are_counted_where_all_processes_see_them(redis_url, counts):
    for pace in (Pace("gw_shared", 6000, redis_url), Pace("gw_shared", 6000, redis_url)):
        for _ in range(3):
            pace.wait()
    assert sum(counts("gw_shared")) == 6


def test_without_redis_each_keeps_its_own_count(monkeypatch, counts):
    """Two calls a second at an hour that stands still: the third waits, though no other process is heard of."""
    waited = []
    hour = Hour()
    monkeypatch.setattr("portal.gateways.pace.wall", lambda: hour)
    monkeypatch.setattr("portal.gateways.pace.time.sleep", lambda seconds: (waited.append(seconds), hour.passes()))
    pace = Pace("gw_alone", 120, "redis://127.0.0.1:1")
    for _ in range(5):
        pace.wait()
    assert waited == [1.0, 1.0]  # before the third and the fifth
    assert counts("gw_alone") == []


class Hour:
    """A wall clock that goes on by whole seconds, when it is waited for."""

    def __init__(self) -> None:
        self.seconds = 1_800_000_000

    def timestamp(self) -> float:
        return self.seconds

    def passes(self) -> None:
        self.seconds += 1
