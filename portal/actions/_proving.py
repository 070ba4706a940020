"""A proof of transfer turns out to be true: it is this payment. Steps; the caller holds the customer's lock."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from portal.banking import proofs
from portal.banking.proof_models import TransferProof
from portal.core import audit, outbox, tasks
from portal.core.actors import Actor
from portal.invoicing.models import Invoice
from portal.payments.models import Payment


def accept(session: Session, proof: TransferProof, payment: Payment, *, actor: Actor, at: datetime) -> bool:
    """Note it, end the task, and tell the customer. Accepted already: False."""
    if not proofs.accept(proof, payment.id, by=actor.name, at=at):
        return False
    tasks.close_task(session, proofs.TASK, proof.ref, by=actor.name, at=at)
    audit.record(
        session, actor, "proof.accepted", at=at, customer_id=proof.customer_id, subject=proof.ref, payment=payment.ref
    )
    outbox.post(session, "proof.accepted", at=at, customer_id=proof.customer_id, proof=proof.ref)
    return True


def accept_what_is_shown(
    session: Session, payment: Payment, invoices: Sequence[Invoice], *, actor: Actor, at: datetime
) -> None:
    """Money came by itself for which somebody had sent a proof: the oldest one of its amount is that money's."""
    for proof in proofs.waiting_of(session, [invoice.id for invoice in invoices]):
        if proof.amount == payment.amount:
            accept(session, proof, payment, actor=actor, at=at)
            return
