"""Take a plan off sale."""

from datetime import datetime

from portal.catalogue import queries as catalogue
from portal.core import audit
from portal.core.actors import Actor
from portal.core.db import transaction


def retire_plan(plan_ref: str, *, actor: Actor, at: datetime) -> None:
    """Nobody can choose it any more; whoever has it keeps it and is renewed. Retired already: nothing."""
    with transaction() as session:
        plan = catalogue.lock_plan(session, plan_ref)
        if plan.archived_at is not None:
            return
        plan.archived_at = at
        audit.record(session, actor, "plan.retired", at=at, subject=plan.ref, name=plan.name)
