"""What waits for a second person: the list, one request with what it would do, and deciding about it."""

from typing import Any

from flask import Blueprint, flash, g, request, url_for
from flask.typing import ResponseReturnValue

from portal.actions.decide_approval import Outcome, decide_approval, foreseen, withdraw_approval
from portal.core import clock
from portal.core.db import db
from portal.core.errors import Invalid
from portal.core.keyset import sorts
from portal.identity.approvals import Decision
from portal.identity.permissions import Permission, requires
from portal.reporting import approval_list
from portal.reporting.approval_list import May
from portal.web.files import file_answer
from portal.web.forms import only_fields, posted_key
from portal.web.htmx import see_other, show
from portal.web.staff import approval_words, listing
from portal.web.staff.approval_effects import effect
from portal.web.staff.listing import LONGEST_REASON
from portal.web.wording import gettext as _

bp = Blueprint("staff_approvals", __name__, url_prefix="/billing/approvals")


@bp.get("")
@requires(Permission.BILLING_READ)
def list_approvals() -> ResponseReturnValue:
    session, user_id = db.session(), g.user.user_id
    tab = listing.picked("tab", approval_list.TABS, "waiting")
    sort = listing.picked("sort", sorts(approval_list.ORDERS))
    sheet = approval_list.page(session, tab, user_id, sort=sort, places=listing.places(), limit=listing.ROWS)
    may = approval_list.may_approve(session, user_id)
    names = [("waiting", _("Waiting")), ("mine", _("Asked by you")), ("decided", _("Decided"))]
    return show(
        page="staff/approvals/list.html",
        fragment="staff/approvals/_approvals.html",
        rows=[_row(row, may) for row in sheet.rows],
        turns=listing.turns(sheet),
        tabs=listing.tab_links("tab", names, approval_list.counts(session, user_id), tab),
        tab=tab,
        sort=sort or ("-asked" if tab == "decided" else "asked"),
        may=may,
        words=approval_words,
    )


@bp.get("/<ref>")
@requires(Permission.BILLING_READ)
def show_approval(ref: str) -> ResponseReturnValue:
    session = db.session()
    row = approval_list.with_people(session, ref)
    approval = row.Approval
    content = foreseen(session, approval) if approval.decision is None else None
    subject, href = approval_words.subject_of(approval.subject, approval.facts)
    may = approval_list.may_approve(session, g.user.user_id)
    return show(
        page="staff/approvals/show.html",
        fragment="staff/approvals/_approval.html",
        row=row,
        approval=approval,
        subject=subject,
        href=href,
        content=content,
        has_changed=content is not None and content.digest != approval.digest,
        moves=approval_words.moves(content.moves) if content else [],
        changes=approval_words.changes(content.changes) if content else [],
        hindrance=hindrance(approval, may),
        is_own=approval.requested_by == g.user.user_id,
        has_file=bool(approval_words.file_of(approval.facts)[0]),
        words=approval_words,
    )


@bp.get("/<ref>/proof")
@requires(Permission.BILLING_READ)
def show_proof(ref: str) -> ResponseReturnValue:
    """What was handed in with the request, to be saved, never to be shown by the browser."""
    name, kind = approval_words.file_of(approval_list.with_people(db.session(), ref).Approval.facts)
    return file_answer(name, kind, ref)


@bp.post("/<ref>/approve")
@requires(Permission.BILLING_APPROVE)
def approve(ref: str) -> ResponseReturnValue:
    return decided(ref, Decision.APPROVED, url_for(".show_approval", ref=ref))


@bp.post("/<ref>/reject")
@requires(Permission.BILLING_APPROVE)
def reject(ref: str) -> ResponseReturnValue:
    return decided(ref, Decision.REJECTED, url_for(".show_approval", ref=ref))


@bp.post("/<ref>/withdraw")
@requires(Permission.BILLING_READ)
def withdraw(ref: str) -> ResponseReturnValue:
    only_fields()
    posted_key()
    withdraw_approval(ref, actor=g.actor, at=clock.now())
    flash(_("Withdrawn. Nothing was done."), "good")
    return see_other(url_for(".show_approval", ref=ref))


def decided(ref: str, decision: Decision, back: str) -> ResponseReturnValue:
    """Decide with the posted reason and say what became of it; a rejection needs one."""
    only_fields("reason")
    if decision is Decision.REJECTED:
        reason = listing.reason_given()
    else:
        posted_key()
        reason = request.form.get("reason", "").strip()
        if len(reason) > LONGEST_REASON:
            raise Invalid(_("At most %(most)s characters.", most=LONGEST_REASON), field="reason")
    outcome = decide_approval(ref, decision, reason=reason, actor=g.actor, at=clock.now())
    said, tone = {
        Outcome.CARRIED_OUT: (_("Approved and done."), "good"),
        Outcome.REJECTED: (_("Rejected. Whoever asked sees your reason."), "good"),
        Outcome.CHANGED: (_("It was changed since it was asked for. Nothing was done; it waits anew."), "warn"),
        Outcome.GONE: (_("It is not possible any more. Nothing was done, and it does not wait any longer."), "warn"),
    }[outcome]
    flash(said, tone)
    return see_other(back)


def hindrance(approval: Any, may: May) -> str:
    """Why the reader cannot decide about it; empty if they can."""
    if approval.decision is not None:
        return ""
    if approval.requested_by == g.user.user_id:
        return _("You asked for this yourself, so somebody else has to decide.")
    if not may.approves:
        return _("Your role may not approve. Somebody with that permission has to decide.")
    if not may.covers(approval.amount_minor, approval.currency):
        limit = approval_words.amount_said(may.limits[approval.currency], approval.currency)
        return _("You may approve up to %(limit)s, so somebody else has to decide.", limit=limit)
    return ""


def _row(row: Any, may: May) -> tuple[Any, str, str, str]:
    """The request, the words that name its subject, what it would do, and why the reader cannot decide about it."""
    done = effect(row.deed, row.amount_minor, row.currency, row.facts)
    return row, approval_words.subject_of(row.subject, row.facts)[0], done, hindrance(row, may)
