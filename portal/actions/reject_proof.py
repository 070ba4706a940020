"""A proof of transfer does not show what it should; the customer is told why."""

from datetime import datetime

from portal.banking import proofs
from portal.core import audit, outbox, tasks
from portal.core.actors import Actor
from portal.core.db import transaction
from portal.core.errors import Invalid
from portal.customers import queries as customers

LONGEST_REASON = 500


def reject_proof(proof_ref: str, *, reason: str, actor: Actor, at: datetime) -> None:
    """The reason is what the customer reads. Rejected already: nothing. Raises MoveRefused for an accepted one."""
    said = reason.strip()
    if not said or len(said) > LONGEST_REASON:
        raise Invalid("Say why. The customer reads it.", field="reason")
    with transaction() as session:
        customers.lock(session, proofs.by_ref(session, proof_ref).customer_id)
        proof = proofs.lock(session, proof_ref)
        if not proofs.reject(proof, said, by=actor.name, at=at):
            return
        tasks.close_task(session, proofs.TASK, proof.ref, by=actor.name, at=at)
        audit.record(
            session, actor, "proof.rejected", at=at, customer_id=proof.customer_id, subject=proof.ref, reason=said
        )
        outbox.post(session, "proof.rejected", at=at, customer_id=proof.customer_id, proof=proof.ref)
