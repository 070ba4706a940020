"""Papers are printed on first need."""

from jobs.app import drained, job, share
from jobs.queues import Lane
from portal.actions.bind_print_runs import bind_print_runs
from portal.actions.render_documents import render_documents

BATCH = 2  # so that mails with the first papers leave while the next are printed


@job(Lane.DOCUMENTS)
def render_due() -> None:
    """Print the papers that somebody asked for, from the frozen rows.

    Printed again they are the same to the byte, so dying half way costs only the work.
    """
    share()
    if not drained(lambda at: render_documents(limit=BATCH, at=at), BATCH):
        render_due.wake()


@job(Lane.DOCUMENTS)
def bind_due() -> None:
    """Bind the letters of print runs into one file each; until it is there the run stays due."""
    if not drained(lambda at: bind_print_runs(limit=1, at=at)):
        bind_due.wake()
