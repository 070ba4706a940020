"""A customer shows by a file that an invoice was paid by transfer. Nothing is booked: a person looks at it."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from portal.banking import proofs
from portal.banking.proof_files import proof_store
from portal.banking.proof_models import TransferProof
from portal.banking.proof_states import ProofStatus
from portal.banking.uploads import Checked, checked
from portal.core import audit, tasks
from portal.core.actors import Actor
from portal.core.crashes import crash_point
from portal.core.days import day
from portal.core.db import transaction
from portal.core.errors import Invalid, Refused
from portal.core.ids import public_ref
from portal.core.money import Money
from portal.customers.models import Customer
from portal.invoicing import queries as invoicing
from portal.invoicing.models import Invoice
from portal.invoicing.states import InvoiceStatus

LONGEST_PAYER = 140
LONGEST_NOTE = 500
OLDEST = timedelta(days=366)


class NothingToPay(Refused):
    """Nothing is open on the invoice, so there is nothing to show."""

    code = "nothing_to_pay"


class TooManyProofs(Refused):
    """So many proofs of the invoice wait already that a person should look first."""

    code = "too_many_proofs"


@dataclass(frozen=True, slots=True)
class Claim:
    """What the customer says to have sent."""

    amount: Money
    paid_on: date
    payer: str = ""
    note: str = ""


def submit_proof(invoice_ref: str, sent: bytes, claim: Claim, *, actor: Actor, at: datetime) -> str:
    """Keep the file and ask a person to look; the proof's reference. The same file again: the proof that is there.

    Whoever may pay the invoice may call it: the caller has looked. Raises UploadRefused, Invalid with the field,
    NothingToPay, TooManyProofs.
    """
    file = checked(sent)
    store = proof_store()
    name = store.put(file.content)
    kept = False
    try:
        with transaction() as session:
            customer, invoice = invoicing.lock(session, invoice_ref)
            there = proofs.same_file(session, invoice.id, file.digest)
            if there is not None:
                return there.ref
            _require_sound(session, invoice, claim, today=day(at, customer.zone))
            proof = _row(customer, invoice, claim, file, name, actor, at)
            session.add(proof)
            _tell(session, proof, invoice, actor, at)
            crash_point("proof.submitting")
        kept = True
    finally:
        if not kept:
            store.remove(name)
    return proof.ref


def _require_sound(session: Session, invoice: Invoice, claim: Claim, *, today: date) -> None:
    if invoice.status is not InvoiceStatus.ISSUED or invoice.open_minor <= 0:
        raise NothingToPay("Nothing is left to pay on this invoice. Nothing was sent.")
    if claim.amount.currency != invoice.currency or not claim.amount.is_positive:
        raise Invalid("Write how much you sent.", field="amount")
    if not today - OLDEST <= claim.paid_on <= today:
        raise Invalid("Choose the day on which you sent it, at the latest today.", field="paid_on")
    for field, text, most in (("payer", claim.payer, LONGEST_PAYER), ("note", claim.note, LONGEST_NOTE)):
        if len(text) > most:
            raise Invalid("At most %(most)s characters.", field=field, most=most)
    if len(proofs.waiting_of(session, [invoice.id])) >= proofs.MOST_OPEN:
        raise TooManyProofs("Several proofs of this invoice wait already. We look at them first.")


def _row(
    customer: Customer, invoice: Invoice, claim: Claim, file: Checked, name: str, actor: Actor, at: datetime
) -> TransferProof:
    return TransferProof(
        ref=public_ref("tp"),
        customer_id=customer.id,
        invoice_id=invoice.id,
        status=ProofStatus.SUBMITTED,
        amount_minor=claim.amount.minor,
        currency=claim.amount.currency,
        paid_on=claim.paid_on,
        payer=claim.payer,
        note=claim.note,
        file_name=name,
        file_digest=file.digest,
        media_type=file.media_type,
        size=len(file.content),
        submitted_by=actor.name,
        submitted_on=day(at, customer.zone),
        submitted_at=at,
        reason="",
        decided_by="",
    )


def _tell(session: Session, proof: TransferProof, invoice: Invoice, actor: Actor, at: datetime) -> None:
    tasks.open_task(
        session, proofs.TASK, proof.ref, at=at, customer_id=proof.customer_id,
        rest_minor=proof.amount_minor, currency=proof.currency,
    )  # fmt: skip
    audit.record(
        session, actor, "proof.submitted", at=at, customer_id=proof.customer_id, subject=proof.ref, invoice=invoice.ref,
        amount_minor=proof.amount_minor, currency=proof.currency,
    )  # fmt: skip
