"""The customer's invoices: the list, one as it was issued, and paying it."""

import re

from flask import Blueprint, flash, g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import BadRequest

from portal.actions.confirm_return import confirm_return
from portal.actions.pay_invoice import pay_invoice
from portal.actions.revoke_pay_links import revoke_pay_links
from portal.core import clock
from portal.core.days import day
from portal.core.db import db
from portal.identity.permissions import Permission, requires
from portal.invoicing import listing, pay_links
from portal.invoicing import queries as invoices
from portal.invoicing.listing import Filters
from portal.invoicing.models import Invoice
from portal.invoicing.presentation import Settled, state_of
from portal.payments import queries as payments
from portal.payments import receipts, refunds
from portal.payments.states import AttemptStatus, AttemptTrigger
from portal.reporting import standing as standings
from portal.web.account import words
from portal.web.account.rows import MethodRow, invoice_row, line_row, method_row
from portal.web.account.watching import answer_to_watch
from portal.web.filters import url_here, written
from portal.web.forms import LineField, PortalForm, only_fields, posted_key
from portal.web.htmx import see_other, show
from portal.web.pay.doors import Doors
from portal.web.pay.opening import Mistake, open_chosen
from portal.web.pay.till import state_of as state_of_panel
from portal.web.pay.till import till
from portal.web.pay.ways import way_said
from portal.web.session import settings
from portal.web.statuses import status_word
from portal.web.wording import gettext

bp = Blueprint("account_invoices", __name__, url_prefix="/account/invoices")

LONGEST_NUMBER = 40


class PayForm(PortalForm):
    """`method`: the reference of a stored one; empty for the one that is usually charged."""

    method = LineField(most=40)


@bp.get("")
@requires(Permission.ACCOUNT_READ)
def show_invoices() -> ResponseReturnValue:
    session, today = db.session(), day(clock.now(), g.zone)
    filters = _filters()
    older, newer = _id("after"), _id("before")
    page = listing.page_of_customer(session, g.customer_id, filters, today=today, older_than=older, newer_than=newer)
    return show(
        page="account/invoices/list.html",
        fragment="account/invoices/_invoices.html",
        rows=[invoice_row(row, state_of(row, today)) for row in page.invoices],
        earlier=page.invoices[0].id if page.has_newer and page.invoices else None,
        later=page.invoices[-1].id if page.has_older and page.invoices else None,
        totals=listing.totals_of_customer(session, g.customer_id, filters, today=today),
        years=listing.years_of_customer(session, g.customer_id),
        states=_tabs(filters),
        chosen=_chosen(filters),
        filters=filters,
    )


@bp.get("/<ref>")
@requires(Permission.ACCOUNT_READ)
def show_invoice(ref: str) -> ResponseReturnValue:
    return _page(mine(ref))


def _page(invoice: Invoice, mistake: Mistake | None = None, status: int = 200) -> ResponseReturnValue:
    session, at, ref = db.session(), clock.now(), invoice.ref
    tries = payments.tries_of_invoice(session, invoice.id)
    latest = tries[0][0] if tries else None
    answer = answer_to_watch(state_of_panel(invoice, latest))
    if answer is not None:
        return answer
    today = day(at, g.zone)
    notes = invoices.credit_notes_of(session, invoice.id) if invoice.noted_minor else []
    was_paid = invoice.paid_minor or any(one.status is AttemptStatus.SUCCEEDED for one, _method in tries)
    settled: list[Settled] | None = None if was_paid else []
    shown = receipts.shown(session, invoice, reader=written(), at=at, notes=notes, settled=settled)
    receipt = next((one.ref for one in reversed(shown.settled) if one.kind == "payment"), "")
    return show(
        page="account/invoices/invoice.html",
        fragment="pay/_pay.html",
        status=status,
        mistake=mistake,
        invoice=shown,
        rows=[line_row(line) for line in shown.lines],
        notes=[(note, words.note_said(note)) for note in notes],
        today=today,
        till=till(session, invoice, at=at, latest=latest),
        doors=_doors(ref, receipt),
        tries=[(attempt, words.method_said(method) if method else way_said(attempt)) for attempt, method in tries],
        cards=_cards(invoice) if shown.is_payable else [],
        refunds=refunds.of_invoice(session, invoice.id) if was_paid else [],
        last_payment=receipt,
        link=pay_links.address(invoice, settings(), at) if shown.is_payable else "",
        can_pay=Permission.ACCOUNT_PAY in g.permissions,
    )


@bp.post("/<ref>/pay")
@requires(Permission.ACCOUNT_PAY)
def pay(ref: str) -> ResponseReturnValue:
    """Commit to charging a stored method; a worker takes it, and the page tells how it went."""
    mine(ref)
    form = PayForm()
    if not form.validate():
        raise BadRequest
    method = form.method.data or None
    pay_invoice(ref, method_ref=method, trigger=AttemptTrigger.CUSTOMER, actor=g.actor, at=clock.now())
    return see_other(url_for(".show_invoice", ref=ref))


