"""A person lets a customer who was set aside be billed again."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.actions import _chasing, _gateways
from portal.core import audit, tasks
from portal.core.actors import Actor
from portal.core.days import day
from portal.core.db import transaction
from portal.core.errors import Invalid
from portal.customers import queries as customers
from portal.customers.models import Customer
from portal.invoicing import queries as invoices
from portal.invoicing.models import Invoice
from portal.payments import attempts
from portal.payments import queries as payments
from portal.payments.models import Attempt
from portal.payments.states import AttemptKind, AttemptStatus, AttemptTrigger
from portal.runs import progress
from portal.subscriptions import queries as subscriptions


def release_customer(customer_id: int, *, reason: str, actor: Actor, at: datetime) -> None:
    """Claims find the customer again. What was to be charged when they were set aside is charged now; what fell due
    meanwhile is done by the next run. Not parked: nothing."""
    if not reason.strip():
        raise Invalid("Please say what was done about it.", field="reason")
    with transaction() as session:
        customer = customers.lock(session, customer_id)
        if customer.parked_at is None:
            return
        before = customer.parked_reason
        customer.parked_at = customer.parked_reason = None
        reopened = _reopen(session, customer, at)
        owned = [one.id for one in subscriptions.of_customer(session, customer.id)]
        progress.release_items(session, owned, by=actor.name, at=at)
        tasks.close_task(session, "customer_parked", customer.ref, by=actor.name, at=at)
        audit.record(
            session,
            actor,
            "customer.released",
            at=at,
            customer_id=customer.id,
            subject=customer.ref,
            reason=reason.strip(),
            was_parked_for=before,
            charges=reopened,
        )


def _reopen(session: Session, customer: Customer, at: datetime) -> int:
    """Commit again to each automatic charge that parking canceled, if it is owed and can be charged still."""
    owed = [one for one in invoices.open_of_customer(session, customer.id) if one.open_minor > 0]
    live = payments.live_attempts(session, [one.id for one in owed])
    on = day(at, customer.zone)
    wanted = []
    for invoice in owed:
        last = _last_charge(session, invoice) if invoice.id not in live else None
        method = _chasing.chargeable(session, invoice, on)
        if last is not None and last.status is AttemptStatus.CANCELED and method is not None:
            wanted.append(_gateways.charge_for(session, invoice, method, AttemptTrigger(last.trigger)))
    return len(attempts.open_all(session, wanted, at=at))


def _last_charge(session: Session, invoice: Invoice) -> Attempt | None:
    charges: Sequence[Attempt] = session.scalars(
        select(Attempt)
        .where(Attempt.invoice_id == invoice.id, Attempt.kind == AttemptKind.CHARGE)
        .order_by(Attempt.id.desc())
        .limit(1)
    ).all()
    return charges[0] if charges else None
