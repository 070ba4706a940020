"""Money that a bank account received: what a statement says of it, what is alike, and its row."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from portal.banking.models import BankAccount, BankReceipt
from portal.core.actors import Actor
from portal.core.errors import Invalid
from portal.core.money import Money
from portal.payments.models import Payment
from portal.payments.states import PaymentStatus

LONGEST_REFERENCE = 140
LONGEST_PAYER = 140
LONGEST_NOTE = 500
OLDEST = timedelta(days=731)


@dataclass(frozen=True, slots=True)
class Proof:
    """A file that shows the transfer: `name` among the uploads, `digest` of what was sent."""

    name: str
    digest: str
    media_type: str


@dataclass(frozen=True, slots=True)
class Wire:
    """One credit on a statement of the account `account_ref`, on the bank's day `value_on`."""

    account_ref: str
    amount: Money
    value_on: date
    reference: str = ""
    payer: str = ""
    note: str = ""
    proof: Proof | None = None

    def facts(self) -> dict[str, Any]:
        """As JSON values; `from_facts` reads them."""
        proof = self.proof
        return {
            "account": self.account_ref, "amount_minor": self.amount.minor, "currency": self.amount.currency,
            "value_on": self.value_on.isoformat(), "reference": self.reference, "payer": self.payer,
            "note": self.note, "proof": [proof.name, proof.digest, proof.media_type] if proof else None,
        }  # fmt: skip

    @classmethod
    def from_facts(cls, facts: Mapping[str, Any]) -> Wire:
        return cls(
            str(facts["account"]), Money(int(facts["amount_minor"]), str(facts["currency"])),
            date.fromisoformat(facts["value_on"]), str(facts["reference"]), str(facts["payer"]), str(facts["note"]),
            Proof(*facts["proof"]) if facts["proof"] else None,
        )  # fmt: skip


def require_sound(wire: Wire, *, today: date) -> None:
    """Raises Invalid with the field; `today` is the business's day."""
    if not wire.amount.is_positive:
        raise Invalid("Write how much arrived.", field="amount")
    if wire.value_on > today:
        raise Invalid("Money cannot have arrived on a day that is still to come.", field="value_on")
    if wire.value_on < today - OLDEST:
        raise Invalid("This day lies more than two years back.", field="value_on")
    for field, text, most in (
        ("reference", wire.reference, LONGEST_REFERENCE),
        ("payer", wire.payer, LONGEST_PAYER),
        ("note", wire.note, LONGEST_NOTE),
    ):
        if len(text) > most:
            raise Invalid("At most %(most)s characters.", field=field, most=most)


def alike(session: Session, account: BankAccount, wire: Wire) -> list[tuple[Payment, BankReceipt]]:
    """What is booked already and may be this very credit: same account, day, amount and reference, or same proof."""
    same = and_(
        BankReceipt.bank_account_id == account.id,
        BankReceipt.value_on == wire.value_on,
        BankReceipt.amount_minor == wire.amount.minor,
        BankReceipt.reference == wire.reference,
    )
    proof = wire.proof.digest if wire.proof is not None else None
    rows = session.execute(
        select(Payment, BankReceipt)
        .join(BankReceipt, BankReceipt.payment_id == Payment.id)
        .where(or_(same, BankReceipt.proof_digest == proof) if proof else same, Payment.status == PaymentStatus.BOOKED)
        .order_by(Payment.id)
    )
    return [(row[0], row[1]) for row in rows]


def receipt_row(wire: Wire, account: BankAccount, payment_id: int, *, actor: Actor, at: datetime) -> dict[str, Any]:
    """As a list is inserted."""
    proof = wire.proof
    return {
        "payment_id": payment_id, "bank_account_id": account.id, "value_on": wire.value_on,
        "amount_minor": wire.amount.minor, "currency": wire.amount.currency, "reference": wire.reference,
        "payer": wire.payer, "note": wire.note, "proof_name": proof.name if proof else None,
        "proof_digest": proof.digest if proof else None, "proof_type": proof.media_type if proof else None,
        "recorded_by": actor.name, "created_at": at,
    }  # fmt: skip


def of_payment(session: Session, payment_id: int) -> tuple[BankReceipt, BankAccount] | None:
    """What the bank said, and its account; None for what a gateway collected."""
    row = session.execute(
        select(BankReceipt, BankAccount)
        .join(BankAccount, BankAccount.id == BankReceipt.bank_account_id)
        .where(BankReceipt.payment_id == payment_id)
    ).first()
    return (row[0], row[1]) if row is not None else None


def of_payments(session: Session, payment_ids: Collection[int]) -> dict[int, BankReceipt]:
    wanted = select(BankReceipt).where(BankReceipt.payment_id.in_(list(payment_ids)))
    return {row.payment_id: row for row in session.scalars(wanted)}


def unmatched(session: Session, *, limit: int = 100) -> list[tuple[Payment, BankReceipt]]:
    """Money whose owner is not known yet, the oldest first."""
    rows = session.execute(
        select(Payment, BankReceipt)
        .join(BankReceipt, BankReceipt.payment_id == Payment.id)
        .where(Payment.customer_id.is_(None), Payment.status == PaymentStatus.BOOKED)
        .order_by(Payment.id)
        .limit(limit)
    )
    return [(row[0], row[1]) for row in rows]
