"""What stands around one invoice on the staff's page: whose it is, its tries, and what was done about it."""

from typing import Any

from sqlalchemy import and_, bindparam, select, text
from sqlalchemy.orm import Session

from portal.banking import proofs
from portal.banking.proof_models import TransferProof
from portal.core.errors import NotFound
from portal.core.keyset import AnySelect
from portal.customers.models import Customer
from portal.dunning.models import DunningCase, DunningDebt
from portal.invoicing.models import Invoice
from portal.payments.models import Attempt, GatewayAccount, Payment, PaymentMethod
from portal.runs.models import BillingRun
from portal.subscriptions.models import Subscription

_ACTIVITY = text(
    """
    SELECT at, 'deed' AS kind, deed AS name, actor AS who, reason AS note, '' AS status, '' AS ref, id
      FROM audit_entries WHERE subject = :subject
    UNION ALL
    SELECT coalesce(sent_at, created_at), 'mail', template, recipient, coalesce(subject, ''), status, ref, id
      FROM messages WHERE customer_id = :customer AND subject_ref = :subject
    ORDER BY at DESC, kind DESC, id DESC LIMIT 100
    """
)


def with_surroundings(session: Session, ref: str) -> Any:
    """The invoice as an entity (`Invoice`), with its customer, subscription, run, open chase, and the oldest proof of a
    transfer that nobody has looked at."""
    row = session.execute(_SURROUNDED, {"ref": ref}).one_or_none()
    if row is None:
        raise NotFound("There is no such invoice.")
    return row


def attempts(session: Session, invoice_ids: list[int]) -> list[Any]:
    """Every try at these invoices, the latest first, with its method, gateway and payment."""
    return list(session.execute(_ATTEMPTS, {"ids": invoice_ids}))


def activity(session: Session, customer_id: int, subject: str) -> list[Any]:
    """Deeds and mails about one thing, the latest first: at, kind (deed or mail), name, who, note, status."""
    return list(session.execute(_ACTIVITY, {"subject": subject, "customer": customer_id}))


def _surrounded() -> AnySelect:
    return (
        select(
            Invoice, Customer.id.label("customer_id"), Customer.ref.label("customer_ref"), Customer.name,
            Customer.language, Customer.parked_at, Subscription.ref.label("subscription_ref"),
            Subscription.status.label("subscription_status"), Subscription.collection,
            BillingRun.ref.label("run_ref"), DunningDebt.step, DunningCase.ref.label("case_ref"),
            DunningCase.status.label("case_status"), DunningCase.next_action_at.label("case_acts_at"),
            proofs.oldest_waiting(TransferProof.ref, Invoice.id).label("proof_ref"),
            proofs.oldest_waiting(TransferProof.submitted_at, Invoice.id).label("proof_at"),
        )
        .join(Customer, Customer.id == Invoice.customer_id)
        .outerjoin(Subscription, Subscription.id == Invoice.subscription_id)
        .outerjoin(BillingRun, BillingRun.id == Invoice.run_id)
        .outerjoin(DunningDebt, and_(DunningDebt.invoice_id == Invoice.id, DunningDebt.closed_at.is_(None)))
        .outerjoin(DunningCase, DunningCase.id == DunningDebt.case_id)
        .where(Invoice.ref == bindparam("ref"))
    )  # fmt: skip


_SURROUNDED = _surrounded()
_ATTEMPTS = (
    select(
        Attempt.invoice_id, Attempt.reference, Attempt.kind, Attempt.status, Attempt.trigger,
        Attempt.amount_minor, Attempt.currency, Attempt.decline, Attempt.decline_code, Attempt.reason,
        Attempt.created_at, Attempt.sent_at, Attempt.closed_at, Attempt.next_action_at, Attempt.gateway_ref,
        Attempt.payable,
        GatewayAccount.gateway, PaymentMethod.brand, PaymentMethod.last4,
        PaymentMethod.kind.label("method_kind"), Payment.ref.label("payment_ref"),
    )
    .join(GatewayAccount, GatewayAccount.id == Attempt.gateway_account_id)
    .outerjoin(PaymentMethod, PaymentMethod.id == Attempt.method_id)
    .outerjoin(Payment, Payment.attempt_id == Attempt.id)
    .where(Attempt.invoice_id.in_(bindparam("ids", expanding=True)))
    .order_by(Attempt.id.desc())
)  # fmt: skip
