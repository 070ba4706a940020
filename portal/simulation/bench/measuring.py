"""All that is measured, one part after another, on a database that nobody else uses."""

import gc
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from statistics import median
from time import perf_counter

from sqlalchemy import Connection, Engine, text
from sqlalchemy.orm import Session

from portal.core.actors import Actor
from portal.core.secrets import vault
from portal.core.settings import current
from portal.gateways import registry
from portal.simulation import company
from portal.simulation.bench import book, engine, intake, papers, plans
from portal.simulation.bench.instant import Instant
from portal.simulation.bench.report import Measure, at_least, at_most, never_above
from portal.subscriptions import due

CHECKOUT = Path(__file__).parents[3]
CLAIMS = 20
ENOUGH_FOR_PLANS = 10_000
FOUNDER = Actor.operator("bench")
_ACCOUNT = text("SELECT id, hook_token FROM gateway_accounts ORDER BY id LIMIT 1")


@dataclass(frozen=True, slots=True)
class Extent:
    """How much is measured: the `sizes` of the book, renewals per turn and turns, how often the rest."""

    sizes: tuple[int, ...]
    turn: int
    turns: int
    growth_turn: int
    growth_turns: int
    times: int


WHOLE = Extent(sizes=(1_000, 10_000, 100_000), turn=500, turns=7, growth_turn=150, growth_turns=5, times=60)
SMALL = Extent(sizes=(500, 2_000), turn=200, turns=3, growth_turn=100, growth_turns=3, times=20)


def measure(database: Engine, extent: Extent, say: Callable[[str], None]) -> list[Measure]:
    """Founds the company, fills the book step by step and measures on the way. Pages: `pages.py`."""
    company.found(gateway_url="https://gateway.invalid", actor=FOUNDER, at=book.FEBRUARY)
    gc.collect()
    gc.freeze()  # as a worker does before its first job
    with database.connect() as connection, registry.replaced(Instant):
        account_id, token = connection.execute(_ACCOUNT).one()
        connection.rollback()
        measures = _renewals(connection, account_id, extent, say)
    say("papers and notices")
    with Session(database) as session:
        measures += _papers(papers.measure(session, extent.times))
    wall, own = intake.measure(token, current().paystack_secret_key, extent.times, at=book.FIRST)
    return [
        *measures,
        at_most("webhook_intake", wall, "ms", 0.5, "wall time for one notice, kept and answered"),
        Measure("webhook_intake_cpu", own, "ms"),
        Measure("webhooks_per_second", 1000 / wall, "1/s", note="one after another, in one process"),
    ]


def _renewals(connection: Connection, account_id: int, extent: Extent, say: Callable[[str], None]) -> list[Measure]:
    """The engine beside plain SQL on a middling book, and the engine alone on every size."""
    hours = count()
    rates: dict[int, float] = {}
    measures: list[Measure] = []
    middle = extent.sizes[len(extent.sizes) // 2]
    for size in extent.sizes:
        say(f"{size} subscriptions")
        book.grow(connection, size, vault=vault())
        rates[size] = engine.rate(connection, account_id, extent.growth_turn, hours, extent.growth_turns)
        if size == middle:
            compared = engine.compare(connection, account_id, extent.turn, hours, extent.turns)
            measures = _compared(compared)
        measures.append(_claim(connection, size, next(hours)))
    smallest = min(rates)
    measures += [
        at_least(f"growth_{size}", rates[size] / rates[smallest], "x", 0.85, f"of the rate with {smallest}")
        for size in extent.sizes
        if size != smallest
    ]
    return [*measures, _generic_plans(connection, account_id, extent, hours)]


def _compared(found: engine.Comparison) -> list[Measure]:
    return [
        Measure("renewals_per_second", found.engine, "1/s", note="claim, price, issue, charge, settle; one worker"),
        Measure("plain_sql_per_second", found.plain_sql, "1/s", note="the same rows, statements of 500"),
        at_least("renewals_share_of_plain_sql", found.share, "x", 0.25),
        at_most("renewal_cpu", found.cpu_ms, "ms", 1.0, "of the worker, for one renewal"),
        at_most("memory", _memory(), "MB", 120, "of the worker, with everything imported"),
    ]


def _memory() -> float:
    """Megabytes that a worker holds when it begins; zero where the system does not tell."""
    if not Path("/proc/self/status").exists():
        return 0.0
    worker = [sys.executable, "-c", "import jobs.worker; print(open('/proc/self/status').read())"]
    told = subprocess.run(worker, cwd=CHECKOUT, check=True, capture_output=True, text=True)  # noqa: S603  (our own)
    return sum(int(line.split()[1]) / 1024 for line in told.stdout.splitlines() if line.startswith("VmRSS"))


def _claim(connection: Connection, size: int, hour: int) -> Measure:
    at = book.hour(hour)
    book.make_due(connection, 100, at)
    took = []
    with Session(connection) as session:
        for _ in range(CLAIMS):
            started = perf_counter()
            due.claim(session, at)
            took.append(1000 * (perf_counter() - started))
            session.rollback()
    return at_most(f"claim_{size}", median(took), "ms", 1.0, "of a hundred customers, wall")


def _generic_plans(connection: Connection, account_id: int, extent: Extent, hours: Iterator[int]) -> Measure:
    at = book.hour(next(hours))
    book.make_due(connection, extent.growth_turn, at)
    run = engine.plan(at)  # counts all that is due, once in a run; what follows is asked again for every batch
    with plans.overheard(connection.engine) as heard:
        engine.work_off(run, account_id, at)
    bad = plans.whole_scans(connection, list(heard), is_large=max(extent.sizes) >= ENOUGH_FOR_PLANS)
    return never_above("generic_plans_that_scan", len(bad), "statements", 0, f"of {len(heard)}. {'; '.join(bad)}")


def _papers(printed: papers.Printed) -> list[Measure]:
    return [
        at_most("pdf_warm", printed.warm_ms, "ms", 50.0, f"CPU, {papers.LINES} lines, {printed.size} bytes"),
        at_most("pdf_first", printed.first_ms, "ms", 500.0, "CPU"),
        never_above("pdf_variants", printed.variants, "files", 1, "the same invoice is the same file each time"),
    ]
