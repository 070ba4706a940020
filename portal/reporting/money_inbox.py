"""The money inbox: money without an owner, proofs of transfer, and what a gateway brought without a debt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import BigInteger, Date, Subquery, Text, and_, cast, false, func, literal, or_, select, union_all
from sqlalchemy.orm import Session

from portal.banking.models import BankAccount, BankReceipt
from portal.banking.proof_models import TransferProof
from portal.banking.proof_states import ProofStatus
from portal.banking.statements.models import BankLine
from portal.core.errors import NotFound
from portal.core.keyset import AnySelect, Order, Sheet, sheet
from portal.core.money import Money
from portal.core.tasks import Task
from portal.customers.models import Customer
from portal.identity.models import Approval
from portal.invoicing.models import Invoice
from portal.payments.models import Attempt, GatewayAccount, Payment
from portal.payments.states import PaymentStatus

MONEY, PROOF, SURPLUS = "money", "proof", "surplus"
KINDS = (MONEY, PROOF, SURPLUS)
SURPLUS_TASK = "money_without_debt"
ALIKE_AT_MOST = 5


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many of each kind wait, and what they come to by currency."""

    counts: Mapping[str, int]
    totals: Mapping[str, Sequence[Money]]


def page(session: Session, kind: str, *, places: Mapping[str, str], limit: int) -> Sheet:
    """What waits, the oldest first; of one kind, or of all where none is said."""
    items = _items()
    wanted: AnySelect = select(items)
    if kind:
        wanted = wanted.where(items.c.kind == kind)
    order = Order(items.c.on, items.c.place, date)
    return sheet(session, wanted, order, after=places["after"], before=places["before"], limit=limit)


def waiting(session: Session) -> Waiting:
    items = _items()
    rows = session.execute(
        select(items.c.kind, items.c.currency, func.count(), func.sum(items.c.amount_minor))
        .group_by(items.c.kind, items.c.currency)
        .order_by(items.c.kind, items.c.currency)
    ).all()
    counts, totals = dict.fromkeys(KINDS, 0), dict[str, list[Money]]()
    for kind, currency, count, minor in rows:
        counts[kind] += count
        totals.setdefault(kind, []).append(Money(int(minor), currency))
    return Waiting(counts, totals)


def unowned(session: Session, payment_ref: str) -> Any:
    """Money without an owner: Payment, and BankReceipt, BankLine, BankAccount and gateway where there are any."""
    return _one(
        session,
        select(Payment, BankReceipt, BankLine, BankAccount, GatewayAccount.gateway)
        .outerjoin(BankReceipt, BankReceipt.payment_id == Payment.id)
        .outerjoin(BankLine, BankLine.payment_id == Payment.id)
        .outerjoin(BankAccount, BankAccount.id == BankReceipt.bank_account_id)
        .outerjoin(GatewayAccount, GatewayAccount.id == Payment.gateway_account_id)
        .where(Payment.ref == payment_ref, Payment.customer_id.is_(None), Payment.status == PaymentStatus.BOOKED),
    )


def proof(session: Session, ref: str) -> Any:
    """A proof that waits, its Invoice and Customer, how often its file was sent for another invoice, and the request
    that waits for a second person."""
    other = (
        select(func.count())
        .select_from(BankReceipt)
        .where(BankReceipt.proof_digest == TransferProof.file_digest)
        .scalar_subquery()
    )
    return _one(
        session,
        select(TransferProof, Invoice, Customer, other.label("booked_before"), Approval.ref.label("approval_ref"))
        .join(Invoice, Invoice.id == TransferProof.invoice_id)
        .join(Customer, Customer.id == TransferProof.customer_id)
        .outerjoin(Approval, and_(Approval.subject == TransferProof.ref, Approval.decision.is_(None)))
        .where(TransferProof.ref == ref, TransferProof.status == ProofStatus.SUBMITTED),
    )


def surplus(session: Session, reference: str) -> Any:
    """Money that a gateway brought for nothing that was owed: its Task, Attempt and Customer."""
    return _one(
        session,
        select(Task, Attempt, Customer)
        .join(Attempt, Attempt.reference == Task.subject)
        .join(Customer, Customer.id == Attempt.customer_id)
        .where(Task.kind == SURPLUS_TASK, Task.subject == reference, Task.closed_at.is_(None)),
    )


def money_of_proof(session: Session, proof: TransferProof) -> list[Any]:
    """Payments that the proof may show: of its amount, of its customer or of nobody yet, and shown by no other."""
    rows = session.execute(
        select(
            Payment.ref, Payment.received_on, Payment.customer_id, BankReceipt.reference, BankReceipt.payer,
            BankAccount.name,
        )
        .join(BankReceipt, BankReceipt.payment_id == Payment.id)
        .join(BankAccount, BankAccount.id == BankReceipt.bank_account_id)
        .where(
            Payment.status == PaymentStatus.BOOKED,
            Payment.amount_minor == proof.amount_minor,
            Payment.currency == proof.currency,
            or_(Payment.customer_id == proof.customer_id, Payment.customer_id.is_(None)),
            ~select(TransferProof.id).where(TransferProof.payment_id == Payment.id).exists(),
        )
        .order_by(func.abs(Payment.received_on - proof.paid_on), Payment.id.desc())
        .limit(ALIKE_AT_MOST)
    )  # fmt: skip
    return list(rows)


def _one(session: Session, wanted: AnySelect) -> Any:
    found = session.execute(wanted).first()
    if found is None:
        raise NotFound("This does not wait any more.")
    return found


def _items() -> Subquery:
    """kind, ref, on, amount, currency, who, text, is_suggested; `place` is another number for each item."""
    money = (
        select(
            literal(MONEY, Text).label("kind"), Payment.ref, Payment.received_on.label("on"), Payment.amount_minor,
            Payment.currency, func.coalesce(BankReceipt.payer, "").label("who"),
            func.coalesce(BankReceipt.reference, Payment.gateway_ref, "").label("text"),
            func.coalesce(BankLine.is_suggested, false()).label("is_suggested"), (Payment.id * 4).label("place"),
        )
        .outerjoin(BankReceipt, BankReceipt.payment_id == Payment.id)
        .outerjoin(BankLine, BankLine.payment_id == Payment.id)
        .where(Payment.customer_id.is_(None), Payment.status == PaymentStatus.BOOKED)
    )  # fmt: skip
    proofs = (
        select(
            literal(PROOF, Text), TransferProof.ref, TransferProof.submitted_on, TransferProof.amount_minor,
            TransferProof.currency, Customer.name, func.coalesce(Invoice.label, ""), false(), TransferProof.id * 4 + 1,
        )
        .join(Invoice, Invoice.id == TransferProof.invoice_id)
        .join(Customer, Customer.id == TransferProof.customer_id)
        .where(TransferProof.status == ProofStatus.SUBMITTED)
    )  # fmt: skip
    surpluses = (
        select(
            literal(SURPLUS, Text), Task.subject, cast(Task.opened_at, Date),
            cast(Task.facts["rest_minor"].astext, BigInteger), Task.facts["currency"].astext, Customer.name,
            func.coalesce(Attempt.gateway_ref, ""), false(), Task.id * 4 + 2,
        )
        .join(Attempt, Attempt.reference == Task.subject)
        .join(Customer, Customer.id == Attempt.customer_id)
        .where(and_(Task.kind == SURPLUS_TASK, Task.closed_at.is_(None)))
    )  # fmt: skip
    return union_all(money, proofs, surpluses).subquery("items")
