"""How the house is: every part that must work, looked at now, as values for a page or a probe."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import redis
from redis.exceptions import RedisError
from sqlalchemy import Select, bindparam, func, select, text, true
from sqlalchemy.orm import Session

from portal.core.business import Heartbeat, Switch, VirtualClock
from portal.notifications.models import Message
from portal.notifications.states import MessageStatus
from portal.runs.models import BillingRun

QUEUES = ("money", "news", "messages", "documents")
SCHEDULER_ASLEEP = timedelta(seconds=30)
LATE = timedelta(minutes=10)
FULL = 0.9
PATIENCE_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Beat:
    """When a part last began and last finished, in wall time, and which business time it was."""

    name: str
    beat_at: datetime
    finished_at: datetime | None
    business_at: datetime


@dataclass(frozen=True, slots=True)
class QueueState:
    name: str
    waiting: int
    running: int
    failed: int
    workers: int


@dataclass(frozen=True, slots=True)
class RedisState:
    """`error` is empty when it answers; the queues are then all there."""

    error: str
    version: str = ""
    memory_bytes: int = 0
    queues: tuple[QueueState, ...] = ()


@dataclass(frozen=True, slots=True)
class DatabaseState:
    version: str
    size_bytes: int
    connections: int


@dataclass(frozen=True, slots=True)
class MailState:
    """`late`: mails whose time came more than ten minutes ago and that were not sent."""

    waiting: int
    late: int
    failed_lately: int
    last_sent_at: datetime | None


@dataclass(frozen=True, slots=True)
class DiskState:
    total_bytes: int
    free_bytes: int

    @property
    def used_share(self) -> float:
        return 1 - self.free_bytes / self.total_bytes


@dataclass(frozen=True, slots=True)
class ClockState:
    frozen_at: datetime | None
    shift_seconds: int
    target_at: datetime | None


@dataclass(frozen=True, slots=True)
class LastRun:
    ref: str
    status: str
    as_of: datetime
    finished_at: datetime | None


@dataclass(frozen=True, slots=True)
class SwitchState:
    name: str
    is_on: bool
    reason: str


@dataclass(frozen=True, slots=True)
class Health:
    """All parts at one instant of business time (`at`) and wall time."""

    at: datetime
    wall_at: datetime
    database: DatabaseState
    redis: RedisState
    mail: MailState
    disk: DiskState
    clock: ClockState
    last_run: LastRun | None
    beats: tuple[Beat, ...]
    switches: tuple[SwitchState, ...]

    @property
    def scheduler_is_awake(self) -> bool:
        seen = next((beat.beat_at for beat in self.beats if beat.name == "scheduler"), None)
        return seen is not None and self.wall_at - seen <= SCHEDULER_ASLEEP

    @property
    def idle_queues(self) -> tuple[str, ...]:
        """Queues that nobody works on."""
        return tuple(queue.name for queue in self.redis.queues if not queue.workers)

    @property
    def is_well(self) -> bool:
        answers = not self.redis.error and not self.idle_queues and self.scheduler_is_awake
        return answers and not self.mail.late and self.disk.used_share < FULL


def look(session: Session, *, redis_url: str, files_dir: str, at: datetime, wall_at: datetime) -> Health:
    """Every part, now. Only the database must answer; a Redis that is away is part of the answer."""
    clock, last_run = _clock_and_run(session)
    database, mail = _database_and_mail(session, at)
    return Health(
        at=at,
        wall_at=wall_at,
        database=database,
        redis=_redis(redis_url, wall_at),
        mail=mail,
        disk=_disk(files_dir),
        clock=clock,
        last_run=last_run,
        beats=tuple(Beat(*row) for row in session.execute(_BEATS)),
        switches=tuple(SwitchState(*row) for row in session.execute(_SWITCHES)),
    )


def _redis(url: str, wall_at: datetime) -> RedisState:
    cache: Any = redis.Redis.from_url(url, socket_timeout=PATIENCE_SECONDS, socket_connect_timeout=PATIENCE_SECONDS)
    try:
        server, memory, *found = _found_there(cache, wall_at)
        queues = tuple(_queue(cache, name, found[4 * place : 4 * place + 4]) for place, name in enumerate(QUEUES))
        return RedisState("", str(server["redis_version"]), int(memory["used_memory"]), queues)
    except RedisError as error:
        return RedisState(str(error) or type(error).__name__)
    finally:
        cache.close()


def _found_there(cache: Any, wall_at: datetime) -> list[Any]:
    """Two parts of what Redis says of itself, then of each queue as RQ keeps it: a list that waits, two sorted sets,
    and the workers' keys. In one round trip."""
    looks = cache.pipeline(transaction=False)
    looks.info("server")
    looks.info("memory")
    for name in QUEUES:
        looks.llen(f"rq:queue:{name}")
        looks.zcount(f"rq:wip:{name}", wall_at.timestamp(), "+inf")
        looks.zcard(f"rq:failed:{name}")
        looks.smembers(f"rq:workers:{name}")
    return list(looks.execute())


