"""Who looks after a case."""

from datetime import datetime

from portal.core import audit
from portal.core.actors import Actor
from portal.core.db import transaction
from portal.core.errors import Invalid
from portal.dunning import cases, queries
from portal.identity.models import User


def claim_case(case_ref: str, owner_id: int | None, *, actor: Actor, at: datetime) -> None:
    """Give the case to a member of staff, or to nobody."""
    with transaction() as session:
        customer, case = queries.lock(session, case_ref)
        owner = session.get(User, owner_id) if owner_id is not None else None
        if owner_id is not None and (owner is None or not owner.is_staff or owner.deactivated_at is not None):
            raise Invalid("A case is looked after by somebody of the staff.", field="owner")
        if case.owner_id == owner_id:
            return
        case.owner_id = owner_id
        text = owner.name if owner is not None else ""
        cases.log(session, case, "owned", actor=actor.name, text=text, step=0, at=at)
        audit.record(
            session, actor, "dunning.owned", at=at, customer_id=customer.id, subject=case.ref, owner_id=owner_id
        )
