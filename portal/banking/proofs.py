"""Proofs of transfer: finding them, and the only writers of their status. Callers hold the customer's lock."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TypeVar

from sqlalchemy import ScalarSelect, case, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from portal.banking.proof_models import TransferProof
from portal.banking.proof_states import TRANSFER_PROOF, ProofEvent, ProofStatus
from portal.core.errors import NotFound, Refused

Value = TypeVar("Value")

TASK = "transfer_proof"
"""The task while nobody has looked at it; its subject is the proof."""

MOST_OPEN = 5
"""So many proofs of one invoice may wait at once."""


class ShownAlready(Refused):
    """The payment was shown by another proof."""

    code = "payment_shown_already"


def by_ref(session: Session, ref: str) -> TransferProof:
    found = session.scalar(select(TransferProof).where(TransferProof.ref == ref))
    if found is None:
        raise NotFound("There is no such proof of transfer.")
    return found


def of_customer(session: Session, customer_id: int, ref: str) -> TransferProof:
    """The customer's own; another's is not found."""
    mine = select(TransferProof).where(TransferProof.ref == ref, TransferProof.customer_id == customer_id)
    found = session.scalar(mine)
    if found is None:
        raise NotFound("There is no such proof of transfer.")
    return found


def of_invoice(session: Session, invoice_id: int) -> list[TransferProof]:
    """All that were sent for the invoice, the latest first."""
    wanted = select(TransferProof).where(TransferProof.invoice_id == invoice_id)
    return list(session.scalars(wanted.order_by(TransferProof.id.desc())))


def same_file(session: Session, invoice_id: int, digest: str) -> TransferProof | None:
    """The proof of this invoice that is this very file and was not rejected."""
    return session.scalar(
        select(TransferProof).where(
            TransferProof.invoice_id == invoice_id,
            TransferProof.file_digest == digest,
            TransferProof.status != ProofStatus.REJECTED,
        )
    )


def elsewhere(session: Session, proof: TransferProof) -> int:
    """How often the same file was sent for another invoice, by whomever: once is a reason to look twice."""
    counted = select(func.count()).where(
        TransferProof.file_digest == proof.file_digest, TransferProof.invoice_id != proof.invoice_id
    )
    return session.scalar(counted) or 0


def waiting_of(session: Session, invoice_ids: Sequence[int]) -> list[TransferProof]:
    """Those of these invoices that nobody has decided about, the oldest first, as they are now."""
    wanted = (
        select(TransferProof)
        .where(TransferProof.invoice_id.in_(list(invoice_ids)), TransferProof.status == ProofStatus.SUBMITTED)
        .order_by(TransferProof.id)
    )
    return list(session.scalars(wanted.execution_options(populate_existing=True)))


def latest_of(session: Session, invoice_id: int) -> TransferProof | None:
    """The oldest that waits, else the one that was sent last."""
    waits_first = case((TransferProof.status == ProofStatus.SUBMITTED, TransferProof.id), else_=None)
    wanted = select(TransferProof).where(TransferProof.invoice_id == invoice_id)
    return session.scalar(wanted.order_by(waits_first.asc().nulls_last(), TransferProof.id.desc()).limit(1))


def oldest_waiting(column: InstrumentedAttribute[Value], invoice_id: InstrumentedAttribute[int]) -> ScalarSelect[Value]:
    """A column of the oldest proof that waits for the invoice of each row; NULL where none does."""
    wanted = select(column).where(TransferProof.invoice_id == invoice_id, TransferProof.status == ProofStatus.SUBMITTED)
    return wanted.order_by(TransferProof.id).limit(1).scalar_subquery()


def lock(session: Session, ref: str) -> TransferProof:
    """As it is now; after the customer."""
    wanted = select(TransferProof).where(TransferProof.ref == ref).with_for_update(key_share=True)
    found = session.scalar(wanted.execution_options(populate_existing=True))
    if found is None:
        raise NotFound("There is no such proof of transfer.")
    return found


def accept(proof: TransferProof, payment_id: int, *, by: str, at: datetime) -> bool:
    """It is this payment. Accepted already: False. Raises MoveRefused for a rejected one."""
    after = TRANSFER_PROOF.after(proof.status, ProofEvent.ACCEPTED)
    if after is None:
        return False
    proof.status, proof.payment_id = after, payment_id
    proof.decided_by, proof.decided_at = by, at
    return True


def reject(proof: TransferProof, reason: str, *, by: str, at: datetime) -> bool:
    """Rejected already: False. Raises MoveRefused for an accepted one."""
    after = TRANSFER_PROOF.after(proof.status, ProofEvent.REJECTED)
    if after is None:
        return False
    proof.status, proof.reason = after, reason
    proof.decided_by, proof.decided_at = by, at
    return True


def require_open(proof: TransferProof) -> None:
    """Raises MoveRefused for one that was rejected."""
    TRANSFER_PROOF.after(proof.status, ProofEvent.ACCEPTED)


def require_unproved(session: Session, payment_id: int) -> None:
    """A payment is what one proof shows. Raises ShownAlready where another was accepted as it."""
    if session.scalar(select(TransferProof.id).where(TransferProof.payment_id == payment_id)) is not None:
        raise ShownAlready("Another proof was accepted as this payment. Nothing was changed.")
