"""What staff do with a subscription at one stroke: each a form of its page, each one action."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, flash, g, url_for
from flask.typing import ResponseReturnValue

from portal.actions.begin_subscription import begin_subscription
from portal.actions.cancel_change import cancel_change
from portal.actions.cancel_subscription import cancel_subscription
from portal.actions.end_trial import end_trial
from portal.actions.extend_access import extend_access
from portal.actions.extend_trial import extend_trial
from portal.actions.pause_subscription import pause_subscription
from portal.actions.quote_resume import quote_resume
from portal.actions.restore_subscription import restore_subscription
from portal.actions.suspend_subscription import suspend_subscription
from portal.actions.undo_cancellation import undo_cancellation
from portal.actions.undo_pause import undo_pause
from portal.core import clock
from portal.core.errors import Invalid
from portal.identity.permissions import Permission, requires
from portal.subscriptions.wishes import Beginning, CancelChoices, OpenInvoices
from portal.web.forms import (
    ChoiceField,
    DayField,
    LineField,
    PortalForm,
    QuantityField,
    only_fields,
    posted_key,
    required,
)
from portal.web.htmx import see_other
from portal.web.staff.listing import LONGEST_REASON, reason_given
from portal.web.wording import gettext
from portal.web.wording import lazy_gettext as _

bp = Blueprint("staff_subscription_deeds", __name__, url_prefix="/billing/subscriptions/<ref>")

WHEN = ("period_end", "now", "day")
LONGEST_TRIAL = 730


class Reasoned(PortalForm):
    reason = LineField(_("Reason"), [required()], most=LONGEST_REASON)


class UntilForm(Reasoned):
    until_on = DayField(_("Until"), [required()])


class AccessForm(Reasoned):
    """Without a day the extension is taken back."""

    until_on = DayField(_("Until"))


class PauseForm(Reasoned):
    on = DayField(_("From"))
    resume_on = DayField(_("Resumes on"))


class CancelForm(Reasoned):
    when = ChoiceField(_("When"), choices=[(each, each) for each in WHEN])
    on = DayField(_("Day"))
    credit = ChoiceField(_("Unused time"), choices=[("keep", "keep"), ("credit", "credit")])
    invoices = ChoiceField(_("Open invoices"), choices=[(str(each), str(each)) for each in OpenInvoices])


class BeginForm(PortalForm):
    beginning = ChoiceField(
        _("Begin"), choices=[(str(each), str(each)) for each in Beginning if each is not Beginning.DRAFT]
    )
    trial_days = QuantityField(_("Days of trial"), most=LONGEST_TRIAL)


@bp.post("/trial")
@requires(Permission.SUBSCRIPTION_WRITE)
def prolong_trial(ref: str) -> ResponseReturnValue:
    form = _read(UntilForm())
    return _done(ref, gettext("Trial extended."), extend_trial, until_on=form.until_on.data, reason=form.reason.data)


@bp.post("/trial/end")
@requires(Permission.SUBSCRIPTION_WRITE)
def finish_trial(ref: str) -> ResponseReturnValue:
    _bare()
    return _done(ref, gettext("Trial ended."), end_trial)


@bp.post("/begin")
@requires(Permission.SUBSCRIPTION_WRITE)
def begin(ref: str) -> ResponseReturnValue:
    form = _read(BeginForm())
    beginning = Beginning(form.beginning.data)
    return _done(
        ref, gettext("It has begun."), begin_subscription, beginning=beginning, trial_days=form.trial_days.data or 0
    )


@bp.post("/pause")
@requires(Permission.SUBSCRIPTION_WRITE)
def pause(ref: str) -> ResponseReturnValue:
    form = _read(PauseForm())
    days = {"on": form.on.data, "resume_on": form.resume_on.data}
    return _done(ref, gettext("Pause noted."), pause_subscription, **days, reason=form.reason.data)


@bp.post("/pause/undo")
@requires(Permission.SUBSCRIPTION_WRITE)
def take_back_pause(ref: str) -> ResponseReturnValue:
    _bare()
    return _done(ref, gettext("It goes on."), undo_pause)


@bp.post("/resume")
@requires(Permission.SUBSCRIPTION_WRITE)
def ask_to_resume(ref: str) -> ResponseReturnValue:
    """Shows what resuming costs; nothing happens before that is accepted."""
    _bare()
    quote = quote_resume(ref, actor=g.actor, at=clock.now())
    return see_other(url_for("staff_subscription_changes.show_quote", ref=ref, quote_ref=quote))


@bp.post("/suspend")
@requires(Permission.BILLING_WRITE)
def suspend(ref: str) -> ResponseReturnValue:
    only_fields("reason")
    return _done(ref, gettext("Suspended. The customer is told."), suspend_subscription, reason=reason_given())


@bp.post("/restore")
@requires(Permission.BILLING_WRITE)
def restore(ref: str) -> ResponseReturnValue:
    only_fields("reason")
    return _done(ref, gettext("Restored."), restore_subscription, reason=reason_given())


@bp.post("/access")
@requires(Permission.BILLING_WRITE)
def prolong_access(ref: str) -> ResponseReturnValue:
    form = _read(AccessForm())
    words = gettext("Access extended.") if form.until_on.data else gettext("Extension taken back.")
    return _done(ref, words, extend_access, until_on=form.until_on.data, reason=form.reason.data)


@bp.post("/cancel")
@requires(Permission.SUBSCRIPTION_WRITE)
def cancel(ref: str) -> ResponseReturnValue:
    form = _read(CancelForm())
    now = None
    if form.when.data == "now":
        now = CancelChoices(form.credit.data == "credit", OpenInvoices(form.invoices.data))
    on = form.on.data if form.when.data == "day" else None
    if form.when.data == "day" and on is None:
        raise Invalid(gettext("Say on which day it ends."), field="on")
    words = gettext("Canceled.") if now else gettext("Cancellation noted. It can be undone until its day.")
    return _done(ref, words, cancel_subscription, on=on, now=now, reason=form.reason.data)


@bp.post("/cancel/undo")
@requires(Permission.SUBSCRIPTION_WRITE)
def take_back_cancellation(ref: str) -> ResponseReturnValue:
    _bare()
    return _done(ref, gettext("Cancellation undone."), undo_cancellation)


@bp.post("/change/cancel")
@requires(Permission.SUBSCRIPTION_WRITE)
def take_back_change(ref: str) -> ResponseReturnValue:
    _bare()
    return _done(ref, gettext("The change that waited is canceled."), cancel_change)


def _bare() -> None:
    """A form of nothing but a button."""
    only_fields()
    posted_key()


def _read(form: Any) -> Any:
    """The form, or a refusal that names its first wrong field; the dialog stands on the page it came from."""
    if form.validate():
        return form
    wrong = form.wrong_fields
    if wrong:
        raise Invalid(f"{wrong[0].label.text}: {' '.join(wrong[0].errors)}", field=wrong[0].name)
    raise Invalid(" ".join(form.form_errors))


def _done(ref: str, words: str, action: Callable[..., Any], **wanted: Any) -> ResponseReturnValue:
    action(ref, **wanted, actor=g.actor, at=clock.now())
    flash(words, "good")
    return see_other(url_for("staff_subscriptions.show_subscription", ref=ref))
