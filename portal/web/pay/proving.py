"""Showing by a file that an invoice was paid by transfer: the same form on the customer's page and on a link's."""

from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus

from flask import current_app, flash, g
from flask.typing import ResponseReturnValue

from portal.actions.submit_proof import (
    LONGEST_NOTE,
    LONGEST_PAYER,
    Claim,
    NothingToPay,
    TooManyProofs,
    submit_proof,
)
from portal.banking import proofs, uploads
from portal.banking.proof_models import TransferProof
from portal.banking.uploads import UploadRefused
from portal.core import clock
from portal.core.actors import Actor
from portal.core.days import day
from portal.core.db import db
from portal.core.errors import Invalid
from portal.invoicing.models import Invoice
from portal.invoicing.states import InvoiceStatus
from portal.web.forms import DayField, LineField, MoneyField, PortalForm, TextField, UploadField, required
from portal.web.htmx import see_other, show
from portal.web.refusals import said
from portal.web.wording import gettext
from portal.web.wording import lazy_gettext as _

REFUSED = {
    "empty": _("Choose the file that shows the transfer."),
    "large": _("The file is larger than 5 MB."),
    "kind": _("Only PDF, PNG and JPEG files can be taken."),
    "broken": _("The file cannot be read. Please save it again, or take a picture of it."),
    "pixels": _("The picture is too large. Please send a smaller one."),
    "active": _("This PDF contains scripts or other files, or is locked. Please print it to a plain PDF."),
}
FIELDS = {
    "amount": _("Write how much you sent."),
    "paid_on": _("Choose the day on which you sent it, at the latest today."),
}


class ProofForm(PortalForm):
    """What was sent, and the file that shows it."""

    amount = MoneyField(_("How much you sent"), [required()])
    paid_on = DayField(_("On which day"), [required()])
    payer = LineField(_("From whose account"), most=LONGEST_PAYER)
    note = TextField(_("Anything we should know"), most=LONGEST_NOTE)
    file = UploadField(_("The file"), [required()], most=uploads.LARGEST)


@dataclass(frozen=True, slots=True)
class Place:
    """`here` is the form's address, `back` the invoice's; `file` gives a proof's own, where files may be had."""

    here: str
    back: str
    file: Callable[[TransferProof], str] | None = None


def proof_page(
    invoice: Invoice, place: Place, *, form: ProofForm | None = None, status: int = 200
) -> ResponseReturnValue:
    """The form, unless nothing is open, and what was sent before."""
    today = day(clock.now(), g.zone)
    if form is None:
        form = ProofForm(formdata=None, data={"amount": invoice.open, "paid_on": today})
    form.amount.currency = invoice.currency
    return show(
        page="pay/proof.html",
        fragment="pay/_proof.html",
        status=status,
        invoice=invoice,
        is_payable=invoice.status is InvoiceStatus.ISSUED and invoice.open_minor > 0,
        form=form,
        place=place,
        sent=proofs.of_invoice(db.session(), invoice.id),
        today=today,
    )


def refuse_large(find: Callable[[], tuple[Invoice, Place]]) -> ResponseReturnValue:
    """The form again for a file so large that nothing of what was sent could be read.

    `find` says whose; what it refuses is answered as usual, which Flask does not do for what its handlers raise.
    """
    try:
        invoice, place = find()
    except Exception as refusal:
        return current_app.handle_user_exception(refusal)
    form = ProofForm(formdata=None, data={"amount": invoice.open, "paid_on": day(clock.now(), g.zone)})
    form.refuse(Invalid(str(REFUSED["large"]), field="file"))
    return proof_page(invoice, place, form=form, status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE)


def send_proof(invoice: Invoice, place: Place, *, actor: Actor) -> ResponseReturnValue:
    """Keep it for staff to look at; the page says what was wrong with it."""
    form = ProofForm()
    form.amount.currency = invoice.currency
    if not form.validate():
        return proof_page(invoice, place, form=form, status=422)
    claim = Claim(form.amount.data, form.paid_on.data, form.payer.data or "", form.note.data or "")
    try:
        submit_proof(invoice.ref, form.file.data, claim, actor=actor, at=clock.now())
    except UploadRefused as why:
        form.refuse(Invalid(str(REFUSED[why.why]), field="file"))
        return proof_page(invoice, place, form=form, status=422)
    except Invalid as wrong:
        form.refuse(Invalid(str(FIELDS.get(wrong.field) or said(wrong)), field=wrong.field))
        return proof_page(invoice, place, form=form, status=422)
    except (NothingToPay, TooManyProofs) as why:
        is_paid = isinstance(why, NothingToPay)
        words = gettext("Nothing is left to pay.") if is_paid else gettext("Your proofs wait already. We look first.")
        flash(words, "wait")
        return see_other(place.here)
    flash(gettext("Thank you. We look at it and tell you by mail."), "good")
    return see_other(place.here)
