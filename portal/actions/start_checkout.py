"""Opening a gateway's page on which a customer pays, and by paying stores a card."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from portal.actions import _gateways, _owed
from portal.core import audit
from portal.core import business as businesses
from portal.core.actors import Actor
from portal.core.db import transaction
from portal.core.errors import Refused
from portal.core.logging import log
from portal.core.money import Money
from portal.core.settings import current
from portal.customers import queries as customers
from portal.customers.models import Customer
from portal.gateways.base import CheckoutOrder, Outcome, Payable
from portal.invoicing import queries as invoices
from portal.invoicing.models import Invoice
from portal.invoicing.states import InvoiceKind
from portal.payments import attempts, queries
from portal.payments.allocation import to_collect
from portal.payments.attempts import InDoubt
from portal.payments.models import Attempt, GatewayAccount
from portal.payments.states import AttemptEvent, AttemptKind, AttemptStatus, AttemptTrigger


class PageNotOpened(Refused):
    """The gateway did not give us a page. Nothing was charged."""

    code = "page_not_opened"


@dataclass(frozen=True, slots=True)
class AddingCosts:
    """What paying for a new card will pay: an open invoice, or the gateway's minimum to the balance."""

    invoice_ref: str | None
    amount: Money


def adding_costs(session: Session, customer: Customer) -> AddingCosts:
    """What the page shows before a card is added. Raises Refused where no gateway takes the customer's currency."""
    account = _account(session, _currency(session, customer))
    owed = invoices.open_of_customer(session, customer.id, currency=_currency(session, customer))
    for invoice in owed:
        if invoice.open_minor > 0:
            least = _gateways.minimum_of(account, invoice.currency)
            return AddingCosts(invoice.ref, to_collect(invoice.open, least))
    return AddingCosts(None, _gateways.minimum_of(account, _currency(session, customer)))


def start_checkout(*, customer_id: int, invoice_ref: str | None, actor: Actor, at: datetime) -> str:
    """The address of a page on which the invoice can be paid; without one, the page that adds a card.

    An open page is used again while it lives. A charge that was certainly not sent gives way; one that may have been
    sent does not: InDoubt. If we die after the call, the page is found by its reference and expires.
    """
    with transaction() as session:
        customer = customers.lock(session, customer_id)
        if invoice_ref is None:
            invoice_ref = adding_costs(session, customer).invoice_ref
        invoice = invoices.of_customer(session, customer_id, invoice_ref) if invoice_ref else None
        link = _make_way(session, customer, invoice, at)
        if link:
            return link
        attempt, account = _commit_to(session, customer, invoice, actor=actor, at=at)
        order = _order(attempt, customer)
    payable = _ask(account, order)
    return _record(attempt.id, payable, at=at)


def _make_way(session: Session, customer: Customer, invoice: Invoice | None, at: datetime) -> str:
    """The link of a page that still lives, or empty when the way is free for a new one."""
    if invoice is None:
        live = queries.live_to_balance(session, customer.id)
    else:
        _owed.require_open(invoice)
        live = queries.locked_live_attempt(session, invoice.id)
    if live is None:
        return ""
    if live.status is AttemptStatus.WAITING:
        attempts.move(live, AttemptEvent.CANCELED, at=at)
        return ""
    if live.status is AttemptStatus.ACTION_REQUIRED:
        is_old = live.kind == AttemptKind.PAYABLE and (
            at >= attempts.expires_at(live) or (invoice is not None and live.amount_minor < invoice.open_minor)
        )
        if not is_old:
            return attempts.link_of(live)
        attempts.supersede(live, at=at)
        return ""
    raise InDoubt("We are still waiting for your bank's answer. Please do not pay again; this page will tell you.")


def _commit_to(
    session: Session, customer: Customer, invoice: Invoice | None, *, actor: Actor, at: datetime
) -> tuple[Attempt, GatewayAccount]:
    currency = invoice.currency if invoice else _currency(session, customer)
    account = _account(session, currency)
    owed = invoice.open if invoice else Money.zero(currency)
    least = _gateways.minimum_of(account, currency)
    customer.currency = customer.currency or currency
    is_first = invoice is not None and invoice.kind == InvoiceKind.FIRST
    attempt = attempts.open_payable(
        session,
        customer_id=customer.id,
        invoice_id=invoice.id if invoice else None,
        account_id=account.id,
        amount=to_collect(owed, least) if invoice else least,
        trigger=AttemptTrigger.FIRST_PURCHASE if is_first else AttemptTrigger.CUSTOMER,
        at=at,
    )
    audit.record(
        session, actor, "checkout.started", at=at, customer_id=customer.id, subject=attempt.reference,
        invoice=invoice.ref if invoice else None, amount_minor=attempt.amount_minor, currency=currency,
    )  # fmt: skip
    return attempt, account


def _order(attempt: Attempt, customer: Customer) -> CheckoutOrder:
    base = current().app_url
    return CheckoutOrder(
        reference=attempt.reference,
        amount=attempt.amount,
        payer_email=customer.email,
        return_url=f"{base}/account/payments/return",
        cancel_url=f"{base}/account/payments/cancelled/{attempt.reference}",
    )


def _ask(account: GatewayAccount, order: CheckoutOrder) -> Payable:
    try:
        return _gateways.adapter_of(account).checkout(order)
    except Refused as refusal:
        return Payable(Outcome.NOT_SENT, order.reference, reason=refusal.message)
    except Exception as error:
        log().error("checkout broke", reference=order.reference, error=repr(error), exc_info=error)
        return Payable(Outcome.UNKNOWN, order.reference, reason=repr(error))


def _record(attempt_id: int, payable: Payable, *, at: datetime) -> str:
    """Keep the link. Without one nothing can be paid under this reference: it is closed, or asked about."""
    with transaction() as session:
        owner = session.get_one(Attempt, attempt_id).customer_id
        customers.lock(session, owner)
        attempt = session.get_one(Attempt, attempt_id, populate_existing=True)
        attempt.reason = payable.reason
        if payable.outcome is Outcome.ACTION_REQUIRED:
            expires_at = payable.expires_at or at + attempts.PAYABLE_LIVES
            attempt.payable = {"link": payable.link, "expires_at": expires_at.isoformat()}
            attempts.move(attempt, AttemptEvent.ACTION_REQUIRED, at=at)
        elif payable.outcome in (Outcome.NOT_SENT, Outcome.DECLINED):
            attempts.move(attempt, AttemptEvent.CANCELED, at=at)
        else:
            # Nobody was sent to this page, so it takes no money: a new try uses a new reference.
            attempts.move(attempt, AttemptEvent.EXPIRED, at=at)
    if payable.outcome is not Outcome.ACTION_REQUIRED:
        raise PageNotOpened("The payment page could not be opened. Nothing was charged, please try again in a moment.")
    return payable.link


def _account(session: Session, currency: str) -> GatewayAccount:
    account = queries.enabled_account(session, currency)
    if account is None:
        raise Refused(f"Payments in {currency} cannot be taken online yet. Nothing was charged.")
    return account


def _currency(session: Session, customer: Customer) -> str:
    return customer.currency or businesses.read(session).currency
