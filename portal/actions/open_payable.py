"""A payer chooses how to send the money: on the gateway's page, to an account number, by a code. Three beats.

The intent is committed first, then the gateway is asked with nothing open, then its answer is kept. One may be live
per invoice. It is used again while it lives; it gives way to another the customer chose, once the gateway was asked.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from portal.actions import _gateways, _owed
from portal.actions.resolve_attempts import ask_about
from portal.core import audit
from portal.core import business as businesses
from portal.core.actors import Actor
from portal.core.crashes import crash_point
from portal.core.db import transaction
from portal.core.errors import Invalid, Refused
from portal.core.logging import log
from portal.core.money import Money
from portal.core.settings import current
from portal.customers import queries as customers
from portal.customers.models import Customer
from portal.gateways.base import Ability, Channel, CheckoutOrder, Outcome, Payable
from portal.gateways.registry import opens
from portal.invoicing import queries as invoices
from portal.invoicing.models import Invoice
from portal.invoicing.states import InvoiceKind
from portal.payments import attempts, payables, queries
from portal.payments.allocation import to_collect
from portal.payments.attempts import InDoubt
from portal.payments.models import Attempt, GatewayAccount
from portal.payments.payables import Details
from portal.payments.states import AttemptEvent, AttemptKind, AttemptStatus, AttemptTrigger


class PageNotOpened(Refused):
    """The gateway did not give us anything that can be paid. Nothing was charged."""

    code = "page_not_opened"


class PayableOpen(Refused):
    """Something else can be paid already, and money may be on its way to it: the payer must say that it is not."""

    code = "payable_open"


@dataclass(frozen=True, slots=True)
class Wish:
    """How somebody wants to pay. `{reference}` in an address stands for the attempt's.

    `part`: so much of what is open, None for all of it. `keeps_method`: a card may be charged again later.
    `is_switching`: they were told that money already sent is worth waiting for, and want another way all the same.
    """

    return_url: str
    cancel_url: str
    channel: Channel = Channel.PAGE
    bank: str = ""
    part: Money | None = None
    keeps_method: bool = True
    is_switching: bool = False


@dataclass(frozen=True, slots=True)
class Opened:
    """What can be paid now; `link` is empty for what needs no page."""

    reference: str
    link: str


@dataclass(frozen=True, slots=True)
class Sale:
    """What is to be paid, by whom, through which account, and how."""

    customer: Customer
    invoice: Invoice | None
    account: GatewayAccount
    wish: Wish
    amount: Money


def open_payable(invoice_ref: str, wish: Wish, *, actor: Actor, at: datetime) -> Opened:
    """What can be paid now, opened or found open; whoever has the invoice's link may ask for it.

    Another way that is open gives way only to who says that no money was sent, and after the gateway was asked.
    Raises what `open_one` raises.
    """
    with transaction() as session:
        customer_id = invoices.by_ref(session, invoice_ref).customer_id
    return open_one(customer_id=customer_id, invoice_ref=invoice_ref, wish=wish, actor=actor, at=at)


def open_one(*, customer_id: int, invoice_ref: str | None, wish: Wish, actor: Actor, at: datetime) -> Opened:
    """Open, or find open, what `wish` asks for; without an invoice it pays the gateway's minimum to the balance.

    If we die after the call, what was made is found by its reference. Raises PayableOpen, InDoubt, PageNotOpened,
    NothingToPay, and Invalid for a part that cannot be paid.
    """
    asked = _ask_about_other(customer_id, invoice_ref, wish, actor=actor, at=at)
    with transaction() as session:
        customer = customers.lock(session, customer_id)
        invoice = invoices.of_customer(session, customer_id, invoice_ref) if invoice_ref else None
        sale = _sale(session, customer, invoice, wish)
        open_already = _make_way(session, sale, asked=asked, at=at)
        if open_already is not None:
            return Opened(open_already.reference, attempts.link_of(open_already))
        attempt = _commit_to(session, sale, actor=actor, at=at)
        order = _order(attempt, sale)
    crash_point("C-09")
    payable = _ask(sale.account, order, is_second_question=bool(asked))
    crash_point("C-31")
    return _record(attempt.id, payable, sale.account, at=at)


def account_for(session: Session, currency: str) -> GatewayAccount:
    """The gateway account that takes the currency. Raises Refused where there is none."""
    account = queries.enabled_account(session, currency)
    if account is None:
        raise Refused("Payments in %(currency)s cannot be taken online yet. Nothing was charged.", currency=currency)
    return account


def currency_of(session: Session, customer: Customer) -> str:
    return customer.currency or businesses.read(session).currency


def _ask_about_other(customer_id: int, invoice_ref: str | None, wish: Wish, *, actor: Actor, at: datetime) -> str:
    """Whoever wants another way than the one that is open must say so, and the gateway is asked about that one first:
    it may be paid by now. Returns the reference that was asked about, empty for none."""
    with transaction() as session:
        invoice = invoices.of_customer(session, customer_id, invoice_ref) if invoice_ref else None
        sale = _sale(session, customers.with_id(session, customer_id), invoice, wish)
        live = _live(session, customer_id, invoice)
        if live is None or not is_open_payable(live) or _fits(live, sale, at):
            return ""
        known = payables.details(live)
        is_other = known.is_known and known.way != (wish.channel, wish.bank)
        if is_other and at < attempts.expires_at(live) and not wish.is_switching:
            raise PayableOpen("Another way to pay is open. If you have already sent the money, wait.")
        reference = live.reference
    ask_about(reference, actor=actor, at=at)
    return reference


def is_open_payable(attempt: Attempt) -> bool:
    """Does it wait for its payer, and for nobody else?"""
    return attempt.kind == AttemptKind.PAYABLE and attempt.status is AttemptStatus.ACTION_REQUIRED


def _live(session: Session, customer_id: int, invoice: Invoice | None) -> Attempt | None:
    if invoice is None:
        return queries.live_to_balance(session, customer_id)
    return queries.locked_live_attempt(session, invoice.id)


def _sale(session: Session, customer: Customer, invoice: Invoice | None, wish: Wish) -> Sale:
    """All that is open is asked for, or an allowed part of it, but no less than the gateway takes."""
    if invoice is not None:
        _owed.require_open(invoice)
    currency = invoice.currency if invoice else currency_of(session, customer)
    account = account_for(session, currency)
    if not _gateways.offers(account, wish.channel, wish.bank):
        raise Invalid("This way to pay is not offered.", field="channel")
    least = _gateways.minimum_of(account, currency)
    if invoice is None or wish.part is None:
        return Sale(customer, invoice, account, wish, to_collect(invoice.open, least) if invoice else least)
    if not businesses.read(session).policy("customer_may_pay_part"):
        raise Invalid("The invoice can only be paid as a whole.", field="amount")
    if wish.part.currency != currency or not max(least, Money(1, currency)) <= wish.part <= invoice.open:
        raise Invalid("Pay at most what is open, and no less than can be sent.", field="amount")
    return Sale(customer, invoice, account, wish, wish.part)


def _make_way(session: Session, sale: Sale, *, asked: str, at: datetime) -> Attempt | None:
    """What is open already and is just what is wanted; None when the way is free for a new one.

    A charge that was certainly not sent gives way; one that may have been sent does not: InDoubt.
    """
    live = _live(session, sale.customer.id, sale.invoice)
    if live is None:
        return None
    if live.status is AttemptStatus.WAITING:
        attempts.move(live, AttemptEvent.CANCELED, at=at)
        return None
    if live.status is not AttemptStatus.ACTION_REQUIRED:
        raise InDoubt("We are still waiting for your bank's answer. Please do not pay again; this page will tell you.")
    if live.kind == AttemptKind.CHARGE or _fits(live, sale, at):
        return live
    if live.reference != asked:
        raise InDoubt("Somebody else is just paying this invoice. Please look again in a moment.")
    attempts.supersede(live, at=at)
    session.flush()
    return None


def _fits(live: Attempt, sale: Sale, at: datetime) -> bool:
    """Is the open payable just what is wanted?"""
    known = payables.details(live)
    is_wanted = known.way == (sale.wish.channel, sale.wish.bank) and live.amount == sale.amount
    return known.is_known and is_wanted and at < attempts.expires_at(live)


def _commit_to(session: Session, sale: Sale, *, actor: Actor, at: datetime) -> Attempt:
    customer, invoice, wish, amount = sale.customer, sale.invoice, sale.wish, sale.amount
    customer.currency = customer.currency or amount.currency
    is_first = invoice is not None and invoice.kind == InvoiceKind.FIRST
    attempt = attempts.open_payable(
        session,
        customer_id=customer.id,
        invoice_id=invoice.id if invoice else None,
        account_id=sale.account.id,
        amount=amount,
        trigger=AttemptTrigger.FIRST_PURCHASE if is_first else AttemptTrigger.CUSTOMER,
        wanted=Details(channel=wish.channel, bank=wish.bank, keeps_method=wish.keeps_method),
        at=at,
    )
    audit.record(
        session, actor, "checkout.started", at=at, customer_id=customer.id, subject=attempt.reference,
        amount_minor=amount.minor, currency=amount.currency, channel=str(wish.channel), bank=wish.bank,
        invoice=invoice.ref if invoice else None,
    )  # fmt: skip
    return attempt


def _order(attempt: Attempt, sale: Sale) -> CheckoutOrder:
    wish = sale.wish
    return CheckoutOrder(
        reference=attempt.reference,
        amount=attempt.amount,
        payer_email=sale.customer.email,
        payer_name=sale.customer.name,
        return_url=wish.return_url.replace("{reference}", attempt.reference),
        cancel_url=wish.cancel_url.replace("{reference}", attempt.reference),
        saves_method=wish.keeps_method,
        channel=wish.channel,
        bank=wish.bank,
        notify_url=f"{current().app_url}/hooks/{sale.account.gateway}/{sale.account.hook_token}",
    )


def _ask(account: GatewayAccount, order: CheckoutOrder, *, is_second_question: bool) -> Payable:
    patience = _gateways.PATIENCE_OF_A_PAGE if is_second_question else None
    try:
        return _gateways.adapter_of(account, patience).checkout(order)
    except Refused as refusal:
        return Payable(Outcome.NOT_SENT, order.reference, reason=refusal.message)
    except Exception as error:
        log().error("checkout broke", reference=order.reference, error=repr(error), exc_info=error)
        return Payable(Outcome.UNKNOWN, order.reference, reason=repr(error))


def _record(attempt_id: int, payable: Payable, account: GatewayAccount, *, at: datetime) -> Opened:
    """Keep what can be paid. Without an answer nobody was sent anywhere; what may exist all the same is looked for."""
    with transaction() as session:
        owner = session.get_one(Attempt, attempt_id).customer_id
        customers.lock(session, owner)
        attempt = session.get_one(Attempt, attempt_id, populate_existing=True)
        attempt.reason = payable.reason
        if payable.outcome is Outcome.ACTION_REQUIRED:
            keep(attempt, payable, at=at)
            attempts.move(attempt, AttemptEvent.ACTION_REQUIRED, at=at)
        elif payable.outcome in (Outcome.NOT_SENT, Outcome.DECLINED):
            attempts.move(attempt, AttemptEvent.CANCELED, at=at)
        elif Ability.NO_DUPLICATES in opens(account.gateway).abilities:
            attempts.move(attempt, AttemptEvent.EXPIRED, at=at)
        else:
            attempts.move(attempt, AttemptEvent.LOST, at=at)
    if payable.outcome is not Outcome.ACTION_REQUIRED:
        raise PageNotOpened("The payment page could not be opened. Nothing was charged, please try again in a moment.")
    return Opened(attempt.reference, payable.link)


def keep(attempt: Attempt, payable: Payable, *, at: datetime) -> None:
    """Remember everything that its payer needs."""
    wanted = payables.details(attempt)
    attempt.payable = Details(
        channel=payable.channel,
        bank=wanted.bank,
        link=payable.link,
        number=payable.number,
        name=payable.name,
        qr=payable.qr,
        session=payable.session,
        transaction=payable.gateway_ref,
        amount=payable.amount,
        fee=payable.fee,
        expires_at=payable.expires_at or at + attempts.PAYABLE_LIVES,
        keeps_method=wanted.keeps_method,
    ).as_row()
