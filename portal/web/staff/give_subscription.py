"""Giving a customer a subscription: chosen, priced and shown, then created as shown or not at all."""

from typing import Any

from flask import Blueprint, flash, g, request, url_for
from flask.typing import ResponseReturnValue

from portal.actions.create_subscription import create_subscription
from portal.actions.preview_start import preview_start
from portal.core import clock
from portal.core.db import db
from portal.core.errors import Invalid, Refused
from portal.customers import queries as customers
from portal.customers.models import Customer
from portal.identity.permissions import Permission, requires
from portal.invoicing.itemised import lines_shown, quoted_lines
from portal.subscriptions.states import Collection
from portal.subscriptions.wishes import Beginning, StartTerms
from portal.web.filters import written
from portal.web.forms import ChoiceField, DayField, LineField, QuantityField
from portal.web.htmx import leave_for, show
from portal.web.refusals import said
from portal.web.staff import item_forms
from portal.web.staff.item_forms import ItemForm
from portal.web.wording import gettext
from portal.web.wording import lazy_gettext as _

bp = Blueprint("staff_give_subscription", __name__, url_prefix="/clients/<ref>/subscription")

LONGEST_TRIAL = 730
LONGEST_DUE = 365


class StartForm(ItemForm):
    """`shown` is the digest of the preview that was accepted; without it the form is only priced."""

    beginning = ChoiceField(_("Begins as"))
    start_on = DayField(_("Starts on"))
    trial_days = QuantityField(_("Days of trial"), most=LONGEST_TRIAL)
    collection = ChoiceField(_("Collected"))
    due_days = QuantityField(_("Days until due"), most=LONGEST_DUE)
    shown = LineField(most=64)

    @property
    def asked(self) -> StartTerms:
        return StartTerms(
            collection=Collection(self.collection.data),
            due_days=self.due_days.data,
            trial_days=self.trial_days.data,
            start_on=self.start_on.data,
        )


@bp.get("")
@requires(Permission.SUBSCRIPTION_WRITE)
def show_form(ref: str) -> ResponseReturnValue:
    customer = customers.by_ref(db.session(), ref)
    return _page(customer, _form(customer))


@bp.post("")
@requires(Permission.SUBSCRIPTION_WRITE)
def preview_or_create(ref: str) -> ResponseReturnValue:
    customer = customers.by_ref(db.session(), ref)
    form = _form(customer)
    if not form.validate():
        return _page(customer, form, status=422)
    at = clock.now()
    try:
        items = form.items()
        priced = preview_start(ref, items, asked=form.asked, at=at)
        digest = priced.digest.hex()
        if not form.shown.data:
            return _page(customer, form, priced=priced, digest=digest)
        if form.shown.data != digest:
            form.form_errors.append(gettext("The price or the choice differs from what was shown. Look at it again."))
            return _page(customer, form, priced=priced, digest=digest, status=409)
        beginning = Beginning(form.beginning.data)
        key = form.form_key.data
        made = create_subscription(
            customer.id, items, beginning=beginning, asked=form.asked, form_key=key, actor=g.actor, at=at
        )
    except Invalid as wrong:
        form.refuse(wrong)
        return _page(customer, form, status=422)
    except Refused as refusal:
        form.form_errors.append(said(refusal))
        return _page(customer, form, status=409)
    flash(gettext("Subscription created."), "good")
    return leave_for(url_for("staff_subscriptions.show_subscription", ref=made))


def _form(customer: Customer) -> Any:
    offered = item_forms.on_offer(db.session(), customer.currency)
    form = item_forms.of(StartForm, offered)(quantity=1, beginning=str(Beginning.PENDING))
    form.price.choices = item_forms.price_choices(offered)
    form.collection.choices = [
        (str(Collection.PULL), gettext("By stored method")),
        (str(Collection.PUSH), gettext("Sent by customer")),
    ]
    form.beginning.choices = [
        (str(Beginning.PENDING), gettext("Pending: begins with its first payment or start day")),
        (str(Beginning.ACTIVE), gettext("Active: served at once, collected like a renewal")),
        (str(Beginning.TRIALING), gettext("In trial")),
        (str(Beginning.DRAFT), gettext("Draft: nothing happens yet")),
    ]
    return form


def _page(
    customer: Customer, form: Any, *, priced: Any = None, digest: str = "", status: int = 200
) -> ResponseReturnValue:
    lines, taxes = lines_shown(quoted_lines(priced.lines), priced.due.currency, written()) if priced else ((), ())
    return show(
        page="staff/subscriptions/give.html",
        fragment="staff/subscriptions/_give.html",
        status=status,
        customer=customer,
        form=form,
        priced=priced,
        digest=digest,
        lines=[(line, [("", step.text, written().money(step.result)) for step in line.steps]) for line in lines],
        taxes=taxes,
        is_sent=request.method == "POST",
    )
