"""Ending a subscription: what remains until when, what is lost, what becomes of open invoices, and why."""

from flask import Blueprint, flash, g, url_for
from flask.typing import ResponseReturnValue

from portal.actions.cancel_subscription import cancel_subscription
from portal.core import clock
from portal.core.days import day
from portal.core.db import db
from portal.core.errors import Invalid, Refused
from portal.core.money import Money
from portal.identity.permissions import Permission, requires
from portal.reporting import standing as standings
from portal.reporting.standing import Held, Standing
from portal.subscriptions.states import ENDED
from portal.subscriptions.states import SubscriptionStatus as Status
from portal.subscriptions.wishes import CancelChoices
from portal.web.account import words
from portal.web.account.face import may
from portal.web.filters import written
from portal.web.forms import ChoiceField, PortalForm, TextField, required
from portal.web.htmx import leave_for, show
from portal.web.wording import gettext
from portal.web.wording import lazy_gettext as _

bp = Blueprint("account_cancel", __name__, url_prefix="/account/subscriptions")

AT_ONCE = frozenset({Status.PENDING, Status.SUSPENDED, Status.PAUSED})
"""Where nothing is served, there is no day to wait for."""

REASONS = (
    ("too_expensive", _("It costs too much")),
    ("missing", _("Something we need is missing")),
    ("not_used", _("We do not use it enough")),
    ("switched", _("We use something else now")),
    ("quality", _("It does not work well enough")),
    ("support", _("The support did not help")),
    ("for_now", _("Only for now, we will be back")),
    ("other", _("Another reason")),
)


class CancelForm(PortalForm):
    """`when`: end, or now where the company allows it."""

    when = ChoiceField(_("When"), default="end")
    reason = ChoiceField(
        _("Why are you leaving?"), [required()], choices=[(name, str(name)) for name, _said in REASONS]
    )
    text = TextField(_("Anything you want to tell us"), most=1000)

    def offer(self, *, may_end_now: bool) -> None:
        """Fill the lists in the reader's language."""
        self.reason.choices = [(name, str(said)) for name, said in REASONS]
        self.when.choices = [("end", gettext("With the end of what is paid"))]
        if may_end_now:
            self.when.choices.append(("now", gettext("Today, at once")))

    @property
    def said(self) -> str:
        """What is kept of the reason."""
        return f"{self.reason.data}: {self.text.data}" if self.text.data else str(self.reason.data)


@bp.get("/<ref>/cancel")
@requires(Permission.ACCOUNT_READ)
def show_cancel(ref: str) -> ResponseReturnValue:
    standing = _standing(ref)
    return _show(standing, _form(standing, CancelForm(formdata=None)))


@bp.post("/<ref>/cancel")
@requires(Permission.ACCOUNT_WRITE)
def cancel(ref: str) -> ResponseReturnValue:
    standing = _standing(ref)
    form = _form(standing, CancelForm())
    try:
        if form.validate():
            now = CancelChoices() if form.when.data == "now" else None
            cancel_subscription(ref, now=now, reason=form.said, actor=g.actor, at=clock.now())
            flash(gettext("Canceled. We have mailed you the day, and you can undo it here until then."), "good")
            return leave_for(url_for("account_subscriptions.show_subscription", ref=ref))
    except Invalid as wrong:
        form.refuse(wrong)
    return _show(standing, form, status=422)


def _standing(ref: str) -> Standing:
    standing = standings.standing(db.session(), g.customer_id, at=clock.now(), ref=ref)
    row = standing.held[0].subscription
    if row.status in ENDED:
        raise Refused(gettext("This subscription has ended already."))
    return standing


def _form(standing: Standing, form: CancelForm) -> CancelForm:
    is_served = standing.held[0].subscription.status not in AT_ONCE
    form.offer(may_end_now=is_served and standing.business.policy("customer_may_cancel_now"))
    return form


def _show(standing: Standing, form: CancelForm, status: int = 200) -> ResponseReturnValue:
    today = day(clock.now(), standing.customer.zone)
    held = standing.held[0]
    row = held.subscription
    ends_on = None if row.status in AT_ONCE else (row.trial_ends_on if row.status is Status.TRIALING else None)
    if row.status in (Status.ACTIVE, Status.PAST_DUE) and row.period_end_on is not None:
        ends_on = max(row.period_end_on, today)
    return show(
        page="account/subscriptions/cancel.html",
        fragment="account/subscriptions/_cancel.html",
        status=status,
        held=held,
        plan=words.plan_said(held.parts[0]) if held.parts else "",
        ends_on=ends_on if ends_on is not None and ends_on > today else None,
        lost=_lost(held),
        left=_left(held),
        is_voided=row.status is Status.PENDING,
        form=form,
        can_write=may(Permission.ACCOUNT_WRITE),
        may_pause=row.status is Status.ACTIVE and standing.business.policy("customer_may_pause"),
    )


def _lost(held: Held) -> list[str]:
    """What will not be there any more: units that are left, and what the plan and add-ons bring."""
    units = [f"{written().count(unit.left)} {words.mid_sentence(unit.name)}" for unit in held.credits if unit.left]
    features = [str(feature) for part in held.parts for feature in part.plan.features]
    addons = [words.plan_said(part) for part in held.parts[1:]]
    return [*units, *addons, *features]


def _left(held: Held) -> Money | None:
    """What is open of it."""
    if not held.owed:
        return None
    return Money.total((one.invoice.open for one in held.owed), held.subscription.currency)
