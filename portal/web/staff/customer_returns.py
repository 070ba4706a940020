"""What went back to one customer: credit notes, refunds and disputes, each with the list it is a part of."""

from flask import Blueprint
from flask.typing import ResponseReturnValue

from portal.core.db import db
from portal.identity.permissions import Permission, requires
from portal.reporting import credit_note_list, refund_list
from portal.web.staff import credit_note_words, listing
from portal.web.staff.customer_frame import customer_tab, header_of

bp = Blueprint("staff_customer_returns", __name__, url_prefix="/clients")

LATEST_DISPUTES = 10


@bp.get("/<ref>/credit-notes")
@requires(Permission.BILLING_READ)
def show_credit_notes(ref: str) -> ResponseReturnValue:
    header, _today = header_of(ref)
    filters = credit_note_list.Filters(customer_ref=ref)
    sheet = credit_note_list.page(db.session(), filters, sort="-made", places=listing.places(), limit=listing.ROWS)
    return customer_tab(header, "credit_notes", rows=sheet.rows, turns=listing.turns(sheet), words=credit_note_words)


@bp.get("/<ref>/refunds")
@requires(Permission.BILLING_READ)
def show_refunds(ref: str) -> ResponseReturnValue:
    """Refunds page by page, and beside them the latest disputes."""
    header, _today = header_of(ref)
    session, filters = db.session(), refund_list.Filters(tab="all", customer_ref=ref)
    sheet = refund_list.refunds(session, filters, places=listing.places(), limit=listing.ROWS)
    first = {"after": "", "before": ""}
    disputed = refund_list.disputes(session, filters, places=first, limit=LATEST_DISPUTES)
    return customer_tab(
        header, "refunds", rows=sheet.rows, turns=listing.turns(sheet), disputes=disputed.rows, more=disputed.later
    )
