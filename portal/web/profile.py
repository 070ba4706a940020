"""The person's own name and language, on either side of the house, and which customer they act for."""

from flask import Blueprint, flash, g, render_template, url_for
from flask.typing import ResponseReturnValue

from portal.actions.edit_profile import edit_profile
from portal.actions.request_password_reset import request_password_reset
from portal.actions.switch_customer import switch_customer
from portal.core import clock
from portal.core.db import db
from portal.core.errors import Invalid
from portal.customers import queries as customers
from portal.identity.permissions import Permission, requires
from portal.web.auth.forms import languages
from portal.web.forms import ChoiceField, LineField, PortalForm, only_fields, required
from portal.web.htmx import see_other
from portal.web.session import ACCOUNT_HOME, moments, settings
from portal.web.wording import gettext
from portal.web.wording import lazy_gettext as _

account_bp = Blueprint("account_profile", __name__, url_prefix="/account")
staff_bp = Blueprint("staff_profile", __name__, url_prefix="/billing")


class ProfileForm(PortalForm):
    name = LineField(_("Your name"), [required()])
    language = ChoiceField(_("Language"), [required()])


@account_bp.get("/profile")
@requires(Permission.ACCOUNT_READ)
def show_profile() -> ResponseReturnValue:
    return _page("account", _form())


@account_bp.post("/profile")
@requires(Permission.ACCOUNT_READ)
def save_profile() -> ResponseReturnValue:
    return _save("account")


@account_bp.post("/profile/password")
@requires(Permission.ACCOUNT_READ)
def mail_password_link() -> ResponseReturnValue:
    return _mail_password_link("account")


@account_bp.post("/switch/<ref>")
@requires(Permission.ACCOUNT_READ)
def switch(ref: str) -> ResponseReturnValue:
    only_fields()
    switch_customer(g.user.session_id, g.user.user_id, ref)
    return see_other(ACCOUNT_HOME)


@staff_bp.get("/profile", endpoint="show_profile")
@requires(Permission.BILLING_READ)
def show_staff_profile() -> ResponseReturnValue:
    return _page("staff", _form())


@staff_bp.post("/profile", endpoint="save_profile")
@requires(Permission.BILLING_READ)
def save_staff_profile() -> ResponseReturnValue:
    return _save("staff")


@staff_bp.post("/profile/password", endpoint="mail_password_link")
@requires(Permission.BILLING_READ)
def mail_staff_password_link() -> ResponseReturnValue:
    return _mail_password_link("staff")


def _form() -> ProfileForm:
    form = ProfileForm(name=g.user.name, language=g.user.language)
    form.language.choices = languages()
    return form


def _save(side: str) -> ResponseReturnValue:
    form = _form()
    try:
        if form.validate():
            _edit(form)
            flash(gettext("Saved."), "good")
            return see_other(url_for(".show_profile"))
    except Invalid as wrong:
        form.refuse(wrong)
    return _page(side, form, status=422)


def _edit(form: ProfileForm) -> None:
    name, language = form.name.data, form.language.data
    edit_profile(g.user.user_id, name=name, language=language, actor=g.actor, at=clock.now())


def _mail_password_link(side: str) -> ResponseReturnValue:
    only_fields()
    request_password_reset(g.user.email, secret_key=settings().secret_key, now=moments())
    flash(gettext("We have mailed you a link to choose a new password. It works once, for an hour."), "good")
    return see_other(url_for(f"{side}_profile.show_profile"))


def _page(side: str, form: ProfileForm, status: int = 200) -> ResponseReturnValue:
    own = customers.of_user(db.session(), g.user.user_id) if side == "account" else []
    return render_template("profile/profile.html", form=form, side=side, own=own), status
