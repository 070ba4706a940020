"""What an answer about an attempt changes: money, attempt, debt, method, and all that follows. Steps.

Callers commit; the customers are locked here, before anything of them is read.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.actions import _billing, _booking, _clearing, _failing, _gateways, _settled_before
from portal.actions._booking import Success
from portal.core import audit, outbox
from portal.core import business as businesses
from portal.core.actors import Actor
from portal.core.bulk import among
from portal.core.days import day
from portal.core.secrets import vault
from portal.customers import queries as customers
from portal.dunning.models import DunningDebt
from portal.gateways.base import ChargeOutcome, Outcome
from portal.invoicing.models import Invoice
from portal.invoicing.states import InvoiceStatus
from portal.payments import attempts, methods, payables, queries
from portal.payments.models import Attempt, GatewayAccount, PaymentMethod
from portal.payments.states import AttemptKind, AttemptTrigger


def apply(session: Session, answers: Mapping[int, ChargeOutcome], *, actor: Actor, at: datetime) -> None:
    """Apply each answer to the attempt with its id. A repeat does nothing."""
    business = businesses.read(session)
    rows = _locked(session, sorted(answers))
    _settled_before.compare(session, [(row[0], answers[row[0].id]) for row in rows], at=at)
    successes = [
        Success(attempt, invoice, account, method, answers[attempt.id])
        for attempt, invoice, account, method in rows
        if answers[attempt.id].outcome is Outcome.SUCCEEDED
    ]
    on = day(at, business.zone)
    booked = _booking.book_all(session, successes, on=on, actor=actor, at=at)
    for attempt, invoice, _, method in rows:
        charge = answers[attempt.id]
        if charge.outcome is Outcome.DECLINED:
            _failing.decline(session, attempt, invoice, method, charge, business=business, actor=actor, at=at)
        elif charge.outcome is Outcome.NOT_SENT:
            _failing.send_again(attempt, charge, at=at)
        elif charge.outcome is not Outcome.SUCCEEDED:
            _failing.stay_open(session, attempt, charge, at=at)
        _failing.no_longer_in_doubt(session, attempt, actor=actor, at=at)
    _keep_methods(session, successes, actor=actor, at=at)
    session.flush()
    _billing.clear(session, booked.settled, actor=actor, at=at)
    _clearing.stop_collecting(session, _paid_by_another(successes), at=at)


def _locked(
    session: Session, attempt_ids: Sequence[int]
) -> list[tuple[Attempt, Invoice | None, GatewayAccount, PaymentMethod | None]]:
    """The attempts with all they touch, read after their customers were locked."""
    owners = session.scalars(select(Attempt.customer_id).where(among(Attempt.id, attempt_ids))).all()
    customers.lock_all(session, owners)
    rows = session.execute(
        select(Attempt, Invoice, GatewayAccount, PaymentMethod)
        .outerjoin(Invoice, Invoice.id == Attempt.invoice_id)
        .join(GatewayAccount, GatewayAccount.id == Attempt.gateway_account_id)
        .outerjoin(PaymentMethod, PaymentMethod.id == Attempt.method_id)
        .where(among(Attempt.id, attempt_ids))
        .order_by(Attempt.id)
        .execution_options(populate_existing=True)
    )
    return [(row[0], row[1], row[2], row[3]) for row in rows]


def _paid_by_another(successes: Sequence[Success]) -> list[int]:
    """Invoices that a late or superseded payable paid while another attempt may be under way."""
    return [
        one.invoice.id
        for one in successes
        if one.invoice is not None
        and one.attempt.kind == AttemptKind.PAYABLE
        and one.invoice.status is InvoiceStatus.PAID
    ]


def _keep_methods(session: Session, successes: Sequence[Success], *, actor: Actor, at: datetime) -> None:
    """A card that was used on a gateway's page and can be charged again is stored, and tried at once on what failed."""
    for one in successes:
        stored = one.charge.method
        if one.attempt.kind != AttemptKind.PAYABLE or stored is None or not stored.is_reusable:
            continue
        if not payables.details(one.attempt).keeps_method:
            continue  # whoever paid by a link did not give us their card
        method = methods.keep(
            session,
            stored,
            customer_id=one.attempt.customer_id,
            account_id=one.account.id,
            vault=vault(),
            at=at,
        )
        customer_id = one.attempt.customer_id
        audit.record(session, actor, "method.added", at=at, customer_id=customer_id, subject=method.ref)
        outbox.post(session, "method.added", at=at, customer_id=customer_id, method=method.ref)
        _retry_debts(session, method, at=at)


def _retry_debts(session: Session, method: PaymentMethod, *, at: datetime) -> None:
    """What could not be collected is tried with the new method at once; this is no step of the ladder."""
    session.flush()
    owed = session.scalars(
        select(Invoice)
        .join(DunningDebt, DunningDebt.invoice_id == Invoice.id)
        .where(
            Invoice.customer_id == method.customer_id,
            Invoice.status == InvoiceStatus.ISSUED,
            DunningDebt.closed_at.is_(None),
        )
        .order_by(Invoice.due_on, Invoice.id)
    ).all()
    busy = queries.live_attempts(session, [invoice.id for invoice in owed])
    wanted = [
        _gateways.charge_for(session, invoice, method, AttemptTrigger.NEW_METHOD)
        for invoice in owed
        if invoice.id not in busy and invoice.open_minor > 0
    ]
    attempts.open_all(session, wanted, at=at)
