"""A worker process, `python -m jobs.worker`: takes jobs of its queue one after another, without forking."""

import argparse
import gc
import time
from typing import Any

from redis.exceptions import RedisError
from rq import SimpleWorker, worker_registration
from rq.serializers import JSONSerializer

from jobs.app import connect, installed, stopping
from jobs.queues import Lane, announce, queue
from portal.core.logging import log

WORKER_TTL = 30
MAINTENANCE_SECONDS = 30
RESTART_SECONDS = 1.0
FEWER_COLLECTIONS = (20_000, 20, 50)  # a batch makes many rows that are garbage together when it ends


class SliceWorker(SimpleWorker):
    """Tells those who wait when a job is over; a stop also ends the slice, not only the worker."""

    log_result_lifespan = False
    max_connection_wait_time = 5.0

    def execute_job(self, job: Any, queue: Any) -> None:
        super().execute_job(job, queue)
        announce(self.connection, job.id)

    def run_maintenance_tasks(self) -> None:
        """Known again after Redis was emptied, so that nobody takes a living worker for dead."""
        worker_registration.register(self)
        super().run_maintenance_tasks()  # type: ignore[no-untyped-call]

    def request_stop(self, signum: Any, frame: Any) -> None:
        stopping.set()
        try:
            super().request_stop(signum, frame)  # type: ignore[no-untyped-call]
        except RedisError as error:
            raise SystemExit(0) from error


def make_worker(*lanes: Lane) -> SliceWorker:
    """With one queue a job is moved, not popped, so a kill while taking it does not lose it."""
    cache = connect(None)
    return SliceWorker(
        [queue(cache, lane) for lane in lanes],
        connection=cache,
        serializer=JSONSerializer,
        worker_ttl=WORKER_TTL,
        maintenance_interval=MAINTENANCE_SECONDS,
        log_job_description=False,
    )


def work(lanes: list[Lane], *, burst: bool) -> None:
    """Work until stopped by a signal; begin again when Redis was away. `burst`: until the queues are empty."""
    stopping.clear()
    gc.freeze()  # what was imported lives as long as the process: the collector need not walk it again and again
    gc.set_threshold(*FEWER_COLLECTIONS)
    log().info("worker started", queues=[str(lane) for lane in lanes])
    while True:
        try:
            make_worker(*lanes).work(burst=burst, logging_level="WARNING")
        except RedisError as error:
            log().warning("worker lost Redis", error=str(error))
        if burst or stopping.is_set():
            break
        time.sleep(RESTART_SECONDS)
    log().info("worker stopped", queues=[str(lane) for lane in lanes])


def main() -> None:
    parser = argparse.ArgumentParser(prog="worker", description="Do the jobs of some queues until stopped.")
    parser.add_argument("lanes", metavar="QUEUE", nargs="+", type=Lane, choices=list(Lane))
    parser.add_argument("--burst", action="store_true", help="end when the queues are empty")
    wanted = parser.parse_args()
    with installed():
        work(wanted.lanes, burst=wanted.burst)


if __name__ == "__main__":
    main()
