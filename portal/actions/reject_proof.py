"""A proof of transfer does not show what it should; the customer is told why."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from portal.banking import proofs
from portal.banking.proof_models import TransferProof
from portal.core import audit, outbox, tasks
from portal.core import business as businesses
from portal.core.actors import Actor
from portal.core.days import at_hour, day
from portal.core.db import transaction
from portal.core.errors import Invalid
from portal.customers import queries as customers
from portal.customers.models import Customer
from portal.dunning import cases
from portal.dunning.states import CaseStatus

LONGEST_REASON = 500


def reject_proof(proof_ref: str, *, reason: str, actor: Actor, at: datetime) -> None:
    """The reason is what the customer reads. Rejected already: nothing. Raises MoveRefused for an accepted one."""
    said = reason.strip()
    if not said or len(said) > LONGEST_REASON:
        raise Invalid("Say why. The customer reads it.", field="reason")
    with transaction() as session:
        customer = customers.lock(session, proofs.by_ref(session, proof_ref).customer_id)
        proof = proofs.lock(session, proof_ref)
        if not proofs.reject(proof, said, by=actor.name, at=at):
            return
        _go_on(session, customer, proof, at)
        tasks.close_task(session, proofs.TASK, proof.ref, by=actor.name, at=at)
        audit.record(
            session, actor, "proof.rejected", at=at, customer_id=proof.customer_id, subject=proof.ref, reason=said
        )
        outbox.post(session, "proof.rejected", at=at, customer_id=proof.customer_id, proof=proof.ref)


def _go_on(session: Session, customer: Customer, proof: TransferProof, at: datetime) -> None:
    """What rested because of the proof is looked at again the next morning: today its customer hears of the reason."""
    case = cases.standing_case(session, customer.id, proof.currency)
    if case is None or case.status is not CaseStatus.OPEN or cases.debt_of(session, proof.invoice_id) is None:
        return
    morning = at_hour(day(at, customer.zone) + timedelta(days=1), businesses.read(session).run_hour, customer.zone)
    if case.next_action_at is None or case.next_action_at > morning:
        case.next_action_at = morning
