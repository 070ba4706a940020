"""What staff do with the links on which an invoice is paid without signing in: mail a fresh one, take all back."""

from flask import Blueprint, flash, g, url_for
from flask.typing import ResponseReturnValue

from portal.actions.mail_pay_link import mail_pay_link
from portal.actions.revoke_pay_links import revoke_pay_links
from portal.core import clock
from portal.identity.permissions import Permission, requires
from portal.web.forms import only_fields, posted_key
from portal.web.htmx import see_other
from portal.web.wording import gettext as _

bp = Blueprint("staff_pay_links", __name__, url_prefix="/billing/invoices/<ref>/links")


@bp.post("/mail")
@requires(Permission.BILLING_WRITE)
def mail(ref: str) -> ResponseReturnValue:
    only_fields()
    posted_key()
    mail_pay_link(ref, actor=g.actor, at=clock.now())
    flash(_("The link is on its way to the customer's billing address."), "good")
    return see_other(url_for("staff_invoices.show_invoice", ref=ref))


@bp.post("/revoke")
@requires(Permission.BILLING_WRITE)
def revoke(ref: str) -> ResponseReturnValue:
    only_fields()
    posted_key()
    revoke_pay_links(ref, actor=g.actor, at=clock.now())
    flash(_("Earlier payment links of this invoice open nothing any more."), "good")
    return see_other(url_for("staff_invoices.show_invoice", ref=ref))
