"""What a proof of transfer can be."""

from __future__ import annotations

from enum import StrEnum

from portal.core.states import Machine


class ProofStatus(StrEnum):
    SUBMITTED = "submitted"
    ACCEPTED = "accepted"
    REJECTED = "rejected"


class ProofEvent(StrEnum):
    ACCEPTED = "accepted"
    REJECTED = "rejected"


_P, _V = ProofStatus, ProofEvent

TRANSFER_PROOF = Machine[ProofStatus, ProofEvent](
    name="transfer_proof",
    moves={
        (_P.SUBMITTED, _V.ACCEPTED): _P.ACCEPTED,
        (_P.SUBMITTED, _V.REJECTED): _P.REJECTED,
    },
    ignored={
        (_P.ACCEPTED, _V.ACCEPTED),
        (_P.REJECTED, _V.REJECTED),
    },
)
