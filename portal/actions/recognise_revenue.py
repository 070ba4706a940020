"""Revenue is what has been served: month by month, by days of service."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from portal.core import audit
from portal.core import business as businesses
from portal.core.actors import Actor
from portal.core.days import day
from portal.core.db import transaction
from portal.invoicing import earning
from portal.invoicing.earning import Unearned
from portal.journal import posting
from portal.journal.accounts import recognised


def recognise_revenue(*, limit: int, actor: Actor, at: datetime) -> int:
    """Post what was earned before the business's day, for about `limit` lines in lists; how many. 0: none is left.

    Each line and month is posted once, on its last day of service, or on the day of issue where that came later.
    What was voided is not earned, and of what was credited only what was left.
    """
    done = 0
    while done < limit:
        with transaction() as session:
            today = day(at, businesses.read(session).zone)
            claimed = earning.claim(session, today)
            if not claimed:
                break
            done += _post(session, earning.due(session, claimed, today), today, actor=actor, at=at)
    return done


def _post(session: Session, lines: Sequence[Unearned], today: date, *, actor: Actor, at: datetime) -> int:
    rows: list[dict[str, Any]] = []
    for line in lines:
        for part in earning.earned(line, today):
            moved = recognised(line.line_id, part.amount)
            rows += posting.rows(
                moved, on=part.posted_on, at=at, customer_id=line.customer_id, document=line.invoice_ref
            )
    posting.post_rows(session, rows)
    earning.advance(session, lines, today)
    if rows:
        audit.record(session, actor, "revenue.recognised", at=at, lines=len(lines), entries=len(rows))
    return len(lines)
