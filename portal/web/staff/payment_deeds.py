"""What staff do with a payment that came to a bank account: look at its proof, take it back."""

from flask import Blueprint, flash, g, url_for
from flask.typing import ResponseReturnValue

from portal.actions.reverse_payment import reverse_payment
from portal.core import clock
from portal.core.db import db
from portal.identity.permissions import Permission, requires
from portal.reporting import payment_page
from portal.web.files import file_answer
from portal.web.forms import only_fields
from portal.web.htmx import see_other
from portal.web.staff import listing
from portal.web.wording import gettext as _

bp = Blueprint("staff_payment_deeds", __name__, url_prefix="/billing/payments")


@bp.post("/<ref>/reverse")
@requires(Permission.BILLING_WRITE)
def reverse(ref: str) -> ResponseReturnValue:
    only_fields("reason")
    asked = reverse_payment(ref, reason=listing.reason_given(), actor=g.actor, at=clock.now())
    if asked:
        flash(_("Above your limit: somebody else was asked to approve it. Nothing is taken back yet."), "wait")
    else:
        session = db.session()
        had_settled = payment_page.allocations(session, payment_page.payment(session, ref).Payment.id)
        flash(_("Taken back. What it had settled is open again.") if had_settled else _("Taken back."), "good")
    return see_other(url_for("staff_payments.show_payment", ref=ref))


@bp.get("/<ref>/proof")
@requires(Permission.BILLING_READ)
def show_proof(ref: str) -> ResponseReturnValue:
    """The file that was kept with it; saved, never shown by the browser itself."""
    receipt = payment_page.payment(db.session(), ref).BankReceipt
    return file_answer(receipt.proof_name if receipt else None, receipt.proof_type if receipt else "", ref)
