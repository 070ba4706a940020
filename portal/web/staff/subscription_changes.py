"""Changing what a subscription consists of, by an offer that is seen before it is accepted; and how it is collected."""

from datetime import date
from typing import Any

from flask import Blueprint, flash, g, url_for
from flask.typing import ResponseReturnValue

from portal.actions.change_plan import change_plan
from portal.actions.edit_subscription import Collecting, edit_subscription
from portal.actions.quote_change import quote_change
from portal.actions.resume_subscription import resume_subscription
from portal.catalogue.queries import PlanPrice
from portal.core import clock
from portal.core.db import db
from portal.core.errors import Invalid, NotFound
from portal.core.money import Money
from portal.identity.permissions import Permission, requires
from portal.invoicing.itemised import lines_shown, quoted_lines
from portal.payments import queries as payments
from portal.quotes import binding
from portal.quotes import queries as quotes
from portal.quotes.models import Quote
from portal.reporting import subscription_page
from portal.subscriptions.lifecycle import Outdated
from portal.subscriptions.states import Collection
from portal.web.filters import written
from portal.web.forms import ChoiceField, PortalForm, QuantityField, only_fields, posted_key, required
from portal.web.htmx import leave_for, see_other, show
from portal.web.refusals import said
from portal.web.staff import item_forms
from portal.web.staff.item_forms import ADDON, ItemForm
from portal.web.wording import gettext
from portal.web.wording import lazy_gettext as _

bp = Blueprint("staff_subscription_changes", __name__, url_prefix="/billing/subscriptions/<ref>")

ACCEPTED_HERE = {"change": change_plan, "resume": resume_subscription}
LONGEST_DUE = 365


class ChangeForm(ItemForm):
    """`replace`: instead of the change that waits already."""

    replace = ChoiceField(_("Change that waits"), choices=[("no", "no"), ("yes", "yes")], default="no")


class CollectingForm(PortalForm):
    """`version` is that of the subscription as shown, so that two people do not overwrite each other unseen."""

    version = QuantityField(validators=[required()], least=1)
    collection = ChoiceField(_("Collected"))
    due_days = QuantityField(_("Days until due"), [required()], most=LONGEST_DUE)
    method = ChoiceField(_("Method"))


@bp.get("/change")
@requires(Permission.SUBSCRIPTION_WRITE)
def show_change(ref: str) -> ResponseReturnValue:
    return _change(ref, *_change_form(ref, is_sent=False))


@bp.post("/change")
@requires(Permission.SUBSCRIPTION_WRITE)
def ask_change(ref: str) -> ResponseReturnValue:
    """Prices the wish and shows the offer; nothing changes before it is accepted."""
    row, form = _change_form(ref, is_sent=True)
    if not form.validate():
        return _change(ref, row, form, status=422)
    try:
        replace = form.replace.data == "yes"
        quote = quote_change(ref, form.items(), replace=replace, actor=g.actor, at=clock.now())
    except Invalid as wrong:
        form.refuse(wrong)
        return _change(ref, row, form, status=422)
    return leave_for(url_for(".show_quote", ref=ref, quote_ref=quote))


