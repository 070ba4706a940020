"""What staff do on a dunning case. Each deed leads back to the case, which then says what became of it."""

from datetime import date

from flask import Blueprint, flash, g, request, url_for
from flask.typing import ResponseReturnValue

from portal.actions.claim_case import claim_case
from portal.actions.note_on_case import note_on_case
from portal.actions.pause_dunning import pause_dunning, resume_dunning
from portal.actions.remind_customer import remind_customer
from portal.actions.retry_debt import retry_debt
from portal.actions.stop_dunning import stop_dunning
from portal.actions.suspend_for_debt import suspend_for_debt
from portal.core import clock
from portal.core.db import db
from portal.core.errors import Invalid
from portal.dunning.states import PauseKind
from portal.identity.permissions import Permission, requires
from portal.reporting import dunning_case
from portal.web.filters import written
from portal.web.forms import only_fields, posted_key
from portal.web.htmx import see_other
from portal.web.reading import Unreadable, read_day
from portal.web.staff.dunning import NoteForm, PromiseForm, case_page
from portal.web.staff.listing import reason_given
from portal.web.wording import gettext as _
from portal.web.wording import ngettext

bp = Blueprint("staff_dunning_deeds", __name__, url_prefix="/billing/dunning/<ref>")


@bp.post("/remind")
@requires(Permission.BILLING_WRITE)
def remind(ref: str) -> ResponseReturnValue:
    only_fields()
    posted_key()
    remind_customer(ref, actor=g.actor, at=clock.now())
    return _back(ref, _("The reminder is on its way."))


@bp.post("/retry")
@requires(Permission.BILLING_WRITE)
def retry(ref: str) -> ResponseReturnValue:
    only_fields("method")
    posted_key()
    number = retry_debt(ref, method_ref=request.form.get("method", ""), actor=g.actor, at=clock.now())
    return _back(ref, ngettext("One charge is on its way.", "%(n)s charges are on their way.", number, n=number))


@bp.post("/promise")
@requires(Permission.BILLING_WRITE)
def promise(ref: str) -> ResponseReturnValue:
    form = PromiseForm()
    try:
        if form.validate():
            kept = {"until": form.until.data, "kind": PauseKind.PROMISE, "reason": form.reason.data}
            pause_dunning(ref, **kept, actor=g.actor, at=clock.now())
            return _back(ref, _("Saved. Retries and reminders wait until %(day)s.", day=_day(form.until.data)))
    except Invalid as wrong:
        form.refuse(wrong)
    return case_page(ref, promise=form, status=422)


@bp.post("/note")
@requires(Permission.BILLING_WRITE)
def write_note(ref: str) -> ResponseReturnValue:
    form = NoteForm()
    form.offer()
    try:
        if form.validate():
            note_on_case(ref, form.text.data, is_call=form.kind.data == "call", actor=g.actor, at=clock.now())
            return _back(ref, _("Saved."))
    except Invalid as wrong:
        form.refuse(wrong)
    return case_page(ref, note=form, status=422)


@bp.post("/pause")
@requires(Permission.BILLING_WRITE)
def pause(ref: str) -> ResponseReturnValue:
    only_fields("until", "kind", "reason")
    reason, until, kind = reason_given(), _until(), request.form.get("kind", "")
    if kind not in (PauseKind.DISPUTE, PauseKind.STAFF):
        raise Invalid(_("Choose one of the list."), field="kind")
    pause_dunning(ref, until=until, kind=PauseKind(kind), reason=reason, actor=g.actor, at=clock.now())
    return _back(ref, _("Paused until %(day)s.", day=_day(until)))


@bp.post("/stop")
@requires(Permission.BILLING_WRITE)
def stop(ref: str) -> ResponseReturnValue:
    only_fields("reason")
    stop_dunning(ref, reason=reason_given(), actor=g.actor, at=clock.now())
    return _back(ref, _("The case is closed. The invoices stay open."))


@bp.post("/resume")
@requires(Permission.BILLING_WRITE)
def resume(ref: str) -> ResponseReturnValue:
    only_fields()
    posted_key()
    resume_dunning(ref, actor=g.actor, at=clock.now())
    return _back(ref, _("The case goes on."))


@bp.post("/suspend")
@requires(Permission.BILLING_WRITE)
def suspend(ref: str) -> ResponseReturnValue:
    """Typed confirmation: the number of the oldest invoice, so that nobody suspends the wrong customer."""
    only_fields("reason", "typed")
    reason = reason_given()
    file = dunning_case.read(db.session(), ref)
    wanted = file.leading.invoice.label or file.case.ref
    if request.form.get("typed", "").strip().upper() != wanted.upper():
        raise Invalid(_("Type %(number)s to go on. Nothing was changed.", number=wanted), field="typed")
    suspend_for_debt(ref, reason=reason, actor=g.actor, at=clock.now())
    return _back(ref, _("Suspended. The customer is told."))


@bp.post("/owner")
@requires(Permission.BILLING_WRITE)
def own(ref: str) -> ResponseReturnValue:
    only_fields("owner")
    posted_key()
    wanted = request.form.get("owner", "")
    if wanted not in ("me", "nobody"):
        raise Invalid(_("Choose one of the list."), field="owner")
    claim_case(ref, g.user.user_id if wanted == "me" else None, actor=g.actor, at=clock.now())
    return _back(ref, _("This case is yours.") if wanted == "me" else _("This case is nobody's now."))


def _until() -> date:
    try:
        return read_day(request.form.get("until", ""))
    except Unreadable:
        raise Invalid(_("Choose a day, or write it as year-month-day."), field="until") from None


def _back(ref: str, message: str) -> ResponseReturnValue:
    flash(message, "good")
    return see_other(url_for("staff_dunning.show_case", ref=ref))


def _day(on: date) -> str:
    return written().day_long(on)
