"""Open an account, and confirm the address it was opened with."""

from flask import Blueprint, redirect, render_template, session, url_for
from flask.typing import ResponseReturnValue

from portal.actions.sign_up import Application, sign_up
from portal.actions.verify_email import PasswordNeeded, verify_email
from portal.core import clock
from portal.core.db import db
from portal.core.errors import Invalid
from portal.identity import tokens
from portal.identity.permissions import public
from portal.identity.tokens import LinkSpent, Purpose
from portal.web.auth.forms import ConfirmForm, SignUpForm
from portal.web.auth.limits import limit_mails_by_account, limit_mails_by_address, limit_tries_by_address
from portal.web.session import begin, device, home_of, introduce_company, moments, settings, visitor
from portal.web.wording import language

bp = Blueprint("sign_up", __name__)
bp.before_request(introduce_company)

AFTER_SIGN_UP = "/account/plan"


@bp.get("/sign-up")
@public
def show_sign_up() -> ResponseReturnValue:
    user = visitor()
    if user is not None:
        return redirect(home_of(user))
    form = SignUpForm(language=language())
    form.offer()
    return render_template("auth/sign_up.html", form=form)


@bp.post("/sign-up")
@public
@limit_mails_by_address
@limit_mails_by_account
def apply() -> ResponseReturnValue:
    """The answer is the same whether or not the address was known."""
    form = SignUpForm()
    form.offer()
    try:
        if form.validate():
            session["signing_up"] = sign_up(_application(form), secret_key=settings().secret_key, now=moments())
            session["mailed_to"] = form.email.data
            return redirect(url_for(".sent"), code=303)
    except Invalid as wrong:
        form.refuse(wrong)
    return render_template("auth/sign_up.html", form=form), 422


@bp.get("/sign-up/sent")
@public
def sent() -> ResponseReturnValue:
    return render_template("auth/sent.html", mailed_to=session.get("mailed_to", ""), is_reset=False)


@bp.get("/verify/<token>")
@public
def show_confirm(token: str) -> ResponseReturnValue:
    """Nothing is confirmed by looking: mail programs open links ahead of people."""
    if not tokens.is_live(db.session(), Purpose.VERIFY_EMAIL, token, wall_at=clock.wall()):
        return _spent()
    return _confirm_page(token, ConfirmForm(), asks_password="signing_up" not in session)


@bp.post("/verify/<token>")
@public
@limit_tries_by_address
def confirm(token: str) -> ResponseReturnValue:
    form = ConfirmForm()
    if not form.validate():
        return _confirm_page(token, form, asks_password=True, status=422)
    marker = session.get("signing_up", "")
    try:
        opened = verify_email(token, marker=marker, password=form.password.data or "", device=device(), now=moments())
    except LinkSpent:
        return _spent()
    except PasswordNeeded as needed:
        form.refuse(needed)
        return _confirm_page(token, form, asks_password=True, status=422)
    user = begin(opened, is_kept=False)
    return redirect(AFTER_SIGN_UP if user.customer else home_of(user), code=303)


def _application(form: SignUpForm) -> Application:
    return Application(
        name=form.name.data,
        company=form.company.data or "",
        email=form.email.data,
        password=form.password.data,
        country=form.country.data,
        language=form.language.data,
        zone=form.zone.data or "",
    )


def _confirm_page(token: str, form: ConfirmForm, *, asks_password: bool, status: int = 200) -> ResponseReturnValue:
    here = url_for(".confirm", token=token)
    return render_template("auth/confirm.html", form=form, here=here, asks_password=asks_password), status


def _spent() -> ResponseReturnValue:
    return render_template("auth/spent.html"), 410
