"""Statements of the bank are taken in, and their lines matched."""

from jobs.app import drained, job
from jobs.queues import Lane
from portal.actions.import_lines import import_lines
from portal.actions.match_lines import match_lines
from portal.core.actors import Actor

BANK = Actor.system("bank statement")
ROWS = 500
LINES = 20


@job(Lane.NEWS)
def import_due() -> None:
    """Take the lines of the statements that were begun.

    A batch commits its lines with its place in the file, so dying half way goes on at the next row.
    """
    if not drained(lambda at: import_lines(limit=ROWS, actor=BANK, at=at), ROWS):
        import_due.wake()


@job(Lane.NEWS)
def match_due() -> None:
    """Make a payment of each line that came in, of its invoice where there is no doubt.

    Each line is a transaction of its own; one that was booked is not looked at again.
    """
    if not drained(lambda at: match_lines(limit=LINES, actor=BANK, at=at), LINES):
        match_due.wake()
