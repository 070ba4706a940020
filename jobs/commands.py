"""`flask portal worker` and `flask portal scheduler`: the two processes behind the pages."""

from typing import Any

import click

from jobs import clockwork, scheduler, worker
from jobs.queues import Lane


def add_to(group: Any) -> None:
    """Add the commands to the application's group, which opens its context for them."""
    group.command("worker")(start_worker)
    group.command("scheduler")(start_scheduler)


@click.argument("lanes", metavar="QUEUE…", nargs=-1, required=True, type=click.Choice([str(lane) for lane in Lane]))
@click.option("--burst", is_flag=True, help="End when the queues are empty.")
def start_worker(lanes: tuple[str, ...], burst: bool) -> None:
    """Do the jobs of QUEUE until stopped; TERM lets the current batch finish."""
    worker.work([Lane(lane) for lane in lanes], burst=burst)


def start_scheduler() -> None:
    """Look every second what is due, and wake the workers."""
    scheduler.run(clockwork.drive)
