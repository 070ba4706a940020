"""Printing one invoice of twelve lines, warm, again and again: how long, and the same bytes each time?"""

import time
from dataclasses import dataclass
from hashlib import sha256
from statistics import median

from sqlalchemy import text
from sqlalchemy.orm import Session

from portal.invoicing.documents import pdf_of
from portal.notifications.papers import html_for

LINES = 12
_SUBJECT = text("SELECT ref, id FROM invoices WHERE label LIKE 'INV%' ORDER BY id LIMIT 1")
_MORE_LINES = text(
    """
    INSERT INTO invoice_lines (invoice_id, position, kind, text, quantity, unit_minor, amount_minor, from_on, until_on,
                               derivation)
    SELECT invoice_id, 100 + n, kind, text, quantity, unit_minor, amount_minor, from_on, until_on, derivation
      FROM invoice_lines, generate_series(2, :lines) n WHERE invoice_id = :id AND kind = 'plan'
    """
)


@dataclass(frozen=True, slots=True)
class Printed:
    """Milliseconds of this process, and how many different files came out."""

    first_ms: float
    warm_ms: float
    size: int
    variants: int


def measure(session: Session, times: int) -> Printed:
    """Prints an invoice of the book that was given more lines; nothing of that is committed."""
    subject, invoice_id = session.execute(_SUBJECT).one()
    session.execute(_MORE_LINES, {"id": invoice_id, "lines": LINES})
    took, digests, size = [], set(), 0
    for _ in range(times):
        started = time.process_time()
        written = pdf_of(html_for(session, subject, "en"), identifier=subject)
        took.append(1000 * (time.process_time() - started))
        digests.add(sha256(written).digest())
        size = len(written)
    session.rollback()
    return Printed(took[0], median(took[1:]), size, len(digests))
