"""The staff's refunds: what is on its way back, what waits for a person, and one refund with its trail."""

from dataclasses import dataclass

from flask import Blueprint, flash, g, url_for
from flask.typing import ResponseReturnValue

from portal.actions.cancel_refund import cancel_refund
from portal.actions.give_bank_details import give_bank_details
from portal.actions.record_refund import Transferred, record_refund
from portal.actions.request_refund import refundable_now, request_refund, ways_of
from portal.actions.resolve_refunds import ask_about_refund
from portal.banking import accounts
from portal.banking.uploads import LARGEST
from portal.core import clock
from portal.core.db import db
from portal.core.errors import Invalid, Refused
from portal.gateways.registry import gateway_name
from portal.identity.permissions import Permission, requires
from portal.payments import queries, refunds
from portal.payments.refund_states import CLOSED, RefundStatus, RefundWay
from portal.reporting import invoice_page, payment_page, refund_list
from portal.reporting.refund_list import Filters
from portal.web.files import file_answer
from portal.web.forms import (
    ChoiceField,
    DayField,
    LineField,
    MoneyField,
    PortalForm,
    UploadField,
    only_fields,
    posted_key,
    required,
)
from portal.web.htmx import leave_for, see_other, show
from portal.web.refusals import said
from portal.web.staff import deed_words, listing
from portal.web.staff.listing import Chip
from portal.web.wording import gettext
from portal.web.wording import lazy_gettext as _

bp = Blueprint("staff_refunds", __name__, url_prefix="/billing")


class RefundForm(PortalForm):
    """How much of the balance goes back, how and why."""

    amount = MoneyField(_("Amount"), [required()])
    way = ChoiceField(_("How"), [required()])
    reason = LineField(_("Reason"), [required(_("Say why. The reason is kept with the deed."))])


class DetailsForm(PortalForm):
    """The payer's own bank account."""

    number = LineField(_("Account number"), [required()])
    bank = LineField(_("Bank, by its number at the gateway"), [required()])


class TransferForm(PortalForm):
    """What was transferred by hand."""

    account = ChoiceField(_("From our account"), [required()])
    reference = LineField(_("Reference of the bank"), [required()])
    on = DayField(_("Transferred on"), [required()])
    file = UploadField(_("Proof, as PDF or picture"), [required(_("Add the proof."))], most=LARGEST)


@dataclass(frozen=True, slots=True)
class Asked:
    """The forms on a refund's page; the one that was sent wrongly comes with its errors."""

    details: DetailsForm
    transfer: TransferForm


@bp.get("/refunds")
@requires(Permission.BILLING_READ)
def list_refunds() -> ResponseReturnValue:
    session, filters = db.session(), _filters()
    sheet = refund_list.refunds(session, filters, places=listing.places(), limit=listing.ROWS)
    count, totals = refund_list.refund_sums(session, filters)
    return show(
        page="staff/refunds/list.html",
        fragment="staff/refunds/_refunds.html",
        rows=sheet.rows,
        turns=listing.turns(sheet),
        count=count,
        most=refund_list.MOST_COUNTED,
        totals=totals,
        tabs=listing.tab_links("tab", _tabs(), refund_list.counts(session), filters.tab, "attention"),
        filters=filters,
        chips=listing.chips(_chips(filters)),
    )


@bp.get("/refunds/<ref>")
@requires(Permission.BILLING_READ)
def show_refund(ref: str) -> ResponseReturnValue:
    return _page(ref)


@bp.get("/refunds/<ref>/proof")
@requires(Permission.BILLING_READ)
def show_proof(ref: str) -> ResponseReturnValue:
    """The file that proves a transfer, to be saved, never to be shown by the browser."""
    evidence = refunds.by_ref(db.session(), ref).evidence or {}
    return file_answer(evidence.get("proof_name"), str(evidence.get("proof_type", "")), ref)


@bp.post("/refunds/<ref>/ask")
@requires(Permission.BILLING_WRITE)
def ask(ref: str) -> ResponseReturnValue:
    """Ask the gateway now instead of at the next turn."""
    only_fields()
    posted_key()
    ask_about_refund(ref, actor=g.actor, at=clock.now())
    is_over = refunds.by_ref(db.session(), ref).status in CLOSED
    flash(gettext("The gateway answered.") if is_over else gettext("The gateway was asked. It is still on its way."))
    return see_other(url_for(".show_refund", ref=ref))


@bp.post("/refunds/<ref>/cancel")
@requires(Permission.BILLING_WRITE)
def cancel(ref: str) -> ResponseReturnValue:
    only_fields("reason")
    cancel_refund(ref, reason=listing.reason_given(), actor=g.actor, at=clock.now())
    flash(gettext("Called off. The money is on the customer's balance."), "good")
    return see_other(url_for(".show_refund", ref=ref))


@bp.post("/refunds/<ref>/details")
@requires(Permission.BILLING_WRITE)
def give_details(ref: str) -> ResponseReturnValue:
    form = DetailsForm()
    if not form.validate_on_submit():
        return _page(ref, details=form, status=422)
    try:
        give_bank_details(ref, number=form.number.data, bank=form.bank.data, actor=g.actor, at=clock.now())
    except Invalid as error:
        form.refuse(error)
        return _page(ref, details=form, status=422)
    flash(gettext("The bank details are passed on to the gateway."), "good")
    return see_other(url_for(".show_refund", ref=ref))


