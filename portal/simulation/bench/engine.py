"""Renewals through the whole engine, and the same rows by plain SQL, in turns, so that both meet the same machine."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import median

from sqlalchemy import Connection

from portal.actions.charge_invoices import charge_invoices
from portal.actions.plan_billing_run import plan_billing_run
from portal.actions.renew_subscriptions import renew_subscriptions
from portal.core.actors import Actor
from portal.simulation.bench import book, reference

BENCH = Actor.system("bench")
SLICE = 500


@dataclass(frozen=True, slots=True)
class Drive:
    """One pass over what was due: how many, in how much wall time and how much of this process's own."""

    renewed: int
    seconds: float
    cpu_seconds: float

    @property
    def rate(self) -> float:
        return self.renewed / self.seconds


@dataclass(frozen=True, slots=True)
class Comparison:
    """Renewals per second of both, and this process's milliseconds for each renewal of the engine."""

    engine: float
    plain_sql: float
    cpu_ms: float

    @property
    def share(self) -> float:
        return self.engine / self.plain_sql


def compare(connection: Connection, account_id: int, size: int, hours: Iterator[int], turns: int) -> Comparison:
    """Each in `turns` turns of `size` renewals; the first turn of both only warms up."""
    ours, plain = [], []
    for _ in range(turns):
        ours.append(_drive(connection, account_id, size, book.hour(next(hours))))
        plain.append(_plain(connection, size, book.hour(next(hours))))
    return Comparison(_rate(ours), _rate(plain), 1000 * median(one.cpu_seconds / one.renewed for one in _warm(ours)))


def rate(connection: Connection, account_id: int, size: int, hours: Iterator[int], turns: int) -> float:
    """Renewals per second of the engine alone."""
    return _rate([_drive(connection, account_id, size, book.hour(next(hours))) for _ in range(turns)])


def renew(account_id: int, at: datetime) -> int:
    """What one worker does with all that is due at `at`: plan, bill, charge, settle; how many."""
    return work_off(plan(at), account_id, at)


def plan(at: datetime) -> str:
    run = plan_billing_run(None, actor=BENCH, at=at)
    assert run is not None  # nothing holds it, and it is the only one  # noqa: S101
    return run


def work_off(run: str, account_id: int, at: datetime) -> int:
    renewed = 0
    while count := renew_subscriptions(run, limit=SLICE, actor=BENCH, at=at):
        renewed += count
    while charge_invoices(account_id, limit=SLICE, actor=BENCH, at=at):
        pass
    return renewed


def _drive(connection: Connection, account_id: int, size: int, at: datetime) -> Drive:
    book.make_due(connection, size, at)
    started, used = time.perf_counter(), time.process_time()
    renewed = renew(account_id, at)
    return Drive(renewed, time.perf_counter() - started, time.process_time() - used)


def _plain(connection: Connection, size: int, at: datetime) -> Drive:
    book.make_due(connection, size, at)
    started, used = time.perf_counter(), time.process_time()
    renewed = reference.renew(connection, at)
    return Drive(renewed, time.perf_counter() - started, time.process_time() - used)


def _rate(drives: Sequence[Drive]) -> float:
    return median(one.rate for one in _warm(drives))


def _warm(drives: Sequence[Drive]) -> Sequence[Drive]:
    return drives[1:] or drives
