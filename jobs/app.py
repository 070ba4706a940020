"""@job: what surrounds the work of every job. The one file of jobs that knows Flask."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from datetime import datetime
from functools import lru_cache
from threading import Event
from typing import Any

import redis
from flask import Flask, current_app, has_app_context
from redis.exceptions import RedisError
from rq import get_current_job

from jobs.queues import JOB_TIMEOUT, KEEP_FAILED_SECONDS, Lane, announce, queue
from portal.bare import bare_app, require_no_live_account
from portal.core import clock
from portal.core.audit import cause
from portal.core.business import beat
from portal.core.db import db
from portal.core.logging import log
from portal.core.settings import Settings, SettingsError, current

SLICE_SECONDS = 60.0
POLITE_SECONDS = 3.0
STARTED_SECONDS = 3
WAKE_SECONDS = 60
PATIENCE_SECONDS = 5.0

stopping = Event()
"""Set when this process was asked to stop: slices then end after their batch."""


class Job:
    """A function that a worker runs: called directly it runs here, `enqueue` and `wake` leave it to a worker.

    Arguments are ids. RQ is given the function's name, never an object, and reads JSON.
    """

    def __init__(self, function: Callable[..., None], lane: Lane) -> None:
        self.name = function.__name__
        self.path = f"{function.__module__}.{function.__name__}"
        self.lane = lane
        self.__doc__ = function.__doc__
        self._function = function

    def __call__(self, *args: int) -> None:
        with application().app_context():
            running = get_current_job()
            token = cause.set(f"job:{self.name}:{running.id[:8] if running else 'direct'}")
            begun = _slice.set(Slice(self, self.mark(*args)))
            try:
                self._run(args)
            finally:
                _slice.get().make_room()
                _slice.reset(begun)
                cause.reset(token)

    def wake(self, *args: int) -> bool:
        """Enqueue unless a wake-up is already waiting; True if it was enqueued.

        The mark lasts a minute, in case the queue is emptied, and goes when the job has begun.
        """
        if not connection().set(self.mark(*args), 1, nx=True, ex=WAKE_SECONDS):
            return False
        self._put(args)
        return True

    def enqueue(self, *args: int) -> None:
        """Put it into its queue in any case: for a slot, which is claimed only once."""
        connection().set(self.mark(*args), 1, ex=WAKE_SECONDS)
        self._put(args)

    def mark(self, *args: int) -> str:
        """The key that says a wake-up with these arguments is waiting."""
        return ":".join(["portal:wake", self.name, *map(str, args)])

    def _put(self, args: tuple[int, ...]) -> None:
        queue(connection(), self.lane).enqueue_call(
            self.path, args=args, timeout=JOB_TIMEOUT, result_ttl=0, failure_ttl=KEEP_FAILED_SECONDS
        )

    def _run(self, args: tuple[int, ...]) -> None:
        with suppress(RedisError):
            connection().expire(self.mark(*args), STARTED_SECONDS)
        began, started = clock.wall(), time.monotonic()
        log().info("job started", job=self.name, args=list(args))
        try:
            self._function(*args)
        except Exception:
            log().exception("job failed", job=self.name, seconds=_since(started))
            record_beat(self.name, began, finished=False)
            raise
        record_beat(self.name, began, finished=True)
        log().info("job ended", job=self.name, seconds=_since(started))


class Slice:
    """What one call of a job may take, and the mark of the wake-up that began it."""

    def __init__(self, owner: Job, mark: str) -> None:
        self.lane = owner.lane
        self._began = time.monotonic()
        self._mark = mark

    def make_room(self) -> None:
        """Let the next wake-up come: others may take part, or find what becomes due from now on.

        Not before the first batch, which most often takes all there is. Should we die in it, the mark goes
        by itself a few seconds after the start.
        """
        mark, self._mark = self._mark, ""
        if mark:
            with suppress(RedisError):
                connection().delete(mark)

    def is_over(self) -> bool:
        worked = time.monotonic() - self._began
        if stopping.is_set() or worked >= SLICE_SECONDS:
            return True
        return worked >= POLITE_SECONDS and bool(connection().llen(queue(connection(), self.lane).key))


_slice: ContextVar[Slice] = ContextVar("slice")


def job(lane: Lane) -> Callable[[Callable[..., None]], Job]:
    """Declare a job and the queue it waits in."""
    return lambda function: Job(function, lane)


def slice_is_over() -> bool:
    """Should the job leave the rest to a successor?

    After a minute, when the worker is to stop, and soon when something else waits in the same queue: a
    payment that a customer waits for goes between two slices of a long run.
    """
    return _slice.get().is_over()


def share() -> None:
    """Let other workers take part from the first batch on, where a single row is much work."""
    _slice.get().make_room()
    if current().test_mode:
        announce(connection(), "shared")


def drained(batch: Callable[[datetime], int], full: int = 1) -> bool:
    """Call `batch` with the business time until it is not `full` any more; False if the slice was over before.

    A batch that found fewer rows than it would take left none; whatever is due after all is found by the next look.
    """
    while True:
        handled = batch(now())
        _slice.get().make_room()
        if handled < full:
            return True
        if current().test_mode:
            announce(connection(), "batch")  # whoever drives the clock may let begin what the batch brought about
        if slice_is_over():
            return False


def now() -> datetime:
    """Business time as it is by now, not as it was when the job began. Leaves no transaction open behind it."""
    clock.forget()
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        return clock.read(connection)


def record_beat(name: str, began: datetime, *, finished: bool) -> None:
    """Note when a part last worked."""
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        beat(connection, name, wall_at=began, at=clock.read(connection), finished=finished)


def application() -> Flask:
    """The application of this process: the one whose context is open, else one made from the environment."""
    if has_app_context():
        found: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
        return found
    return _own_application()


def connection() -> Any:
    """The application's connection to Redis; the server is met at its first use."""
    extensions = application().extensions
    if "jobs_redis" not in extensions:
        extensions["jobs_redis"] = connect(PATIENCE_SECONDS)
    return extensions["jobs_redis"]


def connect(patience: float | None) -> Any:
    """A connection of one's own; `patience` in seconds for one answer, None where the caller sets it."""
    url = current().redis_url
    return redis.Redis.from_url(url, socket_timeout=patience, socket_connect_timeout=PATIENCE_SECONDS)


@contextmanager
def installed() -> Iterator[None]:
    """What a program of jobs runs in: the application's context, or one sentence per wrong setting and the end."""
    try:
        own = _own_application()
    except SettingsError as wrong:
        sys.exit("\n".join(wrong.sentences))
    with own.app_context():
        yield


@lru_cache(maxsize=1)
def _own_application() -> Flask:
    settings = Settings.from_env()
    own = bare_app(settings)
    require_no_live_account(own, settings)
    return own


def _since(started: float) -> float:
    return round(time.monotonic() - started, 3)
