"""Invoices that go by post: what waits, printing it in postal order, and the runs there were."""

from flask import Blueprint, Response, flash, g, request, url_for
from flask.typing import ResponseReturnValue

from portal.actions.begin_print_run import begin_print_run, repeat_print_run
from portal.core import clock
from portal.core.db import db
from portal.core.errors import NotFound, Refused
from portal.identity.permissions import Permission, requires
from portal.invoicing.files import store
from portal.reporting import print_run_list
from portal.web.forms import only_fields, posted_key
from portal.web.htmx import see_other, show
from portal.web.refusals import said
from portal.web.staff import listing
from portal.web.wording import gettext as _

bp = Blueprint("staff_print_runs", __name__, url_prefix="/billing/print-runs")


@bp.get("")
@requires(Permission.BILLING_READ)
def list_runs() -> ResponseReturnValue:
    session = db.session()
    sheet = print_run_list.page(session, places=listing.places(), limit=listing.ROWS)
    count, waiting = print_run_list.waiting(session)
    return show(
        page="staff/print_runs/list.html",
        fragment="staff/print_runs/_runs.html",
        rows=sheet.rows,
        turns=listing.turns(sheet),
        count=count,
        waiting=waiting,
        is_printing=any(row.status == "printing" for row in sheet.rows),
        can_write=Permission.BILLING_WRITE in g.permissions,
    )


@bp.post("")
@requires(Permission.BILLING_WRITE)
def begin() -> ResponseReturnValue:
    only_fields()
    try:
        begin_print_run(form_key=posted_key(), actor=g.actor, at=clock.now())
        flash(_("The letters are being printed. They count as posted from now on."), "wait")
    except Refused as refusal:
        flash(said(refusal), "warn")
    return see_other(url_for(".list_runs"))


@bp.post("/<ref>/again")
@requires(Permission.BILLING_WRITE)
def again(ref: str) -> ResponseReturnValue:
    only_fields()
    posted_key()
    repeat_print_run(ref, actor=g.actor, at=clock.now())
    flash(_("The same letters are being printed again."), "wait")
    return see_other(url_for(".list_runs"))


@bp.get("/<ref>.pdf")
@requires(Permission.BILLING_READ)
def show_file(ref: str) -> ResponseReturnValue:
    run = print_run_list.by_ref(db.session(), ref)
    content = store().get(run.digest) if run.digest else None
    if content is None:
        raise NotFound("This run is not printed, or its file is lost. Print it again.")
    if request.headers.get("HX-Request"):
        return Response("", headers={"HX-Redirect": request.path})
    answer = Response(content, mimetype="application/pdf")
    answer.headers["Content-Disposition"] = f'attachment; filename="{run.ref}.pdf"'
    return answer