def _queue(cache: Any, name: str, found: Sequence[Any]) -> QueueState:
    """The keys of workers vanish when they die."""
    waiting, running, failed, workers = found
    alive = cache.exists(*workers) if workers else 0
    return QueueState(name, waiting, running, failed, alive)


def _database_and_mail(session: Session, at: datetime) -> tuple[DatabaseState, MailState]:
    """Both in one statement."""
    row = session.execute(_DATABASE_AND_MAIL, {"day_ago": at - timedelta(days=1), "late": at - LATE}).one()
    return DatabaseState(*row[:3]), MailState(*row[3:])


def _disk(files_dir: str) -> DiskState:
    """Of the nearest folder that exists: the files' own is made when the first is written."""
    place = Path(files_dir).absolute()
    usage = shutil.disk_usage(next(folder for folder in (place, *place.parents) if folder.exists()))
    return DiskState(usage.total, usage.free)


def _clock_and_run(session: Session) -> tuple[ClockState, LastRun | None]:
    """Both in one statement."""
    row = session.execute(_CLOCK_AND_RUN).first()
    if row is None:
        return ClockState(None, 0, None), None
    return ClockState(*row[:3]), LastRun(*row[3:]) if row.ref else None


def _in_one() -> Select[*tuple[Any, ...]]:
    count = select(func.count()).select_from(Message)
    waits = count.where(Message.next_action_at.is_not(None))
    failed = count.where(Message.status == MessageStatus.FAILED, Message.created_at > bindparam("day_ago"))
    newest = select(Message.sent_at).where(Message.sent_at.is_not(None)).order_by(Message.id.desc()).limit(1)
    return select(
        func.current_setting("server_version"),
        func.pg_database_size(func.current_database()),
        text("(SELECT count(*) FROM pg_stat_activity WHERE datname = current_database())"),
        waits.scalar_subquery(),
        waits.where(Message.next_action_at < bindparam("late")).scalar_subquery(),
        failed.scalar_subquery(),
        newest.scalar_subquery(),
    )


_DATABASE_AND_MAIL = _in_one()
_CLOCK_AND_RUN = (
    select(VirtualClock.frozen_at, VirtualClock.shift_seconds, VirtualClock.target_at)
    .add_columns(BillingRun.ref, BillingRun.status, BillingRun.as_of, BillingRun.finished_at)
    .outerjoin(BillingRun, true())
    .order_by(BillingRun.id.desc())
    .limit(1)
)
_BEATS = select(Heartbeat.name, Heartbeat.beat_at, Heartbeat.finished_at, Heartbeat.business_at).order_by(
    Heartbeat.name
)
_SWITCHES = select(Switch.name, Switch.is_on, Switch.reason).order_by(Switch.name)
