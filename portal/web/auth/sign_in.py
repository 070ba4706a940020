"""Sign in and out."""

from flask import Blueprint, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from portal.actions.sign_in import WrongSignIn, sign_in
from portal.actions.sign_out import sign_out
from portal.core import clock
from portal.identity.permissions import public
from portal.web.auth.forms import SignInForm
from portal.web.auth.limits import limit_tries_by_account, limit_tries_by_address, limit_tries_by_pair
from portal.web.session import (
    actor_of,
    begin,
    device,
    home_of,
    introduce_company,
    moments,
    safe_next,
    settings,
    visitor,
)

bp = Blueprint("sign_in", __name__)
bp.before_request(introduce_company)


@bp.get("/")
@public
def front() -> ResponseReturnValue:
    """Everyone's first address: home, or the way there."""
    user = visitor()
    return redirect(home_of(user) if user else url_for(".show_sign_in"))


@bp.get("/sign-in")
@public
def show_sign_in() -> ResponseReturnValue:
    user = visitor()
    if user is not None:
        return redirect(_target() or home_of(user))
    return _page(SignInForm(email=session.get("mailed_to", "")))


@bp.post("/sign-in")
@public
@limit_tries_by_address
@limit_tries_by_pair
@limit_tries_by_account
def enter() -> ResponseReturnValue:
    form = SignInForm()
    if not form.validate():
        return _page(form, status=422)
    try:
        token = sign_in(
            form.email.data,
            form.password.data,
            device=device(),
            secret_key=settings().secret_key,
            now=moments(),
        )
    except WrongSignIn as wrong:
        form.refuse(wrong)
        return _page(form, status=422)
    target = _target()
    user = begin(token, is_kept=form.is_kept.data)
    return redirect(target or home_of(user), code=303)


@bp.post("/sign-out")
@public
def leave() -> ResponseReturnValue:
    user = visitor()
    if user is not None:
        sign_out(user.token, actor=actor_of(user), at=clock.now())
    session.clear()
    return redirect(url_for(".show_sign_in"), code=303)


def _target() -> str:
    return safe_next(request.args.get("next", ""))


def _page(form: SignInForm, status: int = 200) -> ResponseReturnValue:
    here = url_for(".enter", next=_target() or None)
    return render_template("auth/sign_in.html", form=form, here=here), status
