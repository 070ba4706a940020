"""The staff's disputes: which payments banks want back, what we know about them, and our answer."""

from dataclasses import dataclass

from flask import Blueprint, flash, g, url_for
from flask.typing import ResponseReturnValue

from portal.actions.answer_dispute import NOTE_KINDS, answer_dispute, note_on_dispute
from portal.actions.resolve_disputes import ask_about_dispute
from portal.core import clock
from portal.core.db import db
from portal.core.errors import Invalid
from portal.identity.permissions import Permission, requires
from portal.payments import disputes
from portal.payments.dispute_states import OPEN, DisputeStatus
from portal.reporting import invoice_page, refund_list
from portal.reporting.refund_list import Filters
from portal.web.forms import ChoiceField, DayField, PortalForm, TextField, only_fields, posted_key, required
from portal.web.htmx import see_other, show
from portal.web.staff import deed_words, listing
from portal.web.staff.listing import Chip
from portal.web.wording import gettext
from portal.web.wording import lazy_gettext as _

bp = Blueprint("staff_disputes", __name__, url_prefix="/billing/disputes")


class EvidenceForm(PortalForm):
    """What we know about the disputed payment."""

    kind = ChoiceField(_("Kind"), [required()])
    known = TextField(_("What is known"), [required()])
    on = DayField(_("Happened on"))


class AnswerForm(PortalForm):
    """What the bank is told."""

    answer = ChoiceField(_("Our answer"), [required()])
    text = TextField(_("Why"), [required(_("Say why. The bank reads it."))])


@dataclass(frozen=True, slots=True)
class Said:
    """The forms on a dispute's page; the one that was sent wrongly comes with its errors."""

    evidence: EvidenceForm
    answer: AnswerForm


@bp.get("")
@requires(Permission.BILLING_READ)
def list_disputes() -> ResponseReturnValue:
    session, filters = db.session(), _filters()
    sheet = refund_list.disputes(session, filters, places=listing.places(), limit=listing.ROWS)
    count, totals = refund_list.dispute_sums(session, filters)
    return show(
        page="staff/disputes/list.html",
        fragment="staff/disputes/_disputes.html",
        rows=sheet.rows,
        turns=listing.turns(sheet),
        count=count,
        most=refund_list.MOST_COUNTED,
        totals=totals,
        tabs=listing.tab_links("tab", _tabs(), refund_list.dispute_counts(session), filters.tab, "open"),
        filters=filters,
        chips=listing.chips(_chips(filters)),
    )


@bp.get("/<ref>")
@requires(Permission.BILLING_READ)
def show_dispute(ref: str) -> ResponseReturnValue:
    return _page(ref)


@bp.post("/<ref>/ask")
@requires(Permission.BILLING_WRITE)
def ask(ref: str) -> ResponseReturnValue:
    """Ask the gateway now instead of at the next turn."""
    only_fields()
    posted_key()
    if ask_about_dispute(ref, actor=g.actor, at=clock.now()):
        flash(gettext("The gateway answered."), "good")
    else:
        flash(gettext("The gateway did not answer. Try again in a minute."), "wait")
    return see_other(url_for(".show_dispute", ref=ref))


@bp.post("/<ref>/evidence")
@requires(Permission.BILLING_WRITE)
def note(ref: str) -> ResponseReturnValue:
    form = _evidence()
    if not form.validate_on_submit():
        return _page(ref, evidence=form, status=422)
    try:
        note_on_dispute(ref, form.kind.data, form.known.data, happened_on=form.on.data, actor=g.actor, at=clock.now())
    except Invalid as error:
        form.refuse(error)
        return _page(ref, evidence=form, status=422)
    flash(gettext("Noted."), "good")
    return see_other(url_for(".show_dispute", ref=ref))


@bp.post("/<ref>/answer")
@requires(Permission.BILLING_WRITE)
def answer(ref: str) -> ResponseReturnValue:
    form = _answer()
    if not form.validate_on_submit():
        return _page(ref, answer=form, status=422)
    accepts = form.answer.data == "accept"
    try:
        goes_out = answer_dispute(ref, accepts=accepts, text=form.text.data, actor=g.actor, at=clock.now())
    except Invalid as error:
        form.refuse(error)
        return _page(ref, answer=form, status=422)
    flash(gettext("The answer goes out.") if goes_out else gettext("A second person was asked."), "good")
    return see_other(url_for(".show_dispute", ref=ref))


def _page(
    ref: str, *, evidence: EvidenceForm | None = None, answer: AnswerForm | None = None, status: int = 200
) -> ResponseReturnValue:
    session = db.session()
    row = refund_list.dispute(session, ref)
    dispute = row.Dispute
    return show(
        page="staff/disputes/show.html",
        fragment="staff/disputes/_dispute.html",
        status=status,
        row=row,
        dispute=dispute,
        notes=disputes.notes_of(session, dispute.id),
        kinds=dict(_kinds()),
        news=refund_list.news(session, row.reference, dispute.opened_at),
        forms=Said(evidence or _evidence(blank=True), answer or _answer(blank=True)),
        days=deed_words.by_day(invoice_page.activity(session, row.customer_id, ref)),
        may_write=Permission.BILLING_WRITE in g.permissions,
        may_answer=dispute.status is DisputeStatus.NEEDS_RESPONSE and dispute.answer is None and not row.approval_ref,
        is_open=dispute.status in OPEN,
        at=clock.now(),
    )


def _evidence(*, blank: bool = False) -> EvidenceForm:
    form = EvidenceForm(formdata=None, data={"kind": "service"}) if blank else EvidenceForm()
    form.kind.choices = _kinds()
    return form


def _answer(*, blank: bool = False) -> AnswerForm:
    form = AnswerForm(formdata=None, data={"answer": "contest"}) if blank else AnswerForm()
    form.answer.choices = [
        ("contest", gettext("Contest it with what we noted")),
        ("accept", gettext("Give the money back")),
    ]
    return form


def _kinds() -> list[tuple[str, str]]:
    words = {
        "service": gettext("Service given"),
        "delivery": gettext("Delivery address"),
        "message": gettext("Message from the customer"),
        "phone": gettext("Phone number of the customer"),
        "other": gettext("Something else"),
    }
    return [(kind, words[kind]) for kind in NOTE_KINDS]


def _filters() -> Filters:
    return Filters(
        tab=listing.picked("tab", refund_list.DISPUTE_TABS, "open"),
        words=listing.words(),
        currency=listing.currency_asked(),
        customer_ref=listing.words("customer"),
    )


def _chips(filters: Filters) -> list[Chip]:
    return listing.usual_chips(filters)


def _tabs() -> list[tuple[str, str]]:
    return [
        ("open", gettext("Open")),
        ("won", gettext("Won")),
        ("lost", gettext("Lost")),
        ("all", gettext("All")),
    ]
