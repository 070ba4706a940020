"""`flask portal worker` and `flask portal scheduler`: this process becomes one of the two behind the pages.

They are programs of their own, so that pages load neither the queue nor what only jobs need.
"""

import os
import sys

import click
from flask.cli import AppGroup

QUEUES = ("money", "news", "messages", "documents")


def register(group: AppGroup) -> None:
    group.command("worker")(worker)
    group.command("scheduler")(scheduler)


@click.argument("queues", metavar="QUEUE…", nargs=-1, required=True, type=click.Choice(QUEUES))
@click.option("--burst", is_flag=True, help="End when the queues are empty.")
def worker(queues: tuple[str, ...], burst: bool) -> None:
    """Do the jobs of QUEUE until stopped; TERM lets the current batch finish."""
    _become("jobs.worker", *queues, *(["--burst"] if burst else []))


def scheduler() -> None:
    """Look every second what is due, and wake the workers."""
    _become("jobs.watch")


def _become(module: str, *words: str) -> None:
    os.execv(sys.executable, [sys.executable, "-m", module, *words])  # noqa: S606 - our own interpreter and module
