"""Forgotten passwords: ask for a link, and choose a new one."""

from flask import Blueprint, flash, redirect, render_template, session, url_for
from flask.typing import ResponseReturnValue

from portal.actions.request_password_reset import request_password_reset
from portal.actions.reset_password import reset_password
from portal.core import clock
from portal.core.db import db
from portal.core.errors import Invalid
from portal.identity import tokens
from portal.identity.permissions import public
from portal.identity.tokens import LinkSpent, Purpose
from portal.web.auth.forms import ForgotForm, ResetForm
from portal.web.auth.limits import limit_mails_by_account, limit_mails_by_address, limit_tries_by_address
from portal.web.session import begin, device, home_of, introduce_company, moments, settings
from portal.web.wording import gettext as _

bp = Blueprint("password", __name__)
bp.before_request(introduce_company)


@bp.get("/forgot")
@public
def show_forgot() -> ResponseReturnValue:
    return render_template("auth/forgot.html", form=ForgotForm(email=session.get("mailed_to", "")))


@bp.post("/forgot")
@public
@limit_mails_by_address
@limit_mails_by_account
def ask() -> ResponseReturnValue:
    """The answer is the same whether or not the address was known."""
    form = ForgotForm()
    if not form.validate():
        return render_template("auth/forgot.html", form=form), 422
    request_password_reset(form.email.data, secret_key=settings().secret_key, now=moments())
    session["mailed_to"] = form.email.data
    return redirect(url_for(".sent"), code=303)


@bp.get("/forgot/sent")
@public
def sent() -> ResponseReturnValue:
    return render_template("auth/sent.html", mailed_to=session.get("mailed_to", ""), is_reset=True)


@bp.get("/reset/<token>")
@public
def show_reset(token: str) -> ResponseReturnValue:
    if not tokens.is_live(db.session(), Purpose.RESET_PASSWORD, token, wall_at=clock.wall()):
        return _spent()
    return _reset_page(token, ResetForm())


@bp.post("/reset/<token>")
@public
@limit_tries_by_address
def reset(token: str) -> ResponseReturnValue:
    form = ResetForm()
    if not form.validate():
        return _reset_page(token, form, status=422)
    try:
        opened = reset_password(token, form.password.data, device=device(), now=moments())
    except LinkSpent:
        return _spent()
    except Invalid as weak:
        form.refuse(weak)
        return _reset_page(token, form, status=422)
    user = begin(opened, is_kept=False)
    flash(_("Your new password is set. You were signed out everywhere else."), "good")
    return redirect(home_of(user), code=303)


def _reset_page(token: str, form: ResetForm, status: int = 200) -> ResponseReturnValue:
    return render_template("auth/reset.html", form=form, here=url_for(".reset", token=token)), status


def _spent() -> ResponseReturnValue:
    return render_template("auth/spent.html"), 410
