"""An offer: what is paid today and why, what comes after, until when the price is held, and taking it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import Blueprint, flash, g, url_for
from flask.typing import ResponseReturnValue

from portal.actions.start_checkout import start_checkout
from portal.core import clock
from portal.core.days import day
from portal.core.db import db
from portal.core.errors import Refused
from portal.core.money import Money
from portal.identity.permissions import Permission, requires
from portal.invoicing import queries as invoices
from portal.invoicing.models import Invoice
from portal.invoicing.states import InvoiceStatus
from portal.payments import queries as payments
from portal.payments.models import Attempt
from portal.quotes import binding
from portal.quotes import queries as quotes
from portal.quotes.binding import QuoteOutdated
from portal.quotes.models import Quote
from portal.quotes.states import QuoteStatus
from portal.reporting import standing as standings
from portal.web.account import offers, words
from portal.web.account.plan_parts import losses
from portal.web.account.rows import MethodRow, line_row, method_row
from portal.web.account.watching import answer_to_watch
from portal.web.forms import only_fields, posted_key
from portal.web.htmx import leave_for, show
from portal.web.refusals import said

bp = Blueprint("account_quotes", __name__, url_prefix="/account/quotes")


@dataclass(frozen=True, slots=True)
class Hold:
    """How long the price is still held: minutes left of the whole, for the dial."""

    left: int
    whole: int

    @classmethod
    def of(cls, quote: Quote, at: datetime) -> "Hold":
        whole = round((quote.expires_at - quote.created_at) / timedelta(minutes=1))
        left = -((at - quote.expires_at) // timedelta(minutes=1))
        return cls(min(max(left, 0), whole), max(whole, 1))


@bp.get("/<ref>")
@requires(Permission.ACCOUNT_READ)
def show_quote(ref: str) -> ResponseReturnValue:
    return _show(mine(ref))


@bp.get("/<ref>/hold")
@requires(Permission.ACCOUNT_READ)
def show_hold(ref: str) -> ResponseReturnValue:
    """The dial alone, drawn anew; once it has run out, the page."""
    quote, at = mine(ref), clock.now()
    here = url_for(".show_quote", ref=ref)
    if not binding.is_open(quote, at):
        return leave_for(here)
    hold = Hold.of(quote, at)
    return show(
        page="account/quotes/hold.html",
        fragment="account/quotes/_hold.html",
        hold=hold,
        ref=ref,
        due=quote.due,
        expires_at=quote.expires_at,
    )


@bp.post("/<ref>/accept")
@requires(Permission.ACCOUNT_WRITE)
def accept(ref: str) -> ResponseReturnValue:
    only_fields()
    posted_key()
    quote, at = mine(ref), clock.now()
    try:
        offers.accept(quote, at=at)
    except QuoteOutdated as outdated:
        return _outdated(quote, outdated, at)
    except (binding.QuoteExpired, binding.QuoteReplaced):
        return _show(mine(ref), status=409)
    return _after(mine(ref), at)


@bp.post("/<ref>/again")
@requires(Permission.ACCOUNT_WRITE)
def ask_again(ref: str) -> ResponseReturnValue:
    """A fresh price for the same wish."""
    only_fields()
    fresh = offers.ask_again(db.session(), mine(ref), at=clock.now())
    return leave_for(url_for(".show_quote", ref=fresh))


def mine(ref: str) -> Quote:
    """The customer's own, as it is now; another's is not found."""
    return quotes.own(db.session(), g.customer_id, ref)


def _after(quote: Quote, at: datetime) -> ResponseReturnValue:
    """Where an accepted offer leads: to the gateway's page if it is to be paid there, else back to the offer."""
    invoice = invoices.of_quote(db.session(), quote.id)
    here = url_for(".show_quote", ref=quote.ref)
    if invoice is None or not _is_open(invoice) or Permission.ACCOUNT_PAY not in g.permissions:
        return leave_for(here)
    if payments.live_attempt(db.session(), invoice.id) is not None:
        return leave_for(here)
    invoice_ref = invoice.ref
    try:
        return leave_for(start_checkout(customer_id=g.customer_id, invoice_ref=invoice_ref, actor=g.actor, at=at))
    except Refused as refusal:
        flash(said(refusal), "warn")
        return leave_for(url_for("account_invoices.show_invoice", ref=invoice_ref))


def _outdated(quote: Quote, outdated: QuoteOutdated, at: datetime) -> ResponseReturnValue:
    """Shown and now side by side; nothing was charged. The fresh price is an offer of its own."""
    shown = offers.present(db.session(), quote)
    try:
        fresh_ref = offers.ask_again(db.session(), quote, at=at)
        fresh = offers.present(db.session(), mine(fresh_ref))
    except Refused:
        fresh = None
    return show(
        page="account/quotes/outdated.html",
        fragment="account/quotes/_outdated.html",
        status=409,
        shown=shown,
        fresh=fresh,
        shown_rows=[line_row(line) for line in shown.lines],
        fresh_rows=[line_row(line) for line in fresh.lines] if fresh else [],
        was=outdated.shown,
        now=outdated.now,
    )


def _show(quote: Quote, status: int = 200) -> ResponseReturnValue:
    session, at = db.session(), clock.now()
    invoice, attempt = None, None
    if quote.status is QuoteStatus.ACCEPTED:
        invoice = invoices.of_quote(session, quote.id)
        attempt = (
            next((one for one, _method in payments.tries_of_invoice(session, invoice.id)), None) if invoice else None
        )
    state = f"{_state(quote, at)}-{invoice.status if invoice else ''}-{attempt.status if attempt else ''}"
    answer = answer_to_watch(state)
    if answer is not None:
        return answer
    shown = offers.present(session, quote)
    return show(
        page="account/quotes/quote.html",
        fragment="account/quotes/_quote.html",
        status=status,
        quote=shown,
        state=_state(quote, at),
        watched=state,
        outcome=_outcome(invoice, attempt),
        invoice=invoice,
        reason=words.decline_said(attempt.decline) if attempt else "",
        rows=[line_row(line) for line in shown.lines],
        coming=offers.coming(shown),
        hold=Hold.of(quote, at),
        ref=quote.ref,
        due=quote.due,
        expires_at=quote.expires_at,
        method=_method(quote),
        lost=losses(session, shown),
        can_write=Permission.ACCOUNT_WRITE in g.permissions,
    )


def _state(quote: Quote, at: datetime) -> str:
    """open, accepted, expired or superseded, whether or not the clock has marked it yet."""
    return "open" if binding.is_open(quote, at) else "expired" if quote.status is QuoteStatus.OFFERED else quote.status


def _outcome(invoice: Invoice | None, attempt: Attempt | None) -> str:
    """What became of an accepted offer: done, checking, declined, unpaid, or lapsed."""
    if invoice is None or invoice.status is InvoiceStatus.PAID:
        return "done"
    if invoice.status is not InvoiceStatus.ISSUED:
        return "lapsed"
    if words.is_checking(attempt):
        return "checking"
    return "declined" if attempt is not None and attempt.status == "declined" else "unpaid"


def _method(quote: Quote) -> MethodRow | None:
    """What would be charged."""
    if quote.due_minor <= 0 or quote.status is not QuoteStatus.OFFERED:
        return None
    today = day(clock.now(), g.zone)
    held = payments.methods_in_use(db.session(), g.customer_id)
    method = standings.usable_of(held, quote.subscription_id, today)
    return method_row(method, [], today) if method else None


def _is_open(invoice: Invoice) -> bool:
    return invoice.status is InvoiceStatus.ISSUED and invoice.open > Money.zero(invoice.currency)
