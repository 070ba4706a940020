"""Staff write down what others should know of a customer."""

from datetime import datetime

from portal.core import audit, once
from portal.core.actors import Actor
from portal.core.db import transaction
from portal.core.errors import Invalid
from portal.customers import queries as customers
from portal.customers.models import Note

LONGEST = 2000


def note_on_customer(ref: str, text: str, *, form_key: str = "", actor: Actor, at: datetime) -> None:
    """The note stands for good; the customer never sees it. A second click writes no second one."""
    said = text.strip()
    if not said or len(said) > LONGEST:
        raise Invalid("A note has between 1 and %(most)s characters.", field="text", most=f"{LONGEST:,}")
    with transaction() as session:
        customer = customers.lock(session, customers.by_ref(session, ref).id)
        if once.answered(session, "note", form_key) is not None:
            return
        once.keep(session, "note", form_key, at=at)
        session.add(Note(customer_id=customer.id, author=actor.name, text=said, created_at=at))
        audit.record(session, actor, "customer.noted", at=at, customer_id=customer.id, subject=customer.ref)
