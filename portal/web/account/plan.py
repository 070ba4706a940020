"""Comparing plans, choosing quantities and add-ons. Choosing leads to an offer; nothing is changed here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import Blueprint, g, request, url_for
from flask.typing import ResponseReturnValue

from portal.actions.quote_change import quote_change
from portal.actions.quote_start import quote_start
from portal.catalogue import queries as catalogue
from portal.catalogue.models import Plan
from portal.catalogue.queries import GrantedCredits, PlanPrice
from portal.core import clock
from portal.core.db import db
from portal.core.errors import Invalid, Refused
from portal.identity.permissions import Permission, requires
from portal.reporting import standing as standings
from portal.reporting.standing import Held, Holdings
from portal.subscriptions.lifecycle import CHANGEABLE
from portal.subscriptions.states import LIVE
from portal.web.account import faces, plan_parts, shelf
from portal.web.account.plan_parts import Point
from portal.web.account.shelf import Shelf
from portal.web.forms import ChoiceField, LineField, PortalForm, QuantityField, required
from portal.web.htmx import leave_for, show
from portal.web.refusals import said
from portal.web.wording import gettext as _

bp = Blueprint("account_plan", __name__, url_prefix="/account/plan")

MOST = 10_000


class ChooseForm(PortalForm):
    """`price` is the reference of the plan's price; quantities are fields of their own, named by price."""

    price = ChoiceField(validators=[required()])
    subscription = LineField(most=40)
    family = LineField(most=60)
    currency = LineField(most=3)
    every = LineField(most=12)


@dataclass(frozen=True, slots=True)
class Card:
    """A plan beside the one that is had. `is_main`: the one to point at.

    `way`: start, now, period_end or same. Where a change waits for its day, leaving is what is had and coming what
    takes over.
    """

    plan: Plan
    price_ref: str
    pair: PlanPrice
    way: str
    rank: str
    points: list[Point]
    quantity: Any
    is_main: bool


@dataclass(frozen=True, slots=True)
class View:
    """Everything the page chooses from."""

    holdings: Holdings
    held: Held | None
    ended: Held | None
    shelf: Shelf | None
    credits: list[GrantedCredits]


@bp.get("")
@requires(Permission.ACCOUNT_READ)
def show_plan() -> ResponseReturnValue:
    view = _view(request.args.to_dict())
    return _show(view, _form(view, is_posted=False))


@bp.post("")
@requires(Permission.ACCOUNT_WRITE)
def choose() -> ResponseReturnValue:
    view = _view(request.form.to_dict())
    form, status = _form(view, is_posted=True), 422
    try:
        if form.validate():
            return leave_for(url_for("account_quotes.show_quote", ref=_quote(view, _items(form))))
    except Invalid as wrong:
        form.refuse(wrong)
    except Refused as refusal:
        form.form_errors.append(said(refusal))
        status = 409
    return _show(_view(request.form.to_dict()), form, status)


def _view(asked: dict[str, str]) -> View:
    """What is had and what is sold, for what the address or the form asks."""
    session = db.session()
    holdings = standings.holdings(session, g.customer_id)
    alive = [held for held in holdings.held if held.subscription.status in LIVE]
    wanted = asked.get("subscription", "")
    held = next((one for one in alive if one.subscription.ref == wanted), None) or faces.most_urgent(alive)
    currency = held.subscription.currency if held else holdings.customer.currency
    found = shelf.shelf(
        catalogue.on_sale(session, currency=currency),
        held,
        currency=currency or asked.get("currency", "") or holdings.business.currency,
        family=asked.get("family", ""),
        every=asked.get("every", ""),
    )
    plans = (
        [pair.plan.id for pair in found.plans] + ([held.plan.plan.id] if held and held.plan else []) if found else []
    )
    ended = None if alive else next(iter(holdings.held), None)
    return View(holdings, held, ended, found, catalogue.credits_of(session, plans) if plans else [])


