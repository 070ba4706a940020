"""The time machine of a test installation: what time it is here, where it is going, and sending it there."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from flask import Blueprint, flash, g, request, url_for
from flask.typing import ResponseReturnValue

from portal.actions.advance_clock import advance_clock
from portal.core import clock
from portal.core.days import day, midnight
from portal.core.db import db
from portal.core.errors import Invalid
from portal.core.periods import Interval, Unit, start_of
from portal.gateways.registry import gateway_name
from portal.identity.permissions import Permission, requires
from portal.reporting import time_machine
from portal.reporting.time_machine import TimeMachine
from portal.web.filters import written
from portal.web.forms import only_fields, posted_key
from portal.web.htmx import see_other, show
from portal.web.reading import Unreadable, read_day
from portal.web.session import settings
from portal.web.staff import listing
from portal.web.wording import gettext as _

bp = Blueprint("staff_clock", __name__, url_prefix="/billing/clock")

LEAPS = {"day": Interval(Unit.DAY), "week": Interval(Unit.WEEK), "month": Interval(Unit.MONTH)}


@bp.get("")
@requires(Permission.BILLING_READ)
def show_clock() -> ResponseReturnValue:
    """Live while the clock is on its way: the page reads itself again every second, every two without scripts."""
    machine = time_machine.read(db.session())
    at = clock.now()
    return show(
        page="staff/clock/clock.html",
        fragment="staff/clock/_clock.html",
        machine=machine,
        at=at,
        wall_at=clock.wall(),
        today=day(at, g.zone),
        target_on=day(machine.target_at, g.zone) if machine.target_at else None,
        since=_since(machine, at),
        refusal=_refusal(machine),
        leaps=_leaps(at),
        may_operate=Permission.OPERATIONS_WRITE in g.permissions,
    )


@bp.post("")
@requires(Permission.OPERATIONS_WRITE)
def advance() -> ResponseReturnValue:
    """By one of the leaps, or to the first instant of a day."""
    only_fields("by", "to")
    posted_key()
    at = clock.now()
    to = _target(at)
    advance_clock(to, stands=None, actor=g.actor, at=at, wall_at=clock.wall())
    return see_other(url_for(".show_clock", since=day(at, g.zone).isoformat()))


@bp.post("/stand")
@requires(Permission.OPERATIONS_WRITE)
def stand() -> ResponseReturnValue:
    """Let the clock stand, or run on as the wall's does."""
    only_fields("stands")
    posted_key()
    stands = request.form.get("stands", "")
    if stands not in ("yes", "no"):
        raise Invalid(_("Choose one of the list."), field="stands")
    advance_clock(None, stands=stands == "yes", actor=g.actor, at=clock.now(), wall_at=clock.wall())
    clock.forget()
    flash(_("The clock stands.") if stands == "yes" else _("The clock runs."), "good")
    return see_other(url_for(".show_clock"))


def _target(at: datetime) -> datetime:
    by = request.form.get("by", "")
    if by in LEAPS:
        return _leapt(at, LEAPS[by])
    if by != "date":
        raise Invalid(_("Choose one of the list."), field="by")
    try:
        return midnight(read_day(request.form.get("to", "")), g.zone)
    except Unreadable:
        raise Invalid(_("Choose a day, or write it as year-month-day."), field="to") from None


def _leapt(at: datetime, leap: Interval) -> datetime:
    """The same time of the day, later."""
    local = at.astimezone(ZoneInfo(g.zone))
    on = start_of(local.date(), leap, 1)
    return datetime.combine(on, local.time(), ZoneInfo(g.zone)).astimezone(UTC)


def _leaps(at: datetime) -> list[tuple[str, str, str]]:
    words = {"day": _("One day"), "week": _("One week"), "month": _("One month")}
    return [(name, words[name], written().moment(_leapt(at, leap))) for name, leap in LEAPS.items()]


def _since(machine: TimeMachine, at: datetime) -> date | None:
    """The day the journey began, as the address carries it; only for drawing."""
    begun = listing.day_asked("since")
    today = day(at, g.zone)
    if machine.target_at is None or begun is None or begun > today:
        return today - timedelta(days=1) if machine.target_at is not None else None
    return begun


def _refusal(machine: TimeMachine) -> str:
    """Why the clock stays as it is, if it does."""
    if not settings().test_mode:
        return _(
            "This installation bills for real, so its clock is the wall's. It can be moved only where TEST_MODE is on."
        )
    if machine.live_gateway:
        return _(
            "A live account of %(gateway)s is enabled, so the clock stays.", gateway=gateway_name(machine.live_gateway)
        )
    return ""
