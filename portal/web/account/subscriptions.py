"""One subscription: what it consists of, what happened to it, and the ways to pause, end or take it up again."""

from dataclasses import replace

from flask import Blueprint, flash, g, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.actions.cancel_change import cancel_change
from portal.actions.pause_subscription import pause_subscription
from portal.actions.quote_resume import quote_resume
from portal.actions.quote_start import quote_start
from portal.actions.undo_cancellation import undo_cancellation
from portal.actions.undo_pause import undo_pause as take_back_pause
from portal.core import clock
from portal.core.days import day
from portal.core.db import db
from portal.core.errors import Invalid, NotFound
from portal.core.periods import Period
from portal.identity.permissions import Permission, requires
from portal.reporting import standing as standings
from portal.reporting.standing import Holdings
from portal.subscriptions import queries as subscriptions
from portal.subscriptions.models import Subscription
from portal.subscriptions.states import LIVE
from portal.subscriptions.states import SubscriptionStatus as Status
from portal.web.account import faces
from portal.web.account.history import told
from portal.web.account.offers import items_today
from portal.web.account.shelf import price_words, unit_amount
from portal.web.account.watching import answer_to_watch
from portal.web.filters import day_said, written
from portal.web.forms import DayField, PortalForm, only_fields
from portal.web.htmx import see_other
from portal.web.wording import gettext
from portal.web.wording import lazy_gettext as _

bp = Blueprint("account_subscriptions", __name__, url_prefix="/account/subscriptions")


class PauseForm(PortalForm):
    """`resume_on` empty: until somebody resumes it."""

    resume_on = DayField(_("Resume on"))


@bp.get("/<ref>")
@requires(Permission.ACCOUNT_READ)
def show_subscription(ref: str) -> ResponseReturnValue:
    return _show(ref, PauseForm(formdata=None))


@bp.post("/<ref>/pause")
@requires(Permission.ACCOUNT_WRITE)
def pause(ref: str) -> ResponseReturnValue:
    mine(ref)
    form = PauseForm()
    try:
        if form.validate():
            pause_subscription(ref, resume_on=form.resume_on.data, actor=g.actor, at=clock.now())
            return _back(ref, gettext("It pauses with the end of the period. You can take that back until then."))
    except Invalid as wrong:
        form.refuse(wrong)
    return _show(ref, form, status=422)


@bp.post("/<ref>/undo-pause")
@requires(Permission.ACCOUNT_WRITE)
def undo_pause(ref: str) -> ResponseReturnValue:
    only_fields()
    mine(ref)
    take_back_pause(ref, actor=g.actor, at=clock.now())
    return _back(ref, gettext("It will not pause."))


@bp.post("/<ref>/undo-cancel")
@requires(Permission.ACCOUNT_WRITE)
def undo_cancel(ref: str) -> ResponseReturnValue:
    only_fields()
    mine(ref)
    undo_cancellation(ref, actor=g.actor, at=clock.now())
    return _back(ref, gettext("It goes on. Nothing was lost."))


@bp.post("/<ref>/take-back-change")
@requires(Permission.ACCOUNT_WRITE)
def take_back_change(ref: str) -> ResponseReturnValue:
    only_fields()
    mine(ref)
    cancel_change(ref, actor=g.actor, at=clock.now())
    return _back(ref, gettext("The change will not happen. You keep what you have."))


@bp.post("/<ref>/resume")
@requires(Permission.ACCOUNT_WRITE)
def quote_return(ref: str) -> ResponseReturnValue:
    """What it costs to go on is shown before it does."""
    only_fields()
    mine(ref)
    quote = quote_resume(ref, actor=g.actor, at=clock.now())
    return see_other(url_for("account_quotes.show_quote", ref=quote))


@bp.post("/<ref>/again")
@requires(Permission.ACCOUNT_WRITE)
def take_up_again(ref: str) -> ResponseReturnValue:
    """The same items at today's prices, as an offer."""
    only_fields()
    holdings = _holdings(ref)
    had = [(part.price.id, part.quantity) for part in holdings.of(ref).parts]
    items = items_today(db.session(), had)
    quote = quote_start(g.customer_id, items, previous_ref=ref, actor=g.actor, at=clock.now())
    return see_other(url_for("account_quotes.show_quote", ref=quote))


def mine(ref: str) -> Subscription:
    """The customer's own, and never a draft of ours; anything else is not found."""
    found = subscriptions.own(db.session(), g.customer_id, ref)
    if found.status is Status.DRAFT:
        raise NotFound("There is no such subscription.")
    return found


def _holdings(ref: str) -> Holdings:
    return standings.holdings(db.session(), g.customer_id, ref=ref)


def _back(ref: str, said: str) -> ResponseReturnValue:
    flash(said, "good")
    return see_other(url_for(".show_subscription", ref=ref))


def _show(ref: str, form: PauseForm, status: int = 200) -> ResponseReturnValue:
    at = clock.now()
    standing = standings.standing(db.session(), g.customer_id, at=at, ref=ref, with_credits=False)
    held = standing.held[0]
    state = faces.state_of(standing.held)
    answer = answer_to_watch(state)
    if answer is not None:
        return answer
    row = held.subscription
    face = faces.face_of(held, day(at, standing.customer.zone), standing.balance)
    may_pause = row.status is Status.ACTIVE and row.cancel_on is None and row.pause_on is None
    page = render_template(
        "account/subscriptions/subscription.html",
        held=held,
        face=replace(face, acts=tuple(act for act in face.acts if act.path != request.path)),
        state=state,
        parts=[(unit_amount(part.price), price_words(part.price), part) for part in held.parts],
        today=day(at, standing.customer.zone),
        form=form,
        history=told(subscriptions.history(db.session(), row.id, limit=50), written()),
        served=_served(row.period),
        can_write=Permission.ACCOUNT_WRITE in g.permissions,
        may_pause=may_pause and standing.business.policy("customer_may_pause"),
        may_cancel=row.status in LIVE and row.cancel_on is None,
    )
    return page, status


def _served(period: Period | None) -> str:
    return day_said(period.end) if period else ""
