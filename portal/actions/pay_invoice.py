"""Paying an invoice now with a stored method: committed here, charged by a worker within a second."""

from datetime import datetime

from sqlalchemy.orm import Session

from portal.actions import _gateways, _owed
from portal.actions.resolve_attempts import ask_about
from portal.core import audit
from portal.core.actors import Actor
from portal.core.days import day
from portal.core.db import transaction
from portal.core.errors import Refused
from portal.customers.models import Customer
from portal.invoicing import queries as invoices
from portal.invoicing.models import Invoice
from portal.payments import attempts, queries
from portal.payments.attempts import InDoubt
from portal.payments.models import PaymentMethod
from portal.payments.states import AttemptKind, AttemptStatus, AttemptTrigger, is_supersedable


class NoUsableMethod(Refused):
    """There is no stored method that may be charged. Nothing was charged."""

    code = "no_usable_method"


def pay_invoice(
    invoice_ref: str, *, method_ref: str | None = None, trigger: AttemptTrigger, actor: Actor, at: datetime
) -> None:
    """Commit to charging what is open with `method_ref`, or the method the invoice is usually charged with.

    A second click finds the charge already waiting and changes nothing. What is open for the customer to pay gives
    way once the gateway was asked about it; a charge that may have been sent does not: InDoubt. A person's tries
    never use up the dunning ladder.
    """
    _ask_about_open(invoice_ref, actor=actor, at=at)
    with transaction() as session:
        customer, invoice = invoices.lock(session, invoice_ref)
        _owed.require_open(invoice)
        if not _is_free(session, invoice, at):
            return
        method = _method(session, customer, invoice, method_ref, at)
        attempts.open_all(session, [_gateways.charge_for(session, invoice, method, trigger)], at=at)
        audit.record(
            session,
            actor,
            "invoice.payment_asked",
            at=at,
            customer_id=customer.id,
            subject=invoice.ref,
            method=method.ref,
            amount_minor=invoice.open_minor,
            currency=invoice.currency,
        )


def _ask_about_open(invoice_ref: str, *, actor: Actor, at: datetime) -> None:
    """The customer may have paid by now what was opened for them."""
    with transaction() as session:
        live = queries.live_attempt(session, invoices.by_ref(session, invoice_ref).id)
        if live is None or live.kind != AttemptKind.PAYABLE or live.status is not AttemptStatus.ACTION_REQUIRED:
            return
        reference = live.reference
    ask_about(reference, actor=actor, at=at)


def _is_free(session: Session, invoice: Invoice, at: datetime) -> bool:
    live = queries.locked_live_attempt(session, invoice.id)
    if live is None:
        return True
    if live.status is AttemptStatus.WAITING and live.kind == AttemptKind.CHARGE:
        return False
    if is_supersedable(AttemptKind(live.kind), live.status) and live.status is AttemptStatus.ACTION_REQUIRED:
        attempts.supersede(live, at=at)
        session.flush()
        return True
    raise InDoubt("We are still waiting for the bank's answer, so nothing else was charged. Please wait for it.")


def _method(
    session: Session, customer: Customer, invoice: Invoice, method_ref: str | None, at: datetime
) -> PaymentMethod:
    if method_ref is not None:
        return queries.own_method(session, customer.id, method_ref)
    on = day(at, customer.zone)
    method = queries.usable_method(session, customer_id=customer.id, subscription_id=invoice.subscription_id, on=on)
    if method is None:
        raise NoUsableMethod("There is no stored card that may be charged. Nothing was charged, please add a card.")
    return method
