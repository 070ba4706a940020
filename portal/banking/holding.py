"""How long a debt is left alone while a proof of its transfer waits: nobody is chased for what they say to have sent.

Not for ever: a proof that nobody looks at, or that shows nothing, keeps a debt from being chased for some days only,
counted from the oldest that waits, so that sending another wins no time.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from portal.banking import proofs
from portal.core.business import Business
from portal.core.days import at_hour, day


def held_until(since: datetime, *, zone: str, business: Business) -> datetime:
    """The end of the rest that a proof of the instant `since` gives: a run hour, so that chasing goes on as usual."""
    rests_on = day(since, zone) + timedelta(days=int(business.policy("proof_rest_days")))
    return at_hour(rests_on, business.run_hour, zone)


def held(
    session: Session, invoice_ids: Sequence[int], *, zone: str, business: Business, at: datetime
) -> dict[int, datetime]:
    """Until when each of these invoices of one customer rests; those that do not rest are missing."""
    oldest: dict[int, datetime] = {}
    for proof in proofs.waiting_of(session, invoice_ids):
        oldest.setdefault(proof.invoice_id, proof.submitted_at)
    ends = {invoice: held_until(since, zone=zone, business=business) for invoice, since in oldest.items()}
    return {invoice: end for invoice, end in ends.items() if end > at}
