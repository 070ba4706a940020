"""How many calls in how many seconds an account may make."""

import pytest

from portal.gateways.pace import Pace, _spread


@pytest.mark.parametrize("allowed", [1, 2, 7, 9, 10, 30, 50, 59, 60, 61, 119, 900, 6000])
def test_no_pace_is_faster_than_what_is_allowed_nor_much_slower(allowed: int):
    span, most = _spread(allowed)
    assert most >= 1
    assert allowed / 2 < most * 60 / span <= allowed


def test_nothing_is_paced_without_a_limit(redis_url):
    pace = Pace("gw_free", 0, redis_url)
    for _ in range(50):
        pace.wait()


def test_without_redis_each_keeps_its_own_count():
    pace = Pace("gw_alone", 6000, "redis://127.0.0.1:1")
    for _ in range(3):
        pace.wait()