@bp.get("/<ref>/pay")
@requires(Permission.ACCOUNT_READ)
def show_paying(ref: str) -> ResponseReturnValue:
    """The address of the panel alone; it stands beside the invoice."""
    mine(ref)
    return redirect(url_for(".show_invoice", ref=ref, _anchor="pay"))


@bp.post("/<ref>/open")
@requires(Permission.ACCOUNT_PAY)
def open_way(ref: str) -> ResponseReturnValue:
    """On the gateway's page, to an account number or by a code."""
    invoice = mine(ref)
    return open_chosen(
        invoice,
        path=url_for(".show_invoice", ref=ref),
        keeps_method=True,
        actor=g.actor,
        again=lambda mistake: _page(invoice, mistake, status=422),
    )


@bp.post("/<ref>/look")
@requires(Permission.ACCOUNT_PAY)
def look_again(ref: str) -> ResponseReturnValue:
    """They say that they have paid: the gateway is asked at once instead of later."""
    only_fields()
    return _ask(mine(ref))


@bp.get("/<ref>/back")
@requires(Permission.ACCOUNT_READ)
def come_back(ref: str) -> ResponseReturnValue:
    """The gateway sends its payers here; that proves nothing, so it is asked."""
    return _ask(mine(ref))


@bp.post("/<ref>/links/revoke")
@requires(Permission.ACCOUNT_PAY)
def revoke_links(ref: str) -> ResponseReturnValue:
    """Links that others have for paying the invoice open nothing any more."""
    mine(ref)
    only_fields()
    posted_key()
    revoke_pay_links(ref, customer_id=g.customer_id, actor=g.actor, at=clock.now())
    flash(gettext("Earlier payment links of this invoice open nothing any more."), "good")
    return see_other(url_for(".show_invoice", ref=ref))


def _ask(invoice: Invoice) -> ResponseReturnValue:
    latest = next(iter(payments.attempts_of_invoice(db.session(), invoice.id)), None)
    if latest is not None:
        confirm_return(latest.reference, customer_id=g.customer_id, at=clock.now())
    return see_other(url_for(".show_invoice", ref=invoice.ref))


def _doors(ref: str, receipt: str) -> Doors:
    return Doors(
        here=url_for(".show_invoice", ref=ref),
        open=url_for(".open_way", ref=ref),
        look=url_for(".look_again", ref=ref),
        charge=url_for(".pay", ref=ref),
        proof=url_for("account_proofs.show_proofs", ref=ref),
        receipt=url_for("account_papers.receipt_pdf", ref=ref, payment=receipt) if receipt else "",
    )


def mine(ref: str) -> Invoice:
    """The customer's own, issued; anything else is not found."""
    return invoices.of_customer(db.session(), g.customer_id, ref)


def _filters() -> Filters:
    """What the address narrows the list to; what it cannot mean is passed over."""
    state, year = request.args.get("state", ""), request.args.get("year", "")
    return Filters(
        state=state if state in listing.STATES else "",
        year=int(year) if re.fullmatch(r"2[01][0-9]{2}", year) else None,
        number=request.args.get("number", "").strip()[:LONGEST_NUMBER],
    )


def _tabs(filters: Filters) -> list[tuple[str, str, None, bool, bool]]:
    """All, then each state that can be asked for."""
    names = {"": gettext("All"), **{state: status_word(state, "invoice") for state in listing.STATES}}
    return [
        (name, url_here(state=state or None, after=None, before=None), None, state == filters.state, False)
        for state, name in names.items()
    ]


def _chosen(filters: Filters) -> list[tuple[str, str, str]]:
    """The filters besides the state, each with the address without it."""
    chosen = [("number", gettext("Number"), filters.number), ("year", gettext("Year"), str(filters.year or ""))]
    return [
        (said, value, url_here(**{name: None, "after": None, "before": None})) for name, said, value in chosen if value
    ]


def _id(name: str) -> int | None:
    text = request.args.get(name, "")
    return int(text) if re.fullmatch(r"[0-9]{1,18}", text) else None


def _cards(invoice: Invoice) -> list[MethodRow]:
    """The stored methods, the one that is usually charged first; those that cannot be used stay visible."""
    today = day(clock.now(), g.zone)
    held = payments.methods_in_use(db.session(), g.customer_id)
    usual = standings.usable_of(held, invoice.subscription_id, today)
    rows = [(method is not usual, method_row(method, [], today)) for method, _chosen in held]
    return [row for _place, row in sorted(rows, key=lambda pair: (pair[0], not pair[1].is_usable))]
