"""Settle an attempt in doubt by evidence: somebody shows what became of it, and a second person agrees."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.actions import _attempt_asked
from portal.actions._attempt_asked import Verdict
from portal.banking.proof_files import proof_store
from portal.banking.uploads import Checked, checked
from portal.core.actors import Actor
from portal.core.db import transaction
from portal.core.errors import Invalid, NotFound, Refused
from portal.core.money import Money
from portal.customers import queries as customers
from portal.identity import approvals
from portal.identity.approvals import Wish
from portal.payments import queries
from portal.payments.models import Attempt
from portal.payments.states import IN_DOUBT

LONGEST_REFERENCE = 100


@dataclass(frozen=True, slots=True)
class Evidence:
    """`gateway_ref` is the gateway's number of the transaction, needed for one that was paid; `proof` the bytes of a
    PDF or picture, as uploaded."""

    verdict: Verdict
    reason: str
    proof: bytes
    amount: Money | None = None
    gateway_ref: str = ""


class NotInDoubt(Refused):
    """The gateway has answered, so that there is nothing to settle."""

    code = "attempt_not_in_doubt"


def settle_attempt(reference: str, evidence: Evidence, *, actor: Actor, at: datetime) -> str:
    """Ask a second person, always; nothing changes before. The reference of the request.

    What the gateway says later is compared with it. Raises NotInDoubt, Invalid, NeedsPerson.
    """
    _require_sound(evidence)
    proof = checked(evidence.proof)
    name = proof_store().put(proof.content)
    try:
        return _ask(reference, evidence, proof, name, actor=actor, at=at)
    except BaseException:
        proof_store().remove(name)
        raise


def _ask(reference: str, evidence: Evidence, proof: Checked, name: str, *, actor: Actor, at: datetime) -> str:
    with transaction() as session:
        attempt = _locked(session, reference)
        amount = evidence.amount or attempt.amount
        if amount.currency != attempt.currency:
            raise Invalid("This attempt is in %(currency)s.", field="amount", currency=attempt.currency)
        facts = {
            "verdict": str(evidence.verdict),
            "gateway_ref": evidence.gateway_ref.strip(),
            "proof_name": name,
            "proof_digest": proof.digest,
            "proof_type": proof.media_type,
        }
        wish = Wish(_attempt_asked.DEED, attempt.reference, attempt.customer_id, amount, facts, evidence.reason.strip())
        return approvals.ask(session, wish, actor=actor, at=at).ref


def _require_sound(evidence: Evidence) -> None:
    if not evidence.reason.strip():
        raise Invalid("Say what the evidence is.", field="reason")
    if evidence.verdict == Verdict.PAID and not evidence.gateway_ref.strip():
        raise Invalid("Give the gateway's number of the transaction.", field="gateway_ref")
    if len(evidence.gateway_ref.strip()) > LONGEST_REFERENCE:
        raise Invalid("At most %(most)s characters.", field="gateway_ref", most=LONGEST_REFERENCE)


def _locked(session: Session, reference: str) -> Attempt:
    owner = session.scalar(select(Attempt.customer_id).where(Attempt.reference == reference))
    if owner is None:
        raise NotFound("There is no such attempt.")
    customers.lock(session, owner)
    attempt = queries.by_reference(session, reference)
    if attempt is None or attempt.status not in IN_DOUBT:
        raise NotInDoubt("This attempt is not in doubt, so there is nothing to settle. Nothing was changed.")
    return attempt
