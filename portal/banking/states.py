"""What a bank account of the company can be."""

from __future__ import annotations

from enum import StrEnum

from portal.core.states import Machine


class BankAccountStatus(StrEnum):
    PROPOSED = "proposed"  # waits for a second person
    OPEN = "open"
    REJECTED = "rejected"
    CLOSED = "closed"


class BankAccountEvent(StrEnum):
    OPENED = "opened"
    REJECTED = "rejected"
    CLOSED = "closed"


_S, _E = BankAccountStatus, BankAccountEvent

BANK_ACCOUNT = Machine[BankAccountStatus, BankAccountEvent](
    name="bank_account",
    moves={
        (_S.PROPOSED, _E.OPENED): _S.OPEN,
        (_S.PROPOSED, _E.REJECTED): _S.REJECTED,
        (_S.OPEN, _E.CLOSED): _S.CLOSED,
    },
    ignored={
        (_S.OPEN, _E.OPENED),
        (_S.REJECTED, _E.REJECTED),
        (_S.CLOSED, _E.CLOSED),
    },
)
