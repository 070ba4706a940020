"""The staff's subscriptions: the list, and one subscription with its period, next charge, items and history."""

from datetime import date, datetime
from typing import Any

from flask import Blueprint, g
from flask.typing import ResponseReturnValue

from portal.catalogue import queries as catalogue
from portal.catalogue.pricing import price_of
from portal.core import clock
from portal.core.days import day
from portal.core.db import db
from portal.core.keyset import sorts
from portal.core.money import Money
from portal.identity.permissions import Permission, requires
from portal.invoicing import queries as invoicing
from portal.invoicing.presentation import state_of
from portal.reporting import forecast, subscription_list, subscription_page
from portal.reporting.forecast import Part
from portal.reporting.items import baskets
from portal.reporting.subscription_list import Filters
from portal.subscriptions import lifecycle
from portal.subscriptions import queries as subscriptions
from portal.subscriptions.entitlements import access
from portal.subscriptions.states import ENDED, SUBSCRIPTION, SubscriptionEvent, SubscriptionStatus
from portal.web.htmx import show
from portal.web.staff import deed_words, listing
from portal.web.staff.item_forms import interval_words
from portal.web.staff.listing import Chip
from portal.web.wording import gettext as _

bp = Blueprint("staff_subscriptions", __name__, url_prefix="/billing/subscriptions")

HISTORY_SHOWN = 50
_E = SubscriptionEvent


@bp.get("")
@requires(Permission.BILLING_READ)
def list_subscriptions() -> ResponseReturnValue:
    session, filters = db.session(), _filters()
    sort = listing.picked("sort", sorts(subscription_list.ORDERS))
    sheet = subscription_list.page(session, filters, sort=sort, places=listing.places(), limit=listing.ROWS)
    counted = subscription_list.counts(session, filters)
    held = baskets(session, [row.subscription_id for row in sheet.rows])
    plans = [(plan.ref, plan.name) for plan in catalogue.plans(session)]
    return show(
        page="staff/subscriptions/list.html",
        fragment="staff/subscriptions/_subscriptions.html",
        rows=[(row, held.get(row.subscription_id)) for row in sheet.rows],
        turns=listing.turns(sheet),
        count=counted[filters.tab],
        most=subscription_list.MOST_COUNTED,
        tabs=listing.tab_links("tab", _tabs(), counted, filters.tab, "past_due"),
        sort=sort or "bill",
        filters=filters,
        plans=plans,
        specials=_specials(),
        chips=listing.chips(_chips(filters, dict(plans))),
        interval_words=interval_words,
    )


@bp.get("/<ref>")
@requires(Permission.BILLING_READ)
def show_subscription(ref: str) -> ResponseReturnValue:
    session, at = db.session(), clock.now()
    row = subscription_page.with_surroundings(session, ref)
    subscription, customer, change = row.Subscription, row.Customer, row.ScheduledChange
    today = day(at, customer.zone)
    waiting = [(int(item["price_id"]), int(item["quantity"])) for item in change.items] if change else []
    held, wanted = subscription_page.held_and_wanted(session, subscription.id, waiting)
    is_by_day = bool(change and not change.lapses_at)
    parts = wanted if is_by_day else [one.part for one in held]
    table = lifecycle.timetable(subscription, customer.zone)
    return show(
        page="staff/subscriptions/show.html",
        fragment="staff/subscriptions/_subscription.html",
        row=row,
        subscription=subscription,
        customer=customer,
        change=change,
        wanted=wanted,
        held=[(one, _amount(one.part)) for one in held],
        today=today,
        access=str(access(table, at, subscription.access_override_until)),
        invoices=[(one, state_of(one, today)) for one in subscription_page.invoices(session, subscription.id)],
        bill=_bill(subscription, customer, parts, change if is_by_day else None),
        parts=[(part, _amount(part)) for part in parts],
        days=deed_words.history_by_day(subscriptions.history(session, subscription.id, limit=HISTORY_SHOWN)),
        may=_may(subscription, at, today),
        can_change=Permission.SUBSCRIPTION_WRITE in g.permissions,
        can_bill=Permission.BILLING_WRITE in g.permissions,
        interval=interval_words(subscription.interval),
    )


def _bill(subscription: Any, customer: Any, parts: list[Part], change: Any) -> forecast.Bill | None:
    if subscription.next_bill_on is None or not parts:
        return None
    buyer = invoicing.buyer(customer, invoicing.tax_book(db.session()))
    return forecast.next_bill(subscription, parts, change, buyer)


def _amount(part: Part) -> Money:
    return price_of(catalogue.terms_of(part.price), part.quantity)


def _may(subscription: Any, at: datetime, today: date) -> frozenset[str]:
    """The deeds that its state allows; whether the reader may do them is another question."""
    status = subscription.status
    allowed = {
        "change": status in lifecycle.CHANGEABLE,
        "extend_trial": SUBSCRIPTION.can(status, _E.TRIAL_EXTENDED),
        "pause": SUBSCRIPTION.can(status, _E.PAUSED) and status is not SubscriptionStatus.PAUSED,
        "undo_pause": subscription.pause_on is not None and status not in ENDED,
        "resume": status is SubscriptionStatus.PAUSED,
        "suspend": status is SubscriptionStatus.PAST_DUE,
        "restore": status in (SubscriptionStatus.PAST_DUE, SubscriptionStatus.SUSPENDED),
        "cancel": status not in ENDED,
        "undo_cancellation": subscription.cancel_on is not None and status not in ENDED,
        "edit": status not in ENDED,
        "begin": status is SubscriptionStatus.DRAFT,
    }
    allowed["pause"] = allowed["pause"] and subscription.pause_on is None
    return frozenset(name for name, is_allowed in allowed.items() if is_allowed)


def _filters() -> Filters:
    return Filters(
        tab=listing.picked("tab", subscription_list.TABS, "all"),
        words=listing.words(),
        plan_ref=listing.words("plan"),
        currency=listing.currency_asked(),
        special=listing.picked("special", subscription_list.SPECIALS),
        customer_ref=listing.words("customer"),
        from_on=listing.day_asked("from_on"),
        until_on=listing.day_asked("until_on"),
    )


def _chips(filters: Filters, plans: dict[str, str]) -> list[Chip]:
    return [
        Chip("q", _("Search"), filters.words),
        Chip("plan", _("Plan"), plans.get(filters.plan_ref, filters.plan_ref)),
        Chip("currency", _("Currency"), filters.currency),
        Chip("special", _("Only"), dict(_specials()).get(filters.special, "")),
        Chip("customer", _("Customer"), filters.customer_ref),
        Chip("from_on", _("Bills from"), listing.day_words(filters.from_on)),
        Chip("until_on", _("Bills until"), listing.day_words(filters.until_on)),
    ]


def _specials() -> list[tuple[str, str]]:
    words = {"ending": _("Ends soon"), "changing": _("Change scheduled"), "push": _("Sent by customer")}
    return [(name, words[name]) for name in subscription_list.SPECIALS]


def _tabs() -> list[tuple[str, str]]:
    words = {
        "all": _("All"), "trialing": _("In trial"), "active": _("Active"), "past_due": _("Past due"),
        "suspended": _("Suspended"), "paused": _("Paused"), "pending": _("Pending"), "draft": _("Draft"),
        "ended": _("Ended"),
    }  # fmt: skip
    return [(tab, words[tab]) for tab in subscription_list.TABS]
