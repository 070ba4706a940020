"""What stands on the customer's invoices: name, address, country, tax number, language and zone."""

from flask import Blueprint, flash, g, url_for
from flask.typing import ResponseReturnValue

from portal.actions.update_billing_details import BillingDetails, DetailsOutdated, update_billing_details
from portal.core import clock
from portal.core.db import db
from portal.core.errors import Invalid
from portal.customers import places
from portal.customers import queries as customers
from portal.identity.permissions import Permission, requires
from portal.web.auth.forms import languages, zones
from portal.web.forms import ChoiceField, LineField, MailField, PortalForm, QuantityField, TextField, required
from portal.web.htmx import see_other, show
from portal.web.refusals import said
from portal.web.wording import gettext, language
from portal.web.wording import lazy_gettext as _

bp = Blueprint("account_details", __name__, url_prefix="/account/details")

SHORT = 40
ADDRESS = 500


class DetailsForm(PortalForm):
    """`version` is that of the details as shown, so that two people do not overwrite each other unseen."""

    version = QuantityField(validators=[required()], least=1)
    name = LineField(_("Name"), [required()])
    class_ = ChoiceField(_("You are"), [required()])
    email = MailField(_("Mail for invoices"), [required()])
    address = TextField(_("Address"), most=ADDRESS)
    country = ChoiceField(_("Country"), [required()])
    tax_number = LineField(_("Tax number"), most=SHORT)
    language = ChoiceField(_("Language of invoices and mails"), [required()])
    zone = ChoiceField(_("Time zone"), [required()])
    delivery = ChoiceField(_("Invoices reach you"), default="mail")

    def offer(self) -> None:
        """Fill the lists in the reader's language."""
        self.class_.choices = [("business", gettext("A business")), ("person", gettext("A person"))]
        self.country.choices = list(places.countries(language()))
        self.language.choices = languages()
        self.zone.choices = zones()
        self.delivery.choices = [("mail", gettext("By mail")), ("post", gettext("Printed, by post"))]

    def details(self) -> BillingDetails:
        return BillingDetails(
            name=self.name.data,
            email=self.email.data,
            address=self.address.data or "",
            country=self.country.data,
            tax_number=self.tax_number.data or "",
            class_=self.class_.data,
            language=self.language.data,
            zone=self.zone.data,
            delivery=self.delivery.data,
        )


@bp.get("")
@requires(Permission.ACCOUNT_READ)
def show_details() -> ResponseReturnValue:
    return _show(_stored())


@bp.post("")
@requires(Permission.ACCOUNT_WRITE)
def save_details() -> ResponseReturnValue:
    form = DetailsForm()
    form.offer()
    try:
        if form.validate():
            version = int(form.version.data or 0)
            update_billing_details(g.customer_id, form.details(), version=version, actor=g.actor, at=clock.now())
            flash(gettext("Saved. Invoices from the next one on will say so."), "good")
            return see_other(url_for(".show_details"))
    except Invalid as wrong:
        form.refuse(wrong)
    except DetailsOutdated as outdated:
        latest = _stored()
        latest.form_errors.append(said(outdated))
        return _show(latest, status=409)
    return _show(form, status=422)


def _stored() -> DetailsForm:
    """The form as the customer's row fills it."""
    customer = customers.with_id(db.session(), g.customer_id)
    stored = {**BillingDetails.of(customer).as_values(), "version": customer.version}
    form = DetailsForm(formdata=None, data=stored)
    form.offer()
    return form


def _show(form: DetailsForm, status: int = 200) -> ResponseReturnValue:
    return show(
        page="account/details/details.html",
        fragment="account/details/_details.html",
        status=status,
        form=form,
        can_edit=Permission.ACCOUNT_WRITE in g.permissions,
    )