@bp.get("/quotes/<quote_ref>")
@requires(Permission.SUBSCRIPTION_WRITE)
def show_quote(ref: str, quote_ref: str) -> ResponseReturnValue:
    row, quote, at = subscription_page.with_surroundings(db.session(), ref), _quote(quote_ref), clock.now()
    _require_own(row, quote)
    lines, taxes = lines_shown(quoted_lines(quote.lines), quote.currency, written())
    following, later = quote.inputs["following"], quote.inputs.get("takes_over_on")
    return show(
        page="staff/subscriptions/quote.html",
        fragment="staff/subscriptions/_quote.html",
        row=row,
        quote=quote,
        lines=[(line, [("", step.text, written().money(step.result)) for step in line.steps]) for line in lines],
        taxes=taxes,
        from_balance=Money(int(quote.inputs["from_balance_minor"]), quote.currency),
        to_balance=Money(int(quote.inputs["to_balance_minor"]), quote.currency),
        later_on=date.fromisoformat(later) if later else None,
        next_on=date.fromisoformat(following["on"]),
        next_total=Money(int(following["total_minor"]), quote.currency),
        is_open=binding.is_open(quote, at),
        minutes_left=max(int((quote.expires_at - at).total_seconds()) // 60, 0),
    )


@bp.post("/quotes/<quote_ref>/accept")
@requires(Permission.SUBSCRIPTION_WRITE)
def accept_quote(ref: str, quote_ref: str) -> ResponseReturnValue:
    only_fields()
    posted_key()
    quote = _quote(quote_ref)
    _require_own(subscription_page.with_surroundings(db.session(), ref), quote)
    ACCEPTED_HERE[quote.kind](quote_ref, actor=g.actor, at=clock.now())
    flash(gettext("Accepted at the price shown."), "good")
    return see_other(url_for("staff_subscriptions.show_subscription", ref=ref))


@bp.get("/edit")
@requires(Permission.SUBSCRIPTION_WRITE)
def show_edit(ref: str) -> ResponseReturnValue:
    row = subscription_page.with_surroundings(db.session(), ref)
    return _edit(row, _stored(row))


@bp.post("/edit")
@requires(Permission.SUBSCRIPTION_WRITE)
def save_edit(ref: str) -> ResponseReturnValue:
    row = subscription_page.with_surroundings(db.session(), ref)
    form = CollectingForm()
    _offer(form, row)
    if not form.validate():
        return _edit(row, form, status=422)
    wanted = Collecting(Collection(form.collection.data), form.due_days.data, form.method.data)
    try:
        edit_subscription(ref, wanted, version=form.version.data, actor=g.actor, at=clock.now())
    except Invalid as wrong:
        form.refuse(wrong)
        return _edit(row, form, status=422)
    except Outdated as outdated:
        latest = subscription_page.with_surroundings(db.session(), ref)
        fresh = _stored(latest)
        fresh.form_errors.append(said(outdated))
        return _edit(latest, fresh, status=409)
    flash(gettext("Saved. It counts from the next invoice on."), "good")
    return leave_for(url_for("staff_subscriptions.show_subscription", ref=ref))


def _change_form(ref: str, *, is_sent: bool) -> tuple[Any, Any]:
    """The subscription with its surroundings, and the form as it is, or as it was sent."""
    session = db.session()
    row = subscription_page.with_surroundings(session, ref)
    held, _wanted = subscription_page.held_and_wanted(session, row.Subscription.id)
    offered = item_forms.on_offer(
        session, row.Subscription.currency, [PlanPrice(one.part.plan, one.part.price) for one in held]
    )
    form_class = item_forms.of(ChangeForm, offered)
    if is_sent:
        form = form_class()
    else:
        stored: dict[str, Any] = {f"{ADDON}{one.part.plan.ref}": one.part.quantity for one in held[1:]}
        if held:
            stored |= {"price": held[0].part.price.ref, "quantity": held[0].part.quantity}
        form = form_class(formdata=None, data=stored)
    form.price.choices = item_forms.price_choices(offered)
    return row, form


def _change(ref: str, row: Any, form: Any, status: int = 200) -> ResponseReturnValue:
    page, fragment = "staff/subscriptions/change.html", "staff/subscriptions/_change.html"
    return show(page=page, fragment=fragment, status=status, row=row, form=form, ref=ref)


def _quote(quote_ref: str) -> Quote:
    return quotes.by_ref(db.session(), quote_ref)


def _require_own(row: Any, quote: Quote) -> None:
    """An offer is shown and accepted with the subscription that it is for."""
    if quote.subscription_id != row.Subscription.id or quote.kind not in ACCEPTED_HERE:
        raise NotFound("There is no such offer.")


def _stored(row: Any) -> CollectingForm:
    subscription = row.Subscription
    stored = {"version": subscription.version, "collection": str(subscription.collection)}
    stored |= {"due_days": subscription.due_days, "method": row.own_ref or ""}
    form = CollectingForm(formdata=None, data=stored)
    _offer(form, row)
    return form


def _offer(form: CollectingForm, row: Any) -> None:
    form.collection.choices = [
        (str(Collection.PULL), gettext("By stored method")),
        (str(Collection.PUSH), gettext("Sent by customer")),
    ]
    stored = payments.methods_of(db.session(), row.Customer.id)
    named = [(method.ref, f"{(method.brand or method.kind).title()} {method.last4}".strip()) for method in stored]
    form.method.choices = [("", gettext("The customer's default")), *named]


def _edit(row: Any, form: CollectingForm, status: int = 200) -> ResponseReturnValue:
    page, fragment = "staff/subscriptions/edit.html", "staff/subscriptions/_edit.html"
    return show(page=page, fragment=fragment, status=status, row=row, form=form)
