"""A worker as a process of its own, begun by a process that has imported everything already: it starts at once."""

import multiprocessing
import os
import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from jobs.app import installed
from jobs.queues import Lane
from jobs.worker import work

PATIENCE = 60
_nursery = multiprocessing.get_context("forkserver")
_nursery.set_forkserver_preload(["jobs.schedule", "tests.crashes.doomed", "tests.crashes.warm"])


def was_killed(environ: Mapping[str, str], lane: str) -> bool:
    """Work until the queue is empty, in another process; True if it died of SIGKILL on the way."""
    process = _nursery.Process(target=_work, args=(dict(environ), lane))
    process.start()
    process.join(PATIENCE)
    ended = process.exitcode
    process.kill()
    process.join()
    process.close()
    return ended == -signal.SIGKILL


def _work(environ: dict[str, str], lane: str) -> None:
    os.environ.update(environ)
    with installed():
        work([Lane(lane)], burst=True)


@contextmanager
def working(environ: Mapping[str, str], *lanes: str, count: int = 1) -> Iterator[list[Any]]:
    """So many worker processes that each work until their queue is empty; killed at the end if they are not."""
    workers = [_nursery.Process(target=_work, args=(dict(environ), lane)) for lane in lanes for _ in range(count)]
    for process in workers:
        process.start()
    try:
        yield workers
    finally:
        for process in workers:
            process.kill()
            process.join()
            process.close()
