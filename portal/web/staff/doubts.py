"""The staff's attempts in doubt: how old, what was heard last, asking the gateway, and settling with evidence."""

from flask import Blueprint, flash, g, url_for
from flask.typing import ResponseReturnValue

from portal.actions._attempt_asked import Verdict
from portal.actions.settle_attempt import Evidence, settle_attempt
from portal.banking.uploads import LARGEST
from portal.core import clock
from portal.core.db import db
from portal.core.errors import Invalid
from portal.gateways.registry import gateway_name
from portal.identity.permissions import Permission, requires
from portal.payments.states import IN_DOUBT
from portal.reporting import doubt_list, payment_page
from portal.reporting.doubt_list import Filters
from portal.web.files import file_answer
from portal.web.forms import ChoiceField, LineField, MoneyField, PortalForm, TextField, UploadField, required
from portal.web.htmx import see_other, show
from portal.web.staff import listing
from portal.web.staff.listing import Chip
from portal.web.wording import gettext
from portal.web.wording import lazy_gettext as _

bp = Blueprint("staff_doubts", __name__, url_prefix="/billing/attempts-in-doubt")


class SettleForm(PortalForm):
    """What became of the attempt, and what shows it."""

    verdict = ChoiceField(_("What became of it"), [required()])
    amount = MoneyField(_("Amount"))
    gateway_ref = LineField(_("The gateway's number of the transaction"))
    reason = TextField(_("What the evidence is"), [required(_("Say what the evidence is."))])
    file = UploadField(_("Evidence, as PDF or picture"), [required(_("Add the evidence."))], most=LARGEST)


@bp.get("")
@requires(Permission.BILLING_READ)
def list_doubts() -> ResponseReturnValue:
    session, at, filters = db.session(), clock.now(), _filters()
    sheet = doubt_list.page(session, filters, at=at, places=listing.places(), limit=listing.ROWS)
    count, totals = doubt_list.sums(session, filters, at=at)
    return show(
        page="staff/doubts/list.html",
        fragment="staff/doubts/_doubts.html",
        rows=sheet.rows,
        turns=listing.turns(sheet),
        count=count,
        totals=totals,
        filters=filters,
        chips=listing.chips(_chips(filters)),
        can_ask=Permission.BILLING_WRITE in g.permissions,
        can_settle=Permission.OPERATIONS_WRITE in g.permissions,
        at=at,
    )


@bp.get("/<reference>/settle")
@requires(Permission.OPERATIONS_WRITE)
def begin_settling(reference: str) -> ResponseReturnValue:
    return _page(reference, _form(reference, blank=True))


@bp.post("/<reference>/settle")
@requires(Permission.OPERATIONS_WRITE)
def settle(reference: str) -> ResponseReturnValue:
    form = _form(reference)
    if not form.validate_on_submit():
        return _page(reference, form, status=422)
    evidence = Evidence(
        Verdict(form.verdict.data), form.reason.data, form.file.data, amount=form.amount.data,
        gateway_ref=form.gateway_ref.data or "",
    )  # fmt: skip
    try:
        settle_attempt(reference, evidence, actor=g.actor, at=clock.now())
    except Invalid as error:
        form.refuse(error)
        return _page(reference, form, status=422)
    flash(gettext("A second person was asked. Nothing changes before they agree."), "good")
    return see_other(url_for("staff_payments.show_attempt", reference=reference))


@bp.get("/<reference>/evidence")
@requires(Permission.BILLING_READ)
def show_evidence(reference: str) -> ResponseReturnValue:
    """The file that was shown, to be saved, never to be shown by the browser."""
    asked = doubt_list.settling(db.session(), reference)
    facts = asked.facts if asked is not None else {}
    return file_answer(facts.get("proof_name"), str(facts.get("proof_type", "")), reference)


def _page(reference: str, form: SettleForm, *, status: int = 200) -> ResponseReturnValue:
    row = payment_page.attempt(db.session(), reference)
    return show(
        page="staff/doubts/settle.html",
        fragment="staff/doubts/_settle.html",
        status=status,
        row=row,
        attempt=row.Attempt,
        form=form,
        is_in_doubt=row.Attempt.status in IN_DOUBT,
    )


def _form(reference: str, *, blank: bool = False) -> SettleForm:
    attempt = payment_page.attempt(db.session(), reference).Attempt
    form = SettleForm(formdata=None, data={"verdict": "paid", "amount": attempt.amount}) if blank else SettleForm()
    form.amount.currency = attempt.currency
    form.verdict.choices = [
        ("paid", gettext("It was paid")),
        ("declined", gettext("It was declined")),
        ("never_sent", gettext("It never reached the gateway")),
    ]
    return form


def _filters() -> Filters:
    return Filters(
        words=listing.words(),
        currency=listing.currency_asked(),
        gateway=listing.picked("gateway", ("paystack", "ipaymu")),
        age=listing.picked("age", doubt_list.AGES),
    )


def _chips(filters: Filters) -> list[Chip]:
    ages = {"day": gettext("more than a day"), "hour": gettext("more than an hour")}
    return [
        Chip("q", gettext("Search"), filters.words),
        Chip("currency", gettext("Currency"), filters.currency),
        Chip("gateway", gettext("Gateway"), gateway_name(filters.gateway)),
        Chip("age", gettext("In doubt for"), ages.get(filters.age, "")),
    ]
