"""Staff confirm that a transfer arrived as its proof shows: it is booked, unless it is in the books already."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from portal.actions import _proving, _proving_asked, _recording, _wires
from portal.actions._recording import Hand
from portal.actions._wires import Part
from portal.banking import proofs
from portal.banking.proof_models import TransferProof
from portal.banking.proof_states import ProofStatus
from portal.banking.receipts import Proof, Wire
from portal.core import business as businesses
from portal.core.actors import Actor
from portal.core.crashes import crash_point
from portal.core.db import transaction
from portal.core.errors import Refused
from portal.core.money import Money
from portal.customers import queries as customers
from portal.customers.models import Customer
from portal.identity import approvals
from portal.invoicing import queries as invoicing
from portal.payments import queries
from portal.payments.models import Payment
from portal.payments.states import PaymentStatus


class NotTheirMoney(Refused):
    """The payment belongs to another customer, or was taken back."""

    code = "not_their_money"


@dataclass(frozen=True, slots=True)
class Arrived:
    """What staff saw in the bank: how much, on which day, in which of our accounts."""

    account_ref: str
    amount: Money
    value_on: date


def accept_proof(proof_ref: str, seen: Arrived, *, looked_at: Collection[str] = (), actor: Actor, at: datetime) -> str:
    """Book what arrived for the proof's invoice; the reference of the payment, or of the request for a second person.

    More than is open goes to the balance. Accepted already: nothing more is booked. Raises NeedsALook where it may be
    booked already, Invalid with the field, AccountNotOpen, MoveRefused for a rejected proof.
    """
    with transaction() as session:
        customer, proof = _locked(session, proof_ref)
        if proof.status is ProofStatus.ACCEPTED and proof.payment_id is not None:
            return session.get_one(Payment, proof.payment_id).ref
        proofs.require_open(proof)
        invoice = invoicing.with_id(session, proof.invoice_id)
        wire = wire_of(proof, seen, invoice.payment_reference)
        hand = Hand(actor, at, businesses.read(session))
        account = _wires.account_for(session, wire, business=hand.business, at=at)
        chosen = _wires.wanted(session, customer, [Part(invoice.ref)], wire.amount.currency)
        _wires.require_looked_at(_wires.questions(session, account, wire, chosen), looked_at)
        if approvals.is_above_set_limit(session, actor, wire.amount):
            return _proving_asked.ask(session, proof, wire, actor=actor, at=at)
        ref = _recording.book(session, account, wire, customer, chosen, hand=hand)
        _proving.accept(session, proof, queries.payment_by_ref(session, ref), actor=actor, at=at)
        crash_point("proof.accepting")
    crash_point("proof.accepted")
    return ref


def accept_proof_as(proof_ref: str, payment_ref: str, *, actor: Actor, at: datetime) -> None:
    """The money of the proof is this payment: one of its customer, or one whose owner nobody knew.

    Accepted already: nothing. Raises NotTheirMoney, MoveRefused for a rejected proof.
    """
    with transaction() as session:
        customer, proof = _locked(session, proof_ref)
        if proof.status is ProofStatus.ACCEPTED:
            return
        proofs.require_open(proof)
        payment = queries.payment_by_ref(session, payment_ref)
        if payment.customer_id is None and payment.status is PaymentStatus.BOOKED:
            invoice = invoicing.with_id(session, proof.invoice_id)
            chosen = _wires.wanted(session, customer, [Part(invoice.ref)], payment.currency)
            _recording.place(session, payment_ref, customer, chosen, hand=Hand(actor, at, businesses.read(session)))
        elif payment.customer_id != customer.id or payment.status is not PaymentStatus.BOOKED:
            raise NotTheirMoney("This payment is another customer's, or was taken back. Nothing was changed.")
        proofs.require_unproved(session, payment.id)
        _proving.accept(session, proof, payment, actor=actor, at=at)


def wire_of(proof: TransferProof, seen: Arrived, reference: str) -> Wire:
    """What is recorded: what staff saw, under the invoice's reference, with the customer's file."""
    shown = Proof(proof.file_name, proof.file_digest, proof.media_type)
    return Wire(seen.account_ref, seen.amount, seen.value_on, reference, proof.payer, proof.note, shown)


def _locked(session: Session, proof_ref: str) -> tuple[Customer, TransferProof]:
    customer = customers.lock(session, proofs.by_ref(session, proof_ref).customer_id)
    return customer, proofs.lock(session, proof_ref)
