"""The scheduler's process, `python -m jobs.watch`: looks every second, and drives the clock when it is to move."""

import signal
from threading import Event
from types import FrameType

import psycopg
from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError

from jobs.app import installed
from jobs.clockwork import drive
from jobs.scheduler import Scheduler
from portal.actions.advance_clock import BELL
from portal.core.bells import listening
from portal.core.db import db
from portal.core.logging import log

LOOK_SECONDS = 1.0


def watch() -> None:
    """Look every second until TERM or INT.

    A database or Redis that is away is waited for: nothing is lost, for all that is due is found again.
    """
    stop, scheduler = Event(), Scheduler()

    def ask_to_stop(_signal: int, _frame: FrameType | None) -> None:
        stop.set()

    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, ask_to_stop)
    log().info("scheduler started")
    while not stop.is_set():
        try:
            with listening(BELL) as wait:
                while not stop.is_set():
                    _look(scheduler, stop)
                    wait(LOOK_SECONDS)
        except (RedisError, SQLAlchemyError, psycopg.Error, OSError) as error:
            log().warning("scheduler waits", error=str(error))
            db.session.remove()
            stop.wait(LOOK_SECONDS)
    log().info("scheduler stopped")


def _look(scheduler: Scheduler, stop: Event) -> None:
    scheduler.beat()
    if scheduler.dispatch().target_at is not None:
        drive(scheduler, stop)


if __name__ == "__main__":
    with installed():
        watch()
