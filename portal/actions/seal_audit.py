"""Close what was written into the audit trail under a seal."""

from datetime import datetime

from portal.core import audit
from portal.core.db import transaction


def seal_audit(*, at: datetime) -> int:
    """Seal the oldest thousand unsealed entries; returns how many, 0 when all are sealed."""
    with transaction() as session:
        return audit.seal(session, at=at)
