"""What a person heard or thought about a case, kept on its time line."""

from datetime import datetime

from portal.core import audit
from portal.core.actors import Actor
from portal.core.db import transaction
from portal.core.errors import Invalid
from portal.dunning import cases, queries

LONGEST = 2000


def note_on_case(case_ref: str, text: str, *, is_call: bool = False, actor: Actor, at: datetime) -> None:
    """Write a note, or log a call. Closed cases take notes too."""
    text = text.strip()
    if not text or len(text) > LONGEST:
        raise Invalid("A note has between 1 and %(most)s characters.", field="text", most=LONGEST)
    with transaction() as session:
        customer, case = queries.lock(session, case_ref)
        kind = "call" if is_call else "note"
        cases.log(session, case, kind, actor=actor.name, text=text, step=0, at=at)
        audit.record(session, actor, f"dunning.{kind}_logged", at=at, customer_id=customer.id, subject=case.ref)
