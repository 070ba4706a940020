"""Keeping within what a gateway allows: so many calls a minute per account, over all processes and hosts.

Counted per second in Redis. Without Redis each process keeps to its own count, so that charging goes on slowly
rather than stops.
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
        self._per_second = max(calls_per_minute // 60, 1) if calls_per_minute else 0
        self._redis_url = redis_url
        self._client: redis.Redis | None = None

    def wait(self) -> None:
        """Return when one more call may be made."""
        while self._per_second and self._count() > self._per_second:
            time.sleep(1 - wall().timestamp() % 1)

    def _count(self) -> int:
        second = int(wall().timestamp())
        try:
            client = self._client = self._client or redis.Redis.from_url(self._redis_url, socket_timeout=1)
            key = f"portal:pace:{self._account}:{second}"
            counted = client.incr(key)
            client.expire(key, 10)
            return int(counted)
        except redis.RedisError as error:
            log().warning("pace is kept by this process alone", account=self._account, error=repr(error))
            _local[self._account, second] += 1
            return _local[self._account, second]
