"""Invoices, receipts and credit notes as PDF: asked for, prepared by a worker, and handed over under their digest."""

from flask import Blueprint, g, render_template
from flask.typing import ResponseReturnValue

from portal.core.db import db
from portal.core.errors import NotFound
from portal.customers import queries as customers
from portal.identity.permissions import Permission, requires
from portal.invoicing import queries as invoices
from portal.notifications.papers import receipt_subject
from portal.payments import queries as payments
from portal.web.account.invoices import mine
from portal.web.account.watching import answer_to_watch
from portal.web.printed import printed
from portal.web.wording import gettext as _

bp = Blueprint("account_papers", __name__, url_prefix="/account/invoices")


@bp.get("/<ref>/pdf")
@requires(Permission.ACCOUNT_READ)
def invoice_pdf(ref: str) -> ResponseReturnValue:
    invoice = mine(ref)
    return _paper(ref, invoice.ref, f"{invoice.label}.pdf")


@bp.get("/<ref>/receipt/<payment>")
@requires(Permission.ACCOUNT_READ)
def receipt_pdf(ref: str, payment: str) -> ResponseReturnValue:
    """The invoice as paid by one of its payments."""
    invoice = mine(ref)
    paid = {row.ref for _share, row in payments.allocations_of_invoice(db.session(), invoice.id)}
    if payment not in paid:
        raise NotFound("There is no such payment of the invoice.")
    return _paper(ref, receipt_subject(invoice.ref, payment), f"{invoice.label}-{_('receipt')}.pdf")


@bp.get("/<ref>/notes/<note>")
@requires(Permission.ACCOUNT_READ)
def note_pdf(ref: str, note: str) -> ResponseReturnValue:
    invoice = mine(ref)
    found = next((one for one in invoices.credit_notes_of(db.session(), invoice.id) if one.ref == note), None)
    if found is None:
        raise NotFound("There is no such credit note.")
    return _paper(ref, found.ref, f"{found.label}.pdf")


def _paper(ref: str, subject: str, name: str) -> ResponseReturnValue:
    """The file, or a page that waits for it. The language is that of the customer's invoices."""
    language = customers.with_id(db.session(), g.customer_id).language
    paper = printed(subject, language, name)
    answer = answer_to_watch("ready" if paper else "preparing")
    if answer is not None:
        return answer
    return paper or render_template("account/invoices/preparing.html", ref=ref, name=name)
