"""What an unpaid invoice does when its time comes: remind before it is due, be chased after, or lapse."""

from datetime import datetime, timedelta

from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from portal.actions import _collecting, _lapsing, _parking, _reminding
from portal.banking import holding
from portal.core import business as businesses
from portal.core.actors import Actor
from portal.core.business import Business
from portal.core.db import transaction
from portal.core.errors import Busy
from portal.core.logging import log
from portal.customers import queries as customers
from portal.customers.models import Customer
from portal.invoicing import due, lifecycle
from portal.invoicing.due import Claimed
from portal.invoicing.models import Invoice
from portal.invoicing.states import InvoiceKind, InvoiceStatus
from portal.payments import queries as payments
from portal.payments.states import AttemptKind
from portal.subscriptions import changes
from portal.subscriptions import queries as subscriptions
from portal.subscriptions.states import ScheduledChangeStatus, SubscriptionStatus

PUT_OFF = timedelta(hours=1)


def lapse_invoices(*, limit: int, actor: Actor, at: datetime) -> int:
    """Let up to `limit` invoices whose time has come act, each in a transaction of its own; how many did.

    A first purchase that nobody paid expires with its invoice, an unpaid change is off; everything else that is
    overdue is chased. While a charge is under way nothing happens, nor for some days while a proof of transfer waits;
    a reminder that falls into them is not made up for.
    """
    done = 0
    while done < limit:
        seen: list[Claimed] = []
        try:
            _act(seen, actor=actor, at=at)
        except (OperationalError, Busy):
            raise  # the database was away or held: the invoice stays due
        except Exception as error:
            if not seen:
                raise
            _set_aside(seen[0], error, actor=actor, at=at)
        if not seen:
            break
        done += 1
    return done


def _act(seen: list[Claimed], *, actor: Actor, at: datetime) -> None:
    with transaction() as session:
        claimed = due.claim(session, at)
        if claimed is None:
            return
        seen.append(claimed)
        customer = customers.lock(session, claimed.customer_id)
        invoice = due.still_due(session, claimed, at)
        if invoice is not None:
            _take(session, invoice, customer, business=businesses.read(session), actor=actor, at=at)


def _take(
    session: Session, invoice: Invoice, customer: Customer, *, business: Business, actor: Actor, at: datetime
) -> None:
    if invoice.status is not InvoiceStatus.ISSUED or invoice.open_minor == 0:
        invoice.next_action_at = None
        return
    rests_until = holding.held(session, [invoice.id], zone=customer.zone, business=business, at=at).get(invoice.id)
    if _waits_to_lapse(session, invoice):
        if rests_until is not None and invoice.kind == InvoiceKind.FIRST:
            invoice.next_action_at = rests_until
        else:
            _lapse(session, invoice, business=business, actor=actor, at=at)
    elif at < lifecycle.overdue_from(invoice, customer):
        remind = _reminding.remind if rests_until is None else _reminding.pass_over
        remind(session, invoice, customer, business=business, at=at)
    elif rests_until is not None:
        invoice.next_action_at = rests_until
    elif (until := _under_way_until(session, invoice, at)) is not None:
        invoice.next_action_at = until
    else:
        _collecting.chase(session, invoice.id, business=business, is_hard=False, actor=actor, at=at)


def _waits_to_lapse(session: Session, invoice: Invoice) -> bool:
    """Is something waiting for this invoice that lets go when it is not paid in time?"""
    if invoice.subscription_id is None:
        return False
    if invoice.kind == InvoiceKind.FIRST:
        return subscriptions.by_id(session, invoice.subscription_id).status is SubscriptionStatus.PENDING
    if invoice.scheduled_change_id is None:
        return False
    change = subscriptions.change(session, invoice.scheduled_change_id)
    return changes.waits_for_payment(change) and change.status is not ScheduledChangeStatus.EXECUTED


def _lapse(session: Session, invoice: Invoice, *, business: Business, actor: Actor, at: datetime) -> None:
    """What something was paid on cannot lapse: the rest is chased like any debt."""
    if not _lapsing.lapse(session, invoice, actor=actor, at=at) and invoice.next_action_at is None:
        _collecting.chase(session, invoice.id, business=business, is_hard=False, actor=actor, at=at)


def _under_way_until(session: Session, invoice: Invoice, at: datetime) -> datetime | None:
    """When to look again because a charge waits or is in doubt: nobody falls past due for our own delay."""
    attempt = payments.live_attempt(session, invoice.id)
    if attempt is None or attempt.kind != AttemptKind.CHARGE:
        return None
    return max(attempt.next_action_at or at, at + PUT_OFF)


def _set_aside(claimed: Claimed, error: Exception, *, actor: Actor, at: datetime) -> None:
    log().error("invoice not acted on", invoice=claimed.invoice_id, error=repr(error), exc_info=error)
    with transaction() as session:
        customer = customers.lock(session, claimed.customer_id)
        _parking.park(session, customer, f"An unpaid invoice could not be dealt with: {error}", actor=actor, at=at)
