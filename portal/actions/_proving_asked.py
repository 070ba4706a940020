"""A second person for a proof of transfer above the limit of whoever confirms it.

Steps and the deed of the table in `decide_approval.py`.
"""

from datetime import datetime

from sqlalchemy.orm import Session

from portal.actions import _placing, _proving, _recording, _wires
from portal.actions._deeds import Change, Content, Deed, nothing_waits
from portal.actions._placing import Wanted
from portal.actions._recording import Hand
from portal.actions._wires import AccountNotOpen, Part
from portal.banking import accounts, proofs
from portal.banking.proof_models import TransferProof
from portal.banking.proof_states import ProofStatus
from portal.banking.receipts import Wire
from portal.core import business as businesses
from portal.core.actors import Actor
from portal.core.errors import Invalid, NotFound
from portal.customers import queries as customers
from portal.identity import approvals
from portal.identity.approvals import Wish
from portal.identity.models import Approval
from portal.invoicing import queries as invoicing
from portal.journal.accounts import JournalEvent, entries
from portal.payments import queries

DEED = "proof.accept"
_GONE = (AccountNotOpen, Invalid, NotFound)


def ask(session: Session, proof: TransferProof, wire: Wire, *, actor: Actor, at: datetime) -> str:
    """Ask for it; the reference of the request. The proof waits until then."""
    facts = {"wire": wire.facts(), "shares": _shares(session, proof, wire)}
    wish = Wish(DEED, proof.ref, proof.customer_id, wire.amount, facts, wire.reference)
    return approvals.ask(session, wish, actor=actor, at=at).ref


def _content(session: Session, approval: Approval) -> Content | None:
    try:
        proof = proofs.by_ref(session, approval.subject)
        wire = Wire.from_facts(approval.facts["wire"])
        account = accounts.by_ref(session, wire.account_ref)
        _wires.require_fit(wire, account, business=businesses.read(session), at=approval.requested_at)
        chosen = _chosen(session, proof, wire)
    except _GONE:
        return None
    if proof.status is not ProofStatus.SUBMITTED:
        return None
    spread, place = _placing.plan(wire.amount, chosen), accounts.place_of(account)
    moves = [entry for _, share in spread.shares for entry in entries(JournalEvent.PAYMENT_BOOKED, share, place)]
    moves += entries(JournalEvent.PAYMENT_OVERPAID, spread.rest, place)
    changes = [
        Change(invoice.label or invoice.ref, invoice.open, invoice.open - min(share, invoice.open))
        for invoice, share in spread.shares
    ]
    facts = {"wire": wire.facts(), "shares": _shares(session, proof, wire)}
    return Content(wire.amount, facts, tuple(moves), tuple(changes))


def _carry_out(session: Session, approval: Approval, actor: Actor, at: datetime) -> None:
    proof = proofs.lock(session, approval.subject)
    wire = Wire.from_facts(approval.facts["wire"])
    customer = customers.with_id(session, proof.customer_id)
    hand = Hand(actor, at, businesses.read(session))
    account = _wires.account_for(session, wire, business=hand.business, at=at)
    ref = _recording.book(session, account, wire, customer, _chosen(session, proof, wire), hand=hand)
    _proving.accept(session, proof, queries.payment_by_ref(session, ref), actor=actor, at=at)


def _shares(session: Session, proof: TransferProof, wire: Wire) -> list[list[object]]:
    spread = _placing.plan(wire.amount, _chosen(session, proof, wire))
    return [[invoice.ref, share.minor] for invoice, share in spread.shares]


def _chosen(session: Session, proof: TransferProof, wire: Wire) -> list[Wanted]:
    customer = customers.with_id(session, proof.customer_id)
    invoice = invoicing.with_id(session, proof.invoice_id)
    return _wires.wanted(session, customer, [Part(invoice.ref)], wire.amount.currency)


ACCEPT_PROOF = Deed(_content, _carry_out, nothing_waits)
