"""Payment methods: listed, chosen, removed, added by paying; and what became of a payment at the gateway."""

import re

from flask import Blueprint, abort, flash, g, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.actions.choose_payment_method import choose_payment_method
from portal.actions.confirm_return import confirm_return
from portal.actions.remove_payment_method import remove_payment_method
from portal.actions.start_checkout import adding_costs, start_checkout
from portal.core import clock
from portal.core.days import day
from portal.core.db import db
from portal.core.errors import NotFound, Refused
from portal.customers import queries as customers
from portal.identity.permissions import Permission, requires
from portal.invoicing import queries as invoices
from portal.invoicing.models import Invoice
from portal.payments import queries as payments
from portal.payments.models import Attempt
from portal.payments.states import AttemptKind, AttemptStatus
from portal.reporting import standing as standings
from portal.web.account import words
from portal.web.account.rows import method_rows
from portal.web.account.watching import answer_to_watch
from portal.web.forms import only_fields, posted_key
from portal.web.htmx import leave_for, see_other
from portal.web.refusals import said
from portal.web.wording import gettext as _

bp = Blueprint("account_payments", __name__, url_prefix="/account/payments")

REFERENCE = re.compile(r"at-[a-z0-9]{26}")


@bp.get("")
@requires(Permission.ACCOUNT_READ)
def show_methods() -> ResponseReturnValue:
    at = clock.now()
    standing = standings.standing(db.session(), g.customer_id, at=at, with_credits=False)
    return render_template(
        "account/payments/methods.html",
        methods=method_rows(standing, day(at, standing.customer.zone)),
        can_pay=Permission.ACCOUNT_PAY in g.permissions,
        balance=standing.balance,
    )


@bp.post("/methods/<ref>/default")
@requires(Permission.ACCOUNT_PAY)
def choose_default(ref: str) -> ResponseReturnValue:
    only_fields()
    choose_payment_method(ref, customer_id=g.customer_id, actor=g.actor, at=clock.now())
    flash(_("From now on this one is charged."), "good")
    return see_other(url_for(".show_methods"))


@bp.post("/methods/<ref>/remove")
@requires(Permission.ACCOUNT_PAY)
def remove(ref: str) -> ResponseReturnValue:
    only_fields()
    remove_payment_method(ref, customer_id=g.customer_id, actor=g.actor, at=clock.now())
    flash(_("Removed. It will not be charged again."), "good")
    return see_other(url_for(".show_methods"))


@bp.get("/add")
@requires(Permission.ACCOUNT_PAY)
def show_adding() -> ResponseReturnValue:
    """What will be paid is said before anybody is sent to the gateway."""
    session = db.session()
    customer = customers.with_id(session, g.customer_id)
    try:
        costs, refusal = adding_costs(session, customer), ""
    except Refused as refused:
        costs, refusal = None, said(refused)
    invoice = invoices.of_customer(session, g.customer_id, costs.invoice_ref) if costs and costs.invoice_ref else None
    return render_template("account/payments/add.html", costs=costs, invoice=invoice, refusal=refusal)


@bp.post("/add")
@requires(Permission.ACCOUNT_PAY)
def add() -> ResponseReturnValue:
    only_fields()
    posted_key()
    return leave_for(start_checkout(customer_id=g.customer_id, invoice_ref=None, actor=g.actor, at=clock.now()))


@bp.get("/return")
@requires(Permission.ACCOUNT_READ)
def come_back() -> ResponseReturnValue:
    """The gateway sends its customers here; that proves nothing, so it is asked."""
    reference = request.args.get("reference") or request.args.get("trxref") or ""
    if REFERENCE.fullmatch(reference) is None:
        abort(404)
    confirm_return(reference, customer_id=g.customer_id, at=clock.now())
    return see_other(url_for(".show_progress", reference=reference))


@bp.get("/cancelled/<reference>")
@requires(Permission.ACCOUNT_READ)
def show_cancelled(reference: str) -> ResponseReturnValue:
    """They turned back on the gateway's page. Nothing was paid, unless the gateway says otherwise later."""
    attempt, invoice = _mine(reference)
    return render_template("account/payments/cancelled.html", attempt=attempt, invoice=invoice)


@bp.get("/<reference>")
@requires(Permission.ACCOUNT_READ)
def show_progress(reference: str) -> ResponseReturnValue:
    attempt, invoice = _mine(reference)
    outcome = _outcome(attempt)
    answer = answer_to_watch(outcome)
    if answer is not None:
        return answer
    is_first = attempt.trigger == "first_purchase"
    return render_template(
        "account/payments/progress.html",
        attempt=attempt,
        invoice=invoice,
        outcome=outcome,
        reason=words.decline_said(attempt.decline),
        is_first=is_first,
        can_pay=Permission.ACCOUNT_PAY in g.permissions,
    )


def _mine(reference: str) -> tuple[Attempt, Invoice | None]:
    """One of the customer's own attempts and what it pays."""
    if REFERENCE.fullmatch(reference) is None:
        raise NotFound("There is no such payment.")
    attempt, _method = payments.own_attempt(db.session(), g.customer_id, reference)
    return attempt, invoices.with_id(db.session(), attempt.invoice_id) if attempt.invoice_id else None


def _outcome(attempt: Attempt) -> str:
    """paid, declined, checking, or open: a page of the gateway that was left without paying."""
    if attempt.status is AttemptStatus.SUCCEEDED:
        return "paid"
    if attempt.status is AttemptStatus.DECLINED:
        return "declined"
    if attempt.status in (AttemptStatus.CANCELED, AttemptStatus.EXPIRED, AttemptStatus.SUPERSEDED):
        return "over"
    if attempt.status is AttemptStatus.ACTION_REQUIRED and attempt.kind == AttemptKind.PAYABLE:
        return "asking"
    return "checking"
