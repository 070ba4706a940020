"""Proving the books while the house runs: what does not hold becomes somebody's task."""

from datetime import datetime, timedelta

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from portal.book.proofs import Verdict, prove
from portal.core import tasks
from portal.core.business import Heartbeat
from portal.core.db import db, transaction
from portal.core.logging import log

KIND = "invariant_broken"
OVERLAP = timedelta(minutes=15)


def prove_books(*, since_beat_of: str = "", at: datetime) -> int:
    """Ask every invariant of everything, or of what changed since that part last beat; how many are broken.

    A broken one opens a task with some of the rows, one that holds again closes it: only asking of everything can
    tell that.
    """
    with Session(db.engine) as session:
        session.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"))
        since = _last_beat(session, since_beat_of) if since_beat_of else None
        verdicts = prove(session, at=at, since=since)
    with transaction() as session:
        for verdict in verdicts:
            _tell(session, verdict, is_whole=since is None, at=at)
    return sum(not verdict.ok for verdict in verdicts)


def _last_beat(session: Session, part: str) -> datetime | None:
    beat_at = session.scalar(select(Heartbeat.business_at).where(Heartbeat.name == part))
    return None if beat_at is None else beat_at - OVERLAP


def _tell(session: Session, verdict: Verdict, *, is_whole: bool, at: datetime) -> None:
    if not verdict.ok:
        rows = verdict.as_json["rows"][:3]
        log().error("invariant broken", invariant=verdict.name, rows=rows)
        tasks.open_task(session, KIND, verdict.name, at=at, sentence=verdict.sentence, rows=rows)
    elif is_whole:
        tasks.close_task(session, KIND, verdict.name, by="proof", at=at)