def _form(view: View, *, is_posted: bool) -> ChooseForm:
    """The form with a quantity for each price whose quantity counts."""
    if view.shelf is None:
        return ChooseForm(formdata=None)
    kinds: dict[str, QuantityField] = {}
    for pair in view.shelf.plans:
        if shelf.is_counted(pair.price):
            label, had = pair.plan.name, view.shelf.quantity_of(pair.plan)
            kinds[f"quantity_{pair.price.ref}"] = QuantityField(label, least=1, most=MOST, default=had)
    for pair in view.shelf.addons:
        had = view.shelf.quantity_of(pair.plan)
        most = MOST if shelf.is_counted(pair.price) else 1
        kinds[f"addon_{pair.price.ref}"] = QuantityField(pair.plan.name, least=0, most=most, default=had)
    form: ChooseForm = type("ChooseForm", (ChooseForm,), kinds)(**({} if is_posted else {"formdata": None}))
    form.price.choices = [(pair.price.ref, pair.plan.name) for pair in view.shelf.plans]
    return form


def _items(form: ChooseForm) -> list[tuple[str, int]]:
    """What was chosen, as price references with quantities."""
    plan = form.price.data
    quantity = form[f"quantity_{plan}"].data if f"quantity_{plan}" in form else 1
    addons = [(field.name.removeprefix("addon_"), field.data) for field in form if field.name.startswith("addon_")]
    return [(plan, quantity or 1), *((ref, number) for ref, number in addons if number)]


def _quote(view: View, items: list[tuple[str, int]]) -> str:
    at = clock.now()
    if view.held is None:
        previous = view.ended.subscription.ref if view.ended else ""
        return quote_start(g.customer_id, items, previous_ref=previous, actor=g.actor, at=at)
    replace = view.held.change is not None
    return quote_change(view.held.subscription.ref, items, replace=replace, actor=g.actor, at=at)


def _cards(view: View, found: Shelf, form: ChooseForm) -> list[Card]:
    own = found.plan
    held = [credit for credit in view.credits if own is not None and credit.plan_id == own.plan.id]
    above = [pair for pair in found.plans if own is not None and pair.plan.tier > own.plan.tier]
    pointed = next(iter(above), None) if own is not None else found.plans[len(found.plans) // 2]
    cards, kinds = [], {field.name for field in form}
    for pair in found.plans:
        brought = [credit for credit in view.credits if credit.plan_id == pair.plan.id]
        is_own = own is not None and own.plan.id == pair.plan.id
        rank = "now" if is_own else "" if own is None else "up" if pair.plan.tier > own.plan.tier else "down"
        name = f"quantity_{pair.price.ref}"
        cards.append(
            Card(
                pair.plan,
                pair.price.ref,
                pair,
                _way(view.held, found, pair),
                rank,
                plan_parts.points(pair.plan, brought, None if is_own or own is None else own.plan, held),
                form[name] if name in kinds else None,
                pair is pointed,
            )
        )
    return cards


def _way(held: Held | None, found: Shelf, pair: PlanPrice) -> str:
    way = shelf.direction(found, pair)
    if held is None or held.change is None or held.change.on_day is None or not held.coming:
        return way
    coming = held.coming[0]
    if way == "same":
        return "same" if coming.plan.id == pair.plan.id else "leaving"
    return "coming" if coming.price.id == pair.price.id else way


def _show(view: View, form: ChooseForm, status: int = 200) -> ResponseReturnValue:
    found, held = view.shelf, view.held
    row = held.subscription if held else None
    return show(
        page="account/plan/plan.html",
        fragment="account/plan/_plan.html",
        status=status,
        view=view,
        shelf=found,
        kinds=shelf,
        held=held,
        row=row,
        form=form,
        cards=_cards(view, found, form) if found else [],
        addons=[(pair, form[f"addon_{pair.price.ref}"]) for pair in found.addons] if found else [],
        is_changeable=row is None or row.status in CHANGEABLE,
        renews_on=_renews_on(held),
        blocked=_blocked(held),
        can_write=Permission.ACCOUNT_WRITE in g.permissions,
    )


def _renews_on(held: Held | None) -> date | None:
    return held.subscription.next_bill_on if held else None


def _blocked(held: Held | None) -> str:
    """Why nothing can be changed now; empty when it can."""
    if held is None or held.subscription.status in CHANGEABLE:
        return ""
    return {
        "past_due": _("Please pay what is open first. Then you can change your plan."),
        "suspended": _("Please pay what is open first. Then you can change your plan."),
        "pending": _("Your subscription has not begun yet. Pay it first, or cancel it and choose again."),
        "paused": _("Your subscription is paused. Resume it first, then you can change your plan."),
    }.get(str(held.subscription.status), "")
