"""Billing runs for staff: the list, one run live, starting one by hand, and deciding about what was held."""

from flask import Blueprint, flash, g, request, url_for
from flask.typing import ResponseReturnValue

from portal.actions.plan_billing_run import plan_billing_run
from portal.actions.release_customer import release_customer
from portal.actions.release_run import abort_run, release_run
from portal.core import clock
from portal.core.db import db
from portal.core.errors import Invalid, Refused
from portal.core.money import Money
from portal.customers import queries as customers
from portal.identity.permissions import Permission, requires
from portal.reporting import run_sheet
from portal.runs.stoplines import StopLine
from portal.web.forms import only_fields, posted_key
from portal.web.htmx import see_other, show
from portal.web.staff import listing
from portal.web.wording import gettext as _

bp = Blueprint("staff_runs", __name__, url_prefix="/billing/runs")


@bp.get("")
@requires(Permission.BILLING_READ)
def show_runs() -> ResponseReturnValue:
    session = db.session()
    sheet = run_sheet.page(session, places=listing.places(), limit=listing.ROWS)
    return show(
        page="staff/runs/list.html",
        fragment="staff/runs/_runs.html",
        rows=sheet.rows,
        turns=listing.turns(sheet),
        under_way=run_sheet.under_way(session),
        by=started_by,
        typed=_typed(),
        may_write=Permission.BILLING_WRITE in g.permissions,
    )


@bp.post("")
@requires(Permission.BILLING_WRITE)
def start_run() -> ResponseReturnValue:
    """Everything that is due now, typed confirmation first. A run that is under way is shown instead."""
    only_fields("typed")
    posted_key()
    if request.form.get("typed", "").strip().casefold() != _typed().casefold():
        raise Invalid(_("Type %(word)s to go on. Nothing was started.", word=_typed()), field="typed")
    ref = plan_billing_run(None, actor=g.actor, at=clock.now())
    if ref is None:
        ref = run_sheet.under_way(db.session())
        flash(_("A run is under way already; this is it."), "warn")
    if ref is None:
        raise Refused(_("Another run has just ended. Nothing was started; try again."))
    return see_other(url_for(".show_run", ref=ref))


@bp.get("/<ref>")
@requires(Permission.BILLING_READ)
def show_run(ref: str) -> ResponseReturnValue:
    """The page reads itself again every two seconds while the run is under way, with scripts or without."""
    session = db.session()
    view = run_sheet.read(session, ref)
    sheet = run_sheet.invoices(session, view.run.id, places=listing.places(), limit=listing.ROWS)
    return show(
        page="staff/runs/run.html",
        fragment="staff/runs/_run.html",
        view=view,
        rows=sheet.rows,
        turns=listing.turns(sheet),
        held_for=[hold_words(reason) for reason in view.run.hold_reason.split(", ") if reason],
        by=started_by,
        steps=step_words(),
        money_of=lambda row: Money(row.total_minor, row.currency),
        may_write=Permission.BILLING_WRITE in g.permissions,
        may_operate=Permission.OPERATIONS_WRITE in g.permissions,
    )


@bp.post("/<ref>/release")
@requires(Permission.BILLING_WRITE)
def release(ref: str) -> ResponseReturnValue:
    only_fields("reason")
    release_run(ref, reason=listing.reason_given(), actor=g.actor, at=clock.now())
    flash(_("Released. The run goes on."), "good")
    return see_other(url_for(".show_run", ref=ref))


@bp.post("/<ref>/abort")
@requires(Permission.BILLING_WRITE)
def abort(ref: str) -> ResponseReturnValue:
    only_fields("reason")
    abort_run(ref, reason=listing.reason_given(), actor=g.actor, at=clock.now())
    flash(_("Aborted. What it has billed stays; the rest is due with the next run."), "good")
    return see_other(url_for(".show_run", ref=ref))


@bp.post("/<ref>/items/<customer_ref>")
@requires(Permission.OPERATIONS_WRITE)
def release_item(ref: str, customer_ref: str) -> ResponseReturnValue:
    """The item's customer may be billed again; the next run takes what is due."""
    only_fields("reason")
    reason = listing.reason_given()
    customer = customers.by_ref(db.session(), customer_ref)
    release_customer(customer.id, reason=reason, actor=g.actor, at=clock.now())
    flash(_("Released. The next run bills what is due."), "good")
    return see_other(url_for(".show_run", ref=ref))


def started_by(actor: str) -> str:
    """`staff:Halima Bello` is Halima Bello, `system:billing run` the schedule."""
    kind, _sep, name = actor.partition(":")
    return _("Schedule") if kind == "system" else name or actor


def hold_words(reason: str) -> str:
    """What crossed a stop line, and how."""
    words: dict[str, str] = {
        StopLine.CLOCK_AHEAD: _("The clock leapt: the last run is longer ago than it should be."),
        StopLine.RUN_ABOVE_FORECAST: _("The run would bill far more than the same subscriptions did last time."),
    }
    return words.get(reason, reason)


def step_words() -> dict[str, str]:
    return {
        "renew": _("Renewals"),
        "start": _("Starts"),
        "trial_end": _("Trial ends"),
        "resume": _("Resumptions"),
        "pause": _("Pauses"),
        "cancel": _("Cancellations"),
    }


def _typed() -> str:
    """What must be typed so that nobody bills by accident."""
    return _("run")
