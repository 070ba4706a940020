"""Entering a customer by hand, with the person who acts for it."""

from flask import Blueprint, flash, g, url_for
from flask.typing import ResponseReturnValue

from portal.actions.create_customer import Entered, create_customer
from portal.core import business, clock
from portal.core.db import db
from portal.core.errors import Invalid, Refused
from portal.customers import places
from portal.identity.permissions import Permission, requires
from portal.web.auth.forms import languages, zones
from portal.web.forms import ChoiceField, LineField, MailField, PortalForm, TextField, required
from portal.web.htmx import leave_for, show
from portal.web.refusals import said
from portal.web.wording import gettext, language
from portal.web.wording import lazy_gettext as _

bp = Blueprint("staff_enter_customer", __name__, url_prefix="/clients/new")

SHORT = 40
ADDRESS = 500


class CustomerForm(PortalForm):
    name = LineField(_("Name"), [required()])
    class_ = ChoiceField(_("Kind of customer"), [required()], default="business")
    person = LineField(_("Name of the person"), [required()])
    email = MailField(_("Mail address"), [required()])
    address = TextField(_("Address"), most=ADDRESS)
    country = ChoiceField(_("Country"), [required()])
    language = ChoiceField(_("Language of invoices and mails"), [required()])
    zone = ChoiceField(_("Time zone"), [required()])
    external_id = LineField(_("Number in your own system"), most=SHORT)

    def offer(self) -> None:
        """Fill the lists in the reader's language."""
        self.class_.choices = [("business", gettext("A business")), ("person", gettext("A person"))]
        self.country.choices = list(places.countries(language()))
        self.language.choices = languages()
        self.zone.choices = zones()

    def entered(self) -> Entered:
        return Entered(
            name=self.name.data,
            email=self.email.data,
            person=self.person.data,
            country=self.country.data,
            zone=self.zone.data,
            language=self.language.data,
            is_business=self.class_.data == "business",
            address=self.address.data or "",
            external_id=self.external_id.data or None,
        )


@bp.get("")
@requires(Permission.SUBSCRIPTION_WRITE)
def show_form() -> ResponseReturnValue:
    own = business.read(db.session())
    return _page(CustomerForm(country=own.country, language=own.language, zone=own.zone))


@bp.post("")
@requires(Permission.SUBSCRIPTION_WRITE)
def enter() -> ResponseReturnValue:
    form = CustomerForm()
    form.offer()
    try:
        if form.validate():
            made = create_customer(form.entered(), form_key=str(form.form_key.data), actor=g.actor, at=clock.now())
            flash(gettext("Customer entered. The person sets a password by “Forgot your password?”."), "good")
            return leave_for(url_for("staff_customers.show_customer", ref=made))
    except Invalid as wrong:
        form.refuse(wrong)
    except Refused as refusal:
        form.form_errors.append(said(refusal))
        return _page(form, status=409)
    return _page(form, status=422)


def _page(form: CustomerForm, status: int = 200) -> ResponseReturnValue:
    form.offer()
    return show(page="staff/customers/enter.html", fragment="staff/customers/_enter.html", status=status, form=form)
