"""Adding a kind of unit credits that plans can grant."""

from datetime import datetime

from sqlalchemy.dialects.postgresql import insert

from portal.catalogue.models import CreditType
from portal.core import audit
from portal.core.actors import Actor
from portal.core.db import transaction
from portal.credits.allocation import CreditTurn


def add_credit_type(code: str, name: str, turn: CreditTurn, *, actor: Actor, at: datetime) -> None:
    """`turn`: whether a new period resets what is left, or adds to it. A code that is there stays as it is."""
    with transaction() as session:
        added = session.scalar(
            insert(CreditType)
            .values(code=code, name=name, turn=turn)
            .on_conflict_do_nothing(index_elements=["code"])
            .returning(CreditType.id)
        )
        if added is not None:
            audit.record(session, actor, "credit_type.added", at=at, subject=code, turn=str(turn))
