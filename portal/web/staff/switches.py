"""The emergency switches: throwing them, saying on every staff page which are on, and keeping a read-only house so."""

from flask import Blueprint, Flask, flash, g, request, url_for
from flask.typing import ResponseReturnValue

from portal.actions.stop_charges import set_switch
from portal.core import clock
from portal.core.business import READ_ONLY, STOP_CHARGES, STOP_MAILS, SWITCHES
from portal.core.errors import Invalid, NotFound, Refused
from portal.identity.permissions import Permission, requires
from portal.web.forms import only_fields
from portal.web.htmx import see_other
from portal.web.security import SAFE_METHODS
from portal.web.staff.listing import reason_given
from portal.web.wording import gettext as _

bp = Blueprint("staff_switches", __name__, url_prefix="/billing/health/switches")


class ReadOnly(Refused):
    """Nothing is written while the switch is on."""

    code = "read_only"


def init_switches(app: Flask) -> None:
    """Bind the refusal; who is asking must be known before. Templates get `switch_word`."""
    app.jinja_env.globals["switch_word"] = switch_word
    app.before_request(refuse_writing)


def refuse_writing() -> None:
    """Whoever is signed in changes nothing while the house is read-only, but for the switches themselves.

    Gateways' news is stored all the same, and people may sign in and out: those views are public.
    """
    if request.method in SAFE_METHODS or g.user is None or request.blueprint == bp.name:
        return
    why = dict(g.user.house.switches).get(READ_ONLY)
    if why is not None:
        raise ReadOnly(_("The portal is read-only right now: %(why)s. Nothing was saved.", why=why.rstrip(".")))


@bp.post("/<name>")
@requires(Permission.OPERATIONS_WRITE)
def throw(name: str) -> ResponseReturnValue:
    only_fields("is_on", "reason")
    if name not in SWITCHES:
        raise NotFound(_("There is no such switch."))
    wanted = request.form.get("is_on", "")
    if wanted not in ("yes", "no"):
        raise Invalid(_("Choose one of the list."), field="is_on")
    set_switch(name, is_on=wanted == "yes", reason=reason_given(), actor=g.actor, at=clock.now())
    flash(_("Switched on.") if wanted == "yes" else _("Switched off. What waited goes on."), "good")
    return see_other(url_for("staff_health.show_health", _anchor="switches"))


def switch_word(name: str) -> str:
    """What a switch that is on means."""
    return {
        STOP_CHARGES: _("No charges are sent."),
        STOP_MAILS: _("No mails are sent."),
        READ_ONLY: _("The portal is read-only."),
    }.get(name, name)


def switch_label(name: str) -> str:
    return {
        STOP_CHARGES: _("Stop charges"),
        STOP_MAILS: _("Stop mails"),
        READ_ONLY: _("Read-only"),
    }.get(name, name)


def switch_effect(name: str) -> str:
    """What throwing it does, on the page before."""
    return {
        STOP_CHARGES: _("Charges wait. What was sent already is still settled."),
        STOP_MAILS: _("Mails wait and leave afterwards, read again before they do."),
        READ_ONLY: _("No run, no charge, no mail, no change by anybody. News of gateways is kept."),
    }.get(name, "")
