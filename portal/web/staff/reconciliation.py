"""The staff's reconciliation: when each gateway's lists were compared with our books, and what differs."""

from flask import Blueprint, flash, g, request, url_for
from flask.typing import ResponseReturnValue

from portal.actions.ask_difference import ask_difference
from portal.actions.ask_reconciliation import ask_reconciliation
from portal.actions.close_difference import close_difference
from portal.core import clock
from portal.core.db import db
from portal.gateways.base import Ability
from portal.gateways.registry import NAMES, gateway_name, opens
from portal.identity.permissions import Permission, requires
from portal.reconciling.kinds import DifferenceKind, Remedy
from portal.reporting import difference_list
from portal.reporting.difference_list import Filters
from portal.web.forms import only_fields, posted_key
from portal.web.htmx import see_other, show
from portal.web.staff import difference_words, listing
from portal.web.staff.listing import Chip, reason_given
from portal.web.wording import gettext as _

bp = Blueprint("staff_reconciliation", __name__, url_prefix="/billing/reconciliation")

ASKED = (Remedy.ASK_CHARGE, Remedy.ASK_REFUNDS, Remedy.ASK_DISPUTE)


@bp.get("")
@requires(Permission.BILLING_READ)
def list_differences() -> ResponseReturnValue:
    session, filters = db.session(), _filters()
    sheet = difference_list.page(session, filters, places=listing.places(), limit=listing.ROWS)
    tabs = [("open", _("Open")), ("closed", _("Closed"))]
    counted = {"open": difference_list.open_count(session)}
    return show(
        page="staff/reconciliation/list.html",
        fragment="staff/reconciliation/_differences.html",
        rows=sheet.rows,
        turns=listing.turns(sheet),
        count=difference_list.count(session, filters),
        most=difference_list.MOST_COUNTED,
        tabs=listing.tab_links("tab", tabs, counted, filters.tab, "open"),
        accounts=[row for row in difference_list.accounts(session) if Ability.LIST in opens(row.gateway).abilities],
        filters=filters,
        chips=listing.chips(_chips(filters)),
        kinds=[(kind.value, difference_words.kind_word(kind)) for kind in DifferenceKind],
        words=difference_words,
        asked=ASKED,
        can_act=Permission.BILLING_WRITE in g.permissions,
        at=clock.now(),
    )


@bp.post("/look")
@requires(Permission.BILLING_WRITE)
def look() -> ResponseReturnValue:
    """Compare now instead of at the next daily look."""
    only_fields("account")
    posted_key()
    ask_reconciliation(request.form.get("account", ""), actor=g.actor, at=clock.now())
    flash(_("The lists are compared now. Come back in a minute."), "good")
    return see_other(url_for(".list_differences"))


@bp.post("/<ref>/ask")
@requires(Permission.BILLING_WRITE)
def ask(ref: str) -> ResponseReturnValue:
    only_fields()
    posted_key()
    if ask_difference(ref, actor=g.actor, at=clock.now()):
        flash(_("The gateway answered. What it said is booked; the next look closes what agrees."), "good")
    else:
        flash(_("The gateway did not answer. Try again in a minute."), "wait")
    return see_other(url_for(".list_differences"))


@bp.post("/<ref>/close")
@requires(Permission.BILLING_WRITE)
def close(ref: str) -> ResponseReturnValue:
    only_fields("reason")
    close_difference(ref, note=reason_given(), actor=g.actor, at=clock.now())
    flash(_("Closed. It comes back only if what differs changes."), "good")
    return see_other(url_for(".list_differences"))


def _filters() -> Filters:
    return Filters(
        tab=listing.picked("tab", difference_list.TABS, "open"),
        words=listing.words(),
        gateway=listing.picked("gateway", tuple(NAMES)),
        kind=listing.picked("kind", [kind.value for kind in DifferenceKind]),
    )


def _chips(filters: Filters) -> list[Chip]:
    kind = difference_words.kind_word(DifferenceKind(filters.kind)) if filters.kind else ""
    return [
        Chip("q", _("Search"), filters.words),
        Chip("gateway", _("Gateway"), gateway_name(filters.gateway)),
        Chip("kind", _("What differs"), kind),
    ]