@bp.post("/refunds/<ref>/transferred")
@requires(Permission.BILLING_WRITE)
def record_transfer(ref: str) -> ResponseReturnValue:
    form = TransferForm()
    form.account.choices = _account_choices(ref)
    if not form.validate_on_submit():
        return _page(ref, transfer=form, status=422)
    done = Transferred(form.account.data, form.reference.data, form.on.data, form.file.data)
    try:
        record_refund(ref, done, actor=g.actor, at=clock.now())
    except Invalid as error:
        form.refuse(error)
        return _page(ref, transfer=form, status=422)
    flash(gettext("Recorded as refunded."), "good")
    return see_other(url_for(".show_refund", ref=ref))


@bp.get("/payments/<ref>/refund")
@requires(Permission.BILLING_WRITE)
def begin_refund(ref: str) -> ResponseReturnValue:
    return _write(ref, None)


@bp.post("/payments/<ref>/refund")
@requires(Permission.BILLING_WRITE)
def send_refund(ref: str) -> ResponseReturnValue:
    form = _form(ref)
    if not form.validate_on_submit():
        return _write(ref, form, status=422)
    try:
        refund_ref = request_refund(
            ref,
            form.amount.data,
            reason=form.reason.data,
            way=RefundWay(form.way.data),
            form_key=form.form_key.data,
            actor=g.actor,
            at=clock.now(),
        )
    except Invalid as error:
        form.refuse(error)
        return _write(ref, form, status=422)
    except Refused as refused:
        form.form_errors.append(said(refused))
        return _write(ref, form, status=409)
    waits = refunds.by_ref(db.session(), refund_ref).status is RefundStatus.REQUESTED
    flash(gettext("A second person was asked.") if waits else gettext("The refund goes out."), "good")
    return leave_for(url_for(".show_refund", ref=refund_ref))


def _write(ref: str, form: RefundForm | None, *, status: int = 200) -> ResponseReturnValue:
    session = db.session()
    row = payment_page.payment(session, ref)
    most = refundable_now(session, row.Payment)
    if form is None:
        form = _form(ref, amount=most if most.is_positive else None)
    under_way = refunds.live_of(session, row.Payment.id)
    return show(
        page="staff/refunds/write.html",
        fragment="staff/refunds/_write.html",
        status=status,
        row=row,
        payment=row.Payment,
        form=form,
        most=most,
        left=refunds.left_of(row.Payment),
        under_way=under_way,
    )


def _form(ref: str, **filled: object) -> RefundForm:
    session = db.session()
    payment = queries.payment_by_ref(session, ref)
    ways = ways_of(session, payment)
    form = RefundForm(formdata=None, data=filled | {"way": str(ways[0])}) if filled else RefundForm()
    form.amount.currency = payment.currency
    words = {
        RefundWay.GATEWAY: gettext("Through the gateway, back to what paid"),
        RefundWay.BY_HAND: gettext("By hand, by bank transfer"),
    }
    form.way.choices = [(str(way), words[way]) for way in ways]
    return form


def _page(
    ref: str, *, details: DetailsForm | None = None, transfer: TransferForm | None = None, status: int = 200
) -> ResponseReturnValue:
    session = db.session()
    row = refund_list.refund(session, ref)
    if transfer is None:
        transfer = TransferForm(formdata=None)
        transfer.account.choices = _account_choices(ref)
    return show(
        page="staff/refunds/show.html",
        fragment="staff/refunds/_refund.html",
        status=status,
        row=row,
        refund=row.Refund,
        forms=Asked(details or DetailsForm(formdata=None), transfer),
        entries=payment_page.entries(session, ref),
        news=refund_list.news(session, row.reference, row.Refund.created_at),
        days=deed_words.by_day(invoice_page.activity(session, row.customer_id, ref)),
        may_write=Permission.BILLING_WRITE in g.permissions,
        may_cancel=row.Refund.status in (RefundStatus.REQUESTED, RefundStatus.APPROVED) and not row.Refund.sends,
        is_open=row.Refund.status not in CLOSED,
    )


def _account_choices(ref: str) -> list[tuple[str, str]]:
    session = db.session()
    refund = refunds.by_ref(session, ref)
    return [(one.ref, f"{one.name}, {one.bank}") for one in accounts.open_ones(session, refund.currency)]


def _filters() -> Filters:
    return Filters(
        tab=listing.picked("tab", refund_list.TABS, "open"),
        words=listing.words(),
        currency=listing.currency_asked(),
        customer_ref=listing.words("customer"),
        gateway=listing.picked("gateway", ("paystack", "ipaymu")),
        way=listing.picked("way", list(RefundWay)),
    )


def _chips(filters: Filters) -> list[Chip]:
    ways = {"gateway": gettext("through the gateway"), "by_hand": gettext("by hand")}
    return [
        *listing.usual_chips(filters),
        Chip("gateway", gettext("Gateway"), gateway_name(filters.gateway)),
        Chip("way", gettext("How"), ways.get(filters.way, "")),
    ]


def _tabs() -> list[tuple[str, str]]:
    return [
        ("open", gettext("Open")),
        ("attention", gettext("Needs a person")),
        ("done", gettext("Refunded")),
        ("failed", gettext("Failed or called off")),
        ("all", gettext("All")),
    ]
