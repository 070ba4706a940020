"""Limits of roles: how much somebody may move alone, and approve for others, by currency."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, flash, g, url_for
from flask.typing import ResponseReturnValue

from portal.actions.set_limits import Limits, set_limits
from portal.core import clock
from portal.core.db import db
from portal.core.errors import Invalid
from portal.core.money import Money
from portal.identity.models import Role
from portal.identity.permissions import Permission, requires
from portal.identity.queries import role_named
from portal.reporting import role_limits
from portal.web.forms import LineField, MoneyField, PasswordField, PortalForm, required
from portal.web.htmx import see_other, show
from portal.web.staff import deed_words
from portal.web.staff.gateway_forms import limit_tries
from portal.web.staff.listing import LONGEST_REASON
from portal.web.wording import gettext
from portal.web.wording import lazy_gettext as _

bp = Blueprint("staff_limits", __name__, url_prefix="/billing/limits")


class LimitsForm(PortalForm):
    """Each currency brings `alone_<code>` and `approve_<code>`; empty is no limit of its own."""

    reason = LineField(_("Why"), [required()], most=LONGEST_REASON)
    password = PasswordField(_("Your password"), [required()])
    currencies: tuple[str, ...] = ()

    @property
    def pairs(self) -> list[tuple[Any, Any]]:
        return [(self[f"alone_{code}"], self[f"approve_{code}"]) for code in self.currencies]

    def limits(self) -> Limits:
        return Limits(self._typed("alone"), self._typed("approve"))

    def _typed(self, name: str) -> dict[str, int]:
        typed = {code: self[f"{name}_{code}"].data for code in self.currencies}
        return {code: amount.minor for code, amount in typed.items() if amount is not None}


@bp.get("")
@requires(Permission.USERS_WRITE)
def list_limits() -> ResponseReturnValue:
    return show(
        page="staff/limits/list.html",
        fragment="staff/limits/_roles.html",
        rows=[_row(row.Role, row.people) for row in role_limits.roles(db.session())],
    )


@bp.get("/<name>")
@requires(Permission.USERS_WRITE)
def show_role(name: str) -> ResponseReturnValue:
    role = role_named(db.session(), name, side="staff")
    return _page(role, _form(role, is_sent=False))


@bp.post("/<name>")
@requires(Permission.USERS_WRITE)
@limit_tries
def save(name: str) -> ResponseReturnValue:
    role = role_named(db.session(), name, side="staff")
    form = _form(role, is_sent=True)
    try:
        if form.validate():
            set_limits(
                name, form.limits(), reason=form.reason.data, password=form.password.data, actor=g.actor, at=clock.now()
            )
            flash(gettext("Saved. The limits count from now on."), "good")
            return see_other(url_for(".show_role", name=name))
    except Invalid as wrong:
        form.refuse(wrong)
    return _page(role, form, status=422)


def _form(role: Role, *, is_sent: bool) -> Any:
    """With the currencies in use and those that have a limit already."""
    codes = sorted({*role_limits.currencies(db.session()), *role.limits, *role.approval_limits})
    fields: dict[str, Any] = {"currencies": tuple(codes)}
    held: dict[str, Money] = {}
    for name, limits in (("alone", role.limits), ("approve", role.approval_limits)):
        words = gettext("%(currency)s alone, up to") if name == "alone" else gettext("%(currency)s approved, up to")
        for code in codes:
            fields[f"{name}_{code}"] = MoneyField(words % {"currency": code}, currency=code, takes_zero=True)
        held |= {f"{name}_{code}": Money(int(minor), code) for code, minor in limits.items()}
    kind = type("RoleLimitsForm", (LimitsForm,), fields)
    form: Any = kind() if is_sent else kind(formdata=None, data=held)
    return form


def _page(role: Role, form: Any, status: int = 200) -> ResponseReturnValue:
    return show(
        page="staff/limits/role.html",
        fragment="staff/limits/_role.html",
        status=status,
        role=role,
        form=form,
        approves=_approves(role),
        words=deed_words,
        changes=role_limits.changes(db.session(), role.name),
    )


def _row(role: Role, people: int) -> tuple[str, int, list[Money], list[Money], bool]:
    """Its name, how many have it, what they may move alone and approve, and whether they may approve at all."""
    return role.name, people, _amounts(role.limits), _amounts(role.approval_limits), _approves(role)


def _amounts(limits: Mapping[str, Any]) -> list[Money]:
    return [Money(int(minor), code) for code, minor in sorted(limits.items())]


def _approves(role: Role) -> bool:
    return Permission.BILLING_APPROVE in role.permissions
