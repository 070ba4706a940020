"""The address that stands on printed invoices. Paper passes through many hands, so it opens nothing.

It has a link mailed to the customer instead.
"""

from flask import Blueprint, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from portal.core.db import db
from portal.core.errors import NotFound
from portal.customers.models import Customer
from portal.identity.permissions import public
from portal.invoicing import queries as invoices
from portal.invoicing.models import Invoice
from portal.invoicing.pay_links import PRINTED_PATH
from portal.invoicing.states import InvoiceStatus
from portal.web.forms import only_fields, posted_key
from portal.web.pay import limits
from portal.web.pay.link import say_nothing_elsewhere
from portal.web.pay.mailing import mail_link
from portal.web.session import introduce_company, speak_as, visitor

bp = Blueprint("pay_paper", __name__, url_prefix=PRINTED_PATH.rstrip("/"))
bp.before_request(introduce_company)
bp.after_request(say_nothing_elsewhere)


@bp.get("/<ref>")
@public
@limits.limit_looks
@limits.limit_guesses
def show_way(ref: str) -> ResponseReturnValue:
    """Nothing of the invoice but that there is one. Whoever is signed in for its customer is led to it."""
    invoice, customer = _printed(ref)
    person = visitor()
    if person is not None and person.customer is not None and person.customer.customer_id == customer.id:
        return redirect(url_for("account_invoices.show_invoice", ref=ref))
    is_open = invoice.status is InvoiceStatus.ISSUED and invoice.open_minor > 0
    return render_template("pay/paper.html", ref=ref, state="offered" if is_open else "settled")


@bp.post("/<ref>")
@public
@limits.limit_guesses
@limits.limit_mails_of_paper
def ask_for_link(ref: str) -> ResponseReturnValue:
    """A link by mail, to the address that the invoice went to and to no other."""
    _printed(ref)
    only_fields()
    posted_key()
    return render_template("pay/paper.html", ref=ref, state="mailed" if mail_link(ref) else "settled")


def _printed(ref: str) -> tuple[Invoice, Customer]:
    """The invoice and its customer, whose language the page speaks; a draft was never printed."""
    invoice, customer = invoices.with_customer(db.session(), ref)
    speak_as(customer.language, customer.zone)
    if invoice.status is InvoiceStatus.DRAFT:
        raise NotFound("There is no such invoice.")
    return invoice, customer
