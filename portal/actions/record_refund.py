"""Staff record that a refund was transferred by hand, with what proves it."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.actions import _refund_asking, _refunding
from portal.banking import accounts
from portal.banking.models import BankAccount
from portal.banking.proof_files import proof_store
from portal.banking.uploads import Checked, checked
from portal.core import business as businesses
from portal.core.actors import Actor
from portal.core.days import day
from portal.core.db import transaction
from portal.core.errors import Invalid, Refused
from portal.payments import refunds
from portal.payments.models import Payment
from portal.payments.refund_models import Refund
from portal.payments.refund_states import RefundEvent, RefundStatus, RefundWay

LONGEST_REFERENCE = 40


@dataclass(frozen=True, slots=True)
class Transferred:
    """`account_ref`: the bank account of ours it left. `proof`: the bytes of a PDF or picture, as uploaded."""

    account_ref: str
    reference: str
    on: date
    proof: bytes


class NotByHand(Refused):
    """The gateway carries this refund, or it waits for nobody's transfer."""

    code = "refund_not_by_hand"


class ProofUsed(Refused):
    """The same file proves another refund already."""

    code = "refund_proof_used"


def record_refund(refund_ref: str, done: Transferred, *, actor: Actor, at: datetime) -> None:
    """The money left our bank account. Recorded already: nothing. Raises NotByHand, ProofUsed, Invalid."""
    proof = checked(done.proof)
    if not 1 <= len(done.reference.strip()) <= LONGEST_REFERENCE:
        raise Invalid(
            "Give the bank's reference, at most %(most)s characters.", field="reference", most=LONGEST_REFERENCE
        )
    name = proof_store().put(proof.content)
    try:
        is_kept = _record(refund_ref, done, proof, name, actor=actor, at=at)
    except BaseException:
        proof_store().remove(name)
        raise
    if not is_kept:
        proof_store().remove(name)


def _record(refund_ref: str, done: Transferred, proof: Checked, name: str, *, actor: Actor, at: datetime) -> bool:
    with transaction() as session:
        refund = _refund_asking.locked(session, refunds.by_ref(session, refund_ref).id)
        if refund.way is not RefundWay.BY_HAND:
            raise NotByHand("The gateway carries this refund. Nothing was changed.")
        if refund.status is RefundStatus.SUCCEEDED:
            return False
        account = _account(session, refund, done.account_ref)
        _require_sound(session, refund, done, proof, at)
        refund.evidence = {
            "account": account.ref,
            "account_name": account.name,
            "reference": done.reference.strip(),
            "on": done.on.isoformat(),
            "proof_name": name,
            "proof_digest": proof.digest,
            "proof_type": proof.media_type,
            "by": actor.name,
        }
        refunds.move(refund, RefundEvent.SUCCEEDED, at=at)
        refund.sent_at = at
        session.flush()
        _refunding.succeed(session, refund, accounts.place_of(account), actor=actor, at=at)
        return True


def _account(session: Session, refund: Refund, ref: str) -> BankAccount:
    account = next((one for one in accounts.open_ones(session, refund.currency) if one.ref == ref), None)
    if account is None:
        raise Invalid("Choose one of our bank accounts in the currency of the refund.", field="account")
    return account


def _require_sound(session: Session, refund: Refund, done: Transferred, proof: Checked, at: datetime) -> None:
    if refund.status is not RefundStatus.APPROVED:
        raise NotByHand("This refund waits for nobody's transfer. Nothing was changed.")
    payment = session.get_one(Payment, refund.payment_id)
    if not payment.received_on <= done.on <= day(at, businesses.read(session).zone):
        raise Invalid("The transfer left between the payment and today.", field="on")
    used = select(Refund.ref).where(Refund.evidence["proof_digest"].astext == proof.digest)
    if session.scalar(used.limit(1)) is not None:
        raise ProofUsed("This file proves another refund already. Nothing was changed.")
