"""Keeping within what a gateway allows: so many calls a minute per account, over all processes and hosts.

Counted per second in Redis, or over a few seconds where not even one call a second is allowed. Without Redis each
process keeps to its own count, so that charging goes on slowly rather than stops.
"""

import time
from collections import Counter

import redis

from portal.core.clock import wall
from portal.core.logging import log

_local: Counter[tuple[str, int]] = Counter()


class Pace:
    """A bucket for one account: `calls_per_minute`, spread evenly; 0 means as fast as it goes."""

    def __init__(self, account: str, calls_per_minute: int, redis_url: str) -> None:
        self._account = account
        self._span, self._most = _spread(calls_per_minute)
        self._redis_url = redis_url
        self._client: redis.Redis | None = None

    def wait(self) -> None:
        """Return when one more call may be made."""
        while self._most and self._count() > self._most:
            time.sleep(self._span - wall().timestamp() % self._span)

    def _count(self) -> int:
        turn = int(wall().timestamp()) // self._span
        try:
            client = self._client = self._client or redis.Redis.from_url(self._redis_url, socket_timeout=1)
            key = f"portal:pace:{self._account}:{turn}"
            counted = client.incr(key)
            client.expire(key, self._span + 10)
            return int(counted)
        except redis.RedisError as error:
            log().warning("pace is kept by this process alone", account=self._account, error=repr(error))
            _local[self._account, turn] += 1
            return _local[self._account, turn]


def _spread(calls_per_minute: int) -> tuple[int, int]:
    """How many calls in how many seconds keep within so many a minute; (1, 0) for no pace."""
    if not calls_per_minute:
        return 1, 0
    span = 1 if calls_per_minute >= 60 else 6 if calls_per_minute >= 10 else -(-60 // calls_per_minute)
    return span, max(calls_per_minute * span // 60, 1)
