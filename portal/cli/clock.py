"""`flask portal clock`: show business time, or move it in a test installation."""

import re
import time
from datetime import UTC, datetime, timedelta

import click
from flask.cli import AppGroup
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.actions.advance_clock import advance_clock
from portal.core import clock
from portal.core.actors import Actor
from portal.core.business import Heartbeat, VirtualClock
from portal.core.db import db
from portal.core.errors import PortalError
from portal.core.tasks import Task

UNITS = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}
POLL_SECONDS = 0.25
ASLEEP = timedelta(seconds=30)


def register(group: AppGroup) -> None:
    group.command("clock")(show_or_move)


@click.option("--advance", help="Go forward by so many hours, days or weeks: 12h, 30d, 4w.")
@click.option(
    "--to", help="Go forward to an instant: 2027-03-01 or 2027-03-01T06:00:00+01:00 (UTC if no zone is given)."
)
@click.option("--freeze", help="Stand still at an instant (or `now`), after going there.")
@click.option("--run", "runs", is_flag=True, help="Let a standing clock run again.")
@click.option("--no-wait", is_flag=True, help="Do not wait until it is there.")
def show_or_move(advance: str | None, to: str | None, freeze: str | None, runs: bool, no_wait: bool) -> None:
    """Show business time; in test mode move it forward from due time to due time, doing all work on the way."""
    if sum(map(bool, (advance, to, freeze, runs))) > 1:
        raise click.UsageError("Only one of --advance, --to, --freeze and --run at a time.")
    now = clock.now()
    if not (advance or to or freeze or runs):
        click.echo(_described())
        return
    target = _target(now, advance, to or (freeze if freeze != "now" else None))
    stands = True if freeze else False if runs else None
    try:
        advance_clock(target, stands=stands, actor=_operator(), at=now, wall_at=clock.wall())
    except PortalError as error:
        raise click.ClickException(error.message) from error
    if target and not no_wait:
        _wait_for(target, now)
    click.echo(_described())


def _operator() -> Actor:
    return Actor.operator("command line")


def _target(now: datetime, advance: str | None, instant: str | None) -> datetime | None:
    if advance:
        found = re.fullmatch(r"(\d{1,5})([hdw])", advance.strip())
        if not found:
            raise click.UsageError("--advance takes a number and h, d or w: 12h, 30d, 4w.")
        return now + int(found[1]) * UNITS[found[2]]
    if not instant:
        return None
    try:
        read = datetime.fromisoformat(instant)
    except ValueError as error:
        raise click.UsageError(f"{instant!r} is not an instant like 2027-03-01T06:00:00+01:00.") from error
    return read if read.tzinfo else read.replace(tzinfo=UTC)


def _wait_for(target: datetime, began: datetime) -> None:
    """Until the scheduler has brought the clock there; ends with an error if it cannot."""
    whole = max((target - began).total_seconds(), 1.0)
    while (seen := _row()).target_at is not None:
        _require_scheduler()
        shown = clock.shown(seen.frozen_at, seen.shift_seconds, clock.wall())
        share = min(max((shown - began).total_seconds() / whole, 0.0), 1.0)
        click.echo(f"\r{shown:%Y-%m-%d %H:%M}  {share:4.0%}", nl=False, err=True)
        time.sleep(POLL_SECONDS)
    click.echo("\r", nl=False, err=True)
    if clock.shown(seen.frozen_at, seen.shift_seconds, clock.wall()) < target:
        raise click.ClickException(f"The clock stopped before its target. {_why_stuck()}")


def _row() -> VirtualClock:
    with Session(db.engine) as session:
        return session.scalars(select(VirtualClock).where(VirtualClock.id == 1)).one()


def _require_scheduler() -> None:
    with Session(db.engine) as session:
        seen = session.scalar(select(Heartbeat.beat_at).where(Heartbeat.name == "scheduler"))
    if seen is None or clock.wall() - seen > ASLEEP:
        raise click.ClickException(
            "No scheduler is running: start `flask --app wsgi portal scheduler` and its workers."
        )


def _why_stuck() -> str:
    with Session(db.engine) as session:
        open_one = select(Task).where(Task.kind == "clock_stuck", Task.closed_at.is_(None))
        task = session.scalars(open_one).first()
    return "These rows stay due: " + "; ".join(task.facts["rows"]) if task else "Somebody set another target."


def _described() -> str:
    clock.forget()
    row = _row()
    if row.frozen_at is None and row.shift_seconds == 0:
        words = "runs as the real one"
    else:
        side = "behind" if row.shift_seconds < 0 else "ahead"
        words = "stands still" if row.frozen_at else f"runs {timedelta(seconds=abs(row.shift_seconds))} {side}"
    return f"{clock.now().isoformat(timespec='seconds')}  {words}" + (
        f", on its way to {row.target_at.isoformat(timespec='seconds')}" if row.target_at else ""
    )
