"""What is done with an item of the money inbox. Each deed shows the item behind it."""

from flask import Blueprint, flash, g, request, url_for
from flask.typing import ResponseReturnValue

from portal.actions._recording import NotUnmatched
from portal.actions._wires import NeedsALook, Part
from portal.actions.accept_money import accept_money
from portal.actions.accept_proof import Arrived, accept_proof, accept_proof_as
from portal.actions.finish_task import finish_task
from portal.actions.ignore_money import ignore_money
from portal.actions.recognise_line import recognise_line
from portal.actions.reject_proof import reject_proof
from portal.banking import accounts, inbox
from portal.core import clock
from portal.core.db import db
from portal.core.errors import Invalid
from portal.identity.permissions import Permission, requires
from portal.payments import queries as payments
from portal.reporting import money_inbox
from portal.web.filters import written
from portal.web.forms import only_fields, posted_key
from portal.web.htmx import see_other
from portal.web.reading import Unreadable, read_amount, read_day
from portal.web.refusals import said
from portal.web.staff import listing
from portal.web.staff.money_inbox import inbox_page
from portal.web.wording import gettext as _

bp = Blueprint("money_inbox_deeds", __name__, url_prefix="/billing/money-inbox")

MOST_INVOICES = 20
AROUND = ("following", "kind")


@bp.post("/money/<ref>/accept")
@requires(Permission.BILLING_WRITE)
def accept(ref: str) -> ResponseReturnValue:
    """It pays the invoices that were ticked, or is put on the balance of the customer that was chosen."""
    only_fields("invoices", "customer", *AROUND)
    posted_key()
    refs = request.form.getlist("invoices")
    session = db.session()
    owed = inbox.with_refs(session, refs[:MOST_INVOICES], payments.payment_by_ref(session, ref).currency)
    people = {one.customer_ref for one in owed} or {request.form.get("customer", "")} - {""}
    if len(owed) < len(refs):
        return inbox_page(ref=ref, error=_("An invoice of these is not open any more. Look again."), status=409)
    if not people:
        return inbox_page(ref=ref, error=_("Tick what it pays, or look for it."), status=422)
    if len(people) > 1:
        return inbox_page(ref=ref, error=_("These invoices are of several customers. Tick those of one."), status=422)
    parts = [Part(one.ref) for one in owed]
    try:
        accept_money(ref, people.pop(), parts, actor=g.actor, at=clock.now())
    except NotUnmatched:
        return _on(_("Somebody else was quicker: this money has an owner already."), "wait")
    return _on(_("Booked."))


@bp.post("/money/<ref>/same")
@requires(Permission.BILLING_WRITE)
def recognise(ref: str) -> ResponseReturnValue:
    """It was recorded before."""
    only_fields("payment", *AROUND)
    posted_key()
    recognise_line(ref, request.form.get("payment", ""), actor=g.actor, at=clock.now())
    return _on(_("It is one payment now."))


@bp.post("/money/<ref>/ignore")
@requires(Permission.BILLING_WRITE)
def ignore(ref: str) -> ResponseReturnValue:
    only_fields("reason", *AROUND)
    ignore_money(ref, reason=listing.reason_given(), actor=g.actor, at=clock.now())
    return _on(_("Ignored. It can be taken back from its statement."))


@bp.post("/proofs/<ref>/accept")
@requires(Permission.BILLING_WRITE)
def confirm(ref: str) -> ResponseReturnValue:
    """The money is in the bank as these fields say; what may be booked already was looked at, or is shown."""
    only_fields("account", "amount", "value_on", "seen", *AROUND)
    posted_key()
    try:
        arrived = _arrived()
        done = accept_proof(ref, arrived, looked_at=request.form.getlist("seen"), actor=g.actor, at=clock.now())
    except Invalid as wrong:
        return inbox_page(ref=ref, error=said(wrong), wrong=wrong.field, typed=request.form, status=422)
    except NeedsALook as doubts:
        return inbox_page(ref=ref, error=said(doubts), typed=request.form, doubts=doubts.questions, status=409)
    if done.startswith("apr_"):
        return _on(_("This is above your limit. Somebody else was asked to approve it; nothing is booked yet."), "wait")
    return _on(_("Booked. The customer is told."))


@bp.post("/proofs/<ref>/same")
@requires(Permission.BILLING_WRITE)
def confirm_as(ref: str) -> ResponseReturnValue:
    """It shows a payment that is in the books already."""
    only_fields("payment", *AROUND)
    posted_key()
    accept_proof_as(ref, request.form.get("payment", ""), actor=g.actor, at=clock.now())
    return _on(_("Confirmed. The customer is told."))


@bp.post("/proofs/<ref>/reject")
@requires(Permission.BILLING_WRITE)
def reject(ref: str) -> ResponseReturnValue:
    only_fields("reason", *AROUND)
    reject_proof(ref, reason=listing.reason_given(), actor=g.actor, at=clock.now())
    return _on(_("Rejected. The customer is told why."))


@bp.post("/surplus/<ref>/keep")
@requires(Permission.BILLING_WRITE)
def keep(ref: str) -> ResponseReturnValue:
    """It stays on the customer's balance."""
    only_fields("reason", *AROUND)
    task = money_inbox.surplus(db.session(), ref).Task
    finish_task(task.id, reason=listing.reason_given(), actor=g.actor, at=clock.now())
    return _on(_("It stays on the balance."))


def _arrived() -> Arrived:
    """What staff saw in the bank, or Invalid with the field."""
    account = accounts.by_ref(db.session(), request.form.get("account", ""))
    try:
        amount = read_amount(request.form.get("amount", ""), account.currency, written())
    except Unreadable:
        raise Invalid(_("Write an amount."), field="amount") from None
    try:
        return Arrived(account.ref, amount, read_day(request.form.get("value_on", "")))
    except Unreadable:
        raise Invalid(_("Choose a day, or write it as year-month-day."), field="value_on") from None


def _on(words: str, tone: str = "good") -> ResponseReturnValue:
    """Say it, and show the next item of the same list."""
    flash(words, tone)
    following, kind = request.form.get("following", ""), request.form.get("kind", "")
    return see_other(url_for("money_inbox.show_inbox", kind=kind or None, item=following or None))
