"""The queues and what each is for. Losing them loses no work: what is due stands in PostgreSQL."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Any

from redis.exceptions import RedisError
from rq import Queue
from rq.serializers import JSONSerializer

JOB_TIMEOUT = 240
KEEP_FAILED_SECONDS = 7 * 24 * 3600

DONE = "portal:done"
"""A list that each job's end is pushed to, and in test mode each batch's, so that whoever waits need not poll."""


class Lane(StrEnum):
    """One worker process or more for each, so that a slow mail server never delays a charge."""

    MONEY = "money"  # runs, charges, resolving, dunning, recognition
    NEWS = "news"  # what gateways told us
    MESSAGES = "messages"  # outbox and mails
    DOCUMENTS = "documents"  # PDFs, proofs, housekeeping: may take long


def queue(cache: Any, lane: Lane) -> Queue:
    """The queue of `lane` in the Redis that `cache` is connected to."""
    return Queue(str(lane), connection=cache, serializer=JSONSerializer, default_timeout=JOB_TIMEOUT)


def is_busy(cache: Any, at: float, lanes: Iterable[Lane] = tuple(Lane)) -> bool:
    """Is any job of these queues waiting, about to start, or running? `at` is wall time as a Unix stamp.

    One atomic look, for a job moves from list to list and must not be missed in between. A job whose
    worker was killed counts until its time would have been over.
    """
    looks = cache.pipeline(transaction=True)
    for lane in lanes:
        held = queue(cache, lane)
        looks.llen(held.key)
        looks.llen(held.intermediate_queue_key)
        looks.zcount(held.started_job_registry.key, at, "+inf")
    return any(looks.execute())


def announce(cache: Any, done: str) -> None:
    """Tell whoever waits that a job with its bookkeeping, or a batch of one, is over. Nobody needs to listen."""
    try:
        cache.pipeline().rpush(DONE, done).ltrim(DONE, -100, -1).expire(DONE, 60).execute()
    except RedisError:
        return
