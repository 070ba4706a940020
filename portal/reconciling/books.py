"""Our side of a comparison, read from the books."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from portal.core.bulk import among
from portal.core.money import Money
from portal.customers.models import Customer
from portal.invoicing.models import Invoice
from portal.payments import payables
from portal.payments.models import Attempt, GatewayAccount, Payment, PaymentMethod
from portal.payments.refund_models import Dispute, Refund
from portal.payments.refund_states import RefundWay
from portal.payments.states import IN_DOUBT, AttemptKind, PaymentStatus
from portal.reconciling.sides import Loose, OurCharge, OurDispute, OurPayment, OurRefund, Ours, Theirs


def read(session: Session, account: GatewayAccount, theirs: Theirs, since: datetime, until: datetime) -> Ours:
    """All of the account that lies in the window, that is in doubt, or that the gateway's lists name."""
    numbers = {one.gateway_ref for told in theirs.charges.values() for one in told}
    numbers |= {one.charge_ref for one in theirs.refunds or ()} | {one.charge_ref for one in theirs.disputes or ()}
    names = [*theirs.charges, *(one.reference for one in theirs.disputes or ())]
    return Ours(
        charges={one.reference: one for one in _charges(session, account, (since, until), names, numbers)},
        loose=_loose(session, account, since, until),
        refunds=_refunds(session, account, theirs, (since, until)),
        disputes=_disputes(session, account, theirs, (since, until)),
    )


def _charges(
    session: Session,
    account: GatewayAccount,
    window: tuple[datetime, datetime],
    names: Iterable[str],
    numbers: Iterable[str],
) -> list[OurCharge]:
    paid = select(Payment.attempt_id).where(
        Payment.gateway_account_id == account.id, among(Payment.gateway_ref, sorted(numbers))
    )
    rows = session.execute(
        select(Attempt, Payment, Customer.name, Invoice.ref, PaymentMethod.payer_email)
        .outerjoin(Payment, Payment.attempt_id == Attempt.id)
        .join(Customer, Customer.id == Attempt.customer_id)
        .outerjoin(Invoice, Invoice.id == Attempt.invoice_id)
        .outerjoin(PaymentMethod, PaymentMethod.id == Attempt.method_id)
        .where(
            Attempt.gateway_account_id == account.id,
            or_(
                Attempt.created_at.between(*window),
                and_(Attempt.status.in_(IN_DOUBT), Attempt.created_at <= window[1]),
                among(Attempt.reference, sorted(set(names))),
                Attempt.id.in_(paid),
            ),
        )
        .order_by(Attempt.id)
    )
    return [_charge(*row) for row in rows]


def _charge(
    attempt: Attempt, payment: Payment | None, customer: str, invoice: str | None, email: str | None
) -> OurCharge:
    moved = [at for at in (attempt.created_at, attempt.sent_at, attempt.closed_at) if at is not None]
    return OurCharge(
        reference=attempt.reference,
        status=attempt.status,
        amount=attempt.amount,
        customer_id=attempt.customer_id,
        customer=customer,
        invoice=invoice or "",
        payer_email=(email or "") if attempt.kind == AttemptKind.CHARGE else "",
        session=payables.details(attempt).session,
        created_at=attempt.created_at,
        changed_at=max(moved + ([payment.created_at] if payment else [])),
        was_sent=attempt.sent_at is not None,
        payment=_payment(payment) if payment else None,
    )


def _payment(payment: Payment) -> OurPayment:
    return OurPayment(
        id=payment.id,
        ref=payment.ref,
        amount=payment.amount,
        fee=Money(payment.fee_minor, payment.currency),
        returned=Money(payment.refunded_minor + payment.reversed_minor, payment.currency),
        is_reversed=payment.status is PaymentStatus.REVERSED,
        gateway_ref=payment.gateway_ref or "",
        received_on=payment.received_on,
    )


def _loose(session: Session, account: GatewayAccount, since: datetime, until: datetime) -> list[Loose]:
    rows = session.execute(
        select(Payment, Customer.name)
        .outerjoin(Customer, Customer.id == Payment.customer_id)
        .where(
            Payment.gateway_account_id == account.id,
            Payment.attempt_id.is_(None),
            Payment.created_at.between(since, until),
        )
        .order_by(Payment.id)
    )
    return [Loose(_payment(payment), payment.customer_id, name or "", payment.created_at) for payment, name in rows]


def _refunds(
    session: Session, account: GatewayAccount, theirs: Theirs, window: tuple[datetime, datetime]
) -> Sequence[OurRefund]:
    told = theirs.refunds or ()
    rows = session.execute(
        select(Refund, Payment.gateway_ref, Customer.name)
        .join(Payment, Payment.id == Refund.payment_id)
        .join(Customer, Customer.id == Refund.customer_id)
        .where(
            Refund.gateway_account_id == account.id,
            Refund.way == RefundWay.GATEWAY,
            or_(
                Refund.created_at.between(*window),
                among(Refund.gateway_ref, [one.gateway_ref for one in told]),
                among(Refund.ref, [one.note for one in told]),
            ),
        )
        .order_by(Refund.id)
    )
    return [
        OurRefund(
            ref=refund.ref,
            status=refund.status,
            amount=refund.amount,
            customer_id=refund.customer_id,
            customer=name,
            payment_id=refund.payment_id,
            charge_ref=number or "",
            gateway_ref=refund.gateway_ref or "",
            created_at=refund.created_at,
            changed_at=max(at for at in (refund.created_at, refund.sent_at, refund.closed_at) if at is not None),
            was_sent=refund.sends > 0,
        )
        for refund, number, name in rows
    ]


def _disputes(
    session: Session, account: GatewayAccount, theirs: Theirs, window: tuple[datetime, datetime]
) -> Sequence[OurDispute]:
    rows = session.execute(
        select(Dispute, Payment.gateway_ref, Customer.name)
        .join(Payment, Payment.id == Dispute.payment_id)
        .join(Customer, Customer.id == Dispute.customer_id)
        .where(
            Dispute.gateway_account_id == account.id,
            or_(
                Dispute.opened_at.between(*window),
                among(Dispute.gateway_ref, [one.gateway_ref for one in theirs.disputes or ()]),
            ),
        )
        .order_by(Dispute.id)
    )
    return [
        OurDispute(
            ref=dispute.ref,
            status=dispute.status,
            amount=dispute.amount,
            customer_id=dispute.customer_id,
            customer=name,
            payment_id=dispute.payment_id,
            charge_ref=number or "",
            gateway_ref=dispute.gateway_ref,
            due_at=dispute.due_at,
            answered_at=dispute.answered_at,
            opened_at=dispute.opened_at,
            changed_at=max(at for at in (dispute.opened_at, dispute.answered_at, dispute.closed_at) if at is not None),
        )
        for dispute, number, name in rows
    ]
