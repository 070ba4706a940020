"""Where staff begin: today's renewals, the figures of the month, and what waits for a person."""

from collections import Counter
from datetime import datetime
from typing import Any

from flask import Blueprint, g, url_for
from flask.typing import ResponseReturnValue

from portal.core import clock
from portal.core.days import day, midnight
from portal.core.db import db
from portal.core.money import Money
from portal.identity.permissions import Permission, requires
from portal.reporting import figures, revenue
from portal.reporting.figures import DaySum, Moment
from portal.reporting.revenue import Revenue
from portal.reporting.task_list import open_tasks
from portal.web.filters import url_here
from portal.web.htmx import show
from portal.web.staff import home_charts as charts
from portal.web.staff import task_words
from portal.web.staff.listing import currency_asked, picked
from portal.web.wording import gettext as _
from portal.web.wording import ngettext

bp = Blueprint("staff_home", __name__, url_prefix="/billing")

MONTHS = {"6": 6, "12": 12, "24": 24}
MOST_TASKS = 200
TASKS_SHOWN = 5
CARD_ENDS_SOON = 31
FRAGMENTS = {"mrr": "staff/home/_mrr.html", "collections": "staff/home/_collections.html"}


@bp.get("/")
@requires(Permission.BILLING_READ)
def show_home() -> ResponseReturnValue:
    session = db.session()
    now = _moment()
    months, tabled, part = picked("months", MONTHS, "12"), picked("table", FRAGMENTS), picked("part", FRAGMENTS)
    standing = figures.standing(session, currency_asked(), now)
    currency = standing.currency
    if not standing.has_subscription:
        return show(page="staff/home/begin.html", fragment="staff/home/_begin.html", steps=_first_steps(standing))
    earned = revenue.revenue(session, currency, today=now.today, zone=now.zone, months=MONTHS[months])
    sums = figures.by_day(session, currency, now)
    tasks = open_tasks(session, limit=MOST_TASKS)
    return show(
        page="staff/home/home.html",
        fragment=FRAGMENTS.get(part, "staff/home/_mrr.html"),
        now=now,
        currency=currency,
        currencies=_segments("currency", [(each, each) for each in standing.currencies[:5]], currency, standing.own),
        ranges=_segments("months", [(each, _("%(n)s months", n=each)) for each in MONTHS], months, "12"),
        tabled=tabled,
        today=charts.today(sums, now),
        lead=_lead(len(tasks), int(standing.held_runs)),
        next_slot=charts.next_slot(now.at, standing.run_hour, now.day_begins),
        standing=standing,
        last_at=_instant(standing.last_run),
        earned=earned,
        change_words=_change_words(earned),
        collected_words=_collected_words(sums, currency),
        sums=sums,
        totals={kind: charts.total(sums, kind, currency) for kind in ("collected", "expected", "failed")},
        overdue_words=_overdue_words(standing, now),
        overdue=Money(int(standing.overdue), currency),
        recovered=_recovered(standing),
        target=round(figures.RECOVERY_TARGET * 100),
        needs=_needs(tasks, standing),
        tasks=[task_words.shown(task) for task in tasks[:TASKS_SHOWN]],
        tasks_open=len(tasks),
        upcoming=[(row, *_method_state(row, now)) for row in figures.next_to_renew(session, currency)],
        charts=charts,
    )


def _moment() -> Moment:
    at, zone = clock.now(), g.zone
    today = day(at, zone)
    begins = midnight(today, zone)
    month_begins, month_ends = revenue.month_bounds(today, zone)
    return Moment(
        at=at,
        zone=zone,
        today=today,
        day_begins=begins,
        day_ends=midnight(today.fromordinal(today.toordinal() + 1), zone),
        month_begins=month_begins,
        month_ends=month_ends,
        next_month_on=charts.next_month(today),
    )


def _segments(name: str, choices: list[tuple[str, str]], current: str, first: str) -> list[tuple[str, str, bool]]:
    return [(word, url_here(**{name: None if value == first else value}), value == current) for value, word in choices]


def _recovered(standing: Any) -> int | None:
    """Per cent, or None while nothing was decided yet."""
    return round(100 * int(standing.recovered) / int(standing.decided)) if standing.decided else None


def _change_words(earned: Revenue) -> str:
    """By how much MRR grew or shrank since the month began."""
    if earned.change is None:
        return ""
    sign = "+" if earned.change >= 0 else "\u2212"
    return _("%(change)s this month", change=f"{sign}{abs(earned.change) * 100:.1f}%")


def _collected_words(sums: list[DaySum], currency: str) -> str:
    """How much of the month's money is there."""
    collected, expected = (charts.total(sums, kind, currency) for kind in ("collected", "expected"))
    whole = collected + expected
    return (
        _("%(share)s%% of what we expect", share=round(100 * collected.minor / whole.minor))
        if whole.is_positive
        else ""
    )


def _overdue_words(standing: Any, now: Moment) -> str:
    """How many invoices, and since when the oldest."""
    number = int(standing.overdue_invoices)
    if not number:
        return _("None")
    invoices = ngettext("%(n)s invoice", "%(n)s invoices", number, n=number)
    days = (now.today - standing.overdue_since).days
    oldest = ngettext("the oldest %(n)s day", "the oldest %(n)s days", days, n=days)
    return f"{invoices}, {oldest}"


def _instant(run: Any) -> datetime | None:
    """When the last run was for; the row comes as JSON."""
    return datetime.fromisoformat(run["as_of"]) if run else None


def _needs(tasks: list[Any], standing: Any) -> list[tuple[str, int, str, str]]:
    """What waits for a person, by kind, the most frequent first; then what is always watched."""
    counted = Counter(task.kind for task in tasks)
    found = [_need(kind, number) for kind, number in counted.most_common(3)]
    watched = {
        "run_held": int(standing.held_runs),
        "attempt_in_doubt": 0,
        "customer_parked": 0,
        "charge_refused": 0,
    }
    for kind, number in watched.items():
        if len(found) < 4 and kind not in counted:
            found.append(_need(kind, number))
    return found


def _need(kind: str, number: int) -> tuple[str, int, str, str]:
    said = task_words.kind_of(kind)
    return said.glyph, number, _(said.word if number == 1 else said.many), _kind_address(kind)


def _kind_address(kind: str) -> str:
    if kind == "customer_parked":
        return url_for("staff_customers.list_customers", tab="parked")
    if kind in ("attempt_in_doubt", "payment_differs", "money_without_debt"):
        return url_for("staff_payments.list_payments", tab="doubt")
    if kind == "charge_refused":
        return url_for("staff_payments.list_payments", tab="declined")
    if kind == "run_held":
        return "/billing/runs"
    if kind == "difference":
        return url_for("staff_reconciliation.list_differences")
    return "/billing/health"


def _method_state(row: Any, now: Moment) -> tuple[str, str, str]:
    """Tone, glyph and word of how a renewal will be collected."""
    if row.status == "trialing":
        return "wait", "hourglass", _("Trial converts")
    if row.collection == "push":
        return "good", "landmark", _("Sent by customer")
    if row.kind is None:
        return "warn", "triangle-alert", _("No method")
    name = f"{(row.brand or row.kind).title()} {row.last4}".strip()
    if row.expires_on is not None and (row.expires_on - now.today).days < CARD_ENDS_SOON:
        return "warn", "clock", _("Card ends %(month)s", month=f"{row.expires_on:%m/%y}")
    return "good", "circle-check", name


def _first_steps(standing: Any) -> list[tuple[bool, str, str]]:
    """What a new installation still needs: is it done, what, how."""
    command = _("On the command line: %(command)s", command="flask portal …")
    return [
        (standing.has_plan, _("Publish a plan with a price"), command),
        (standing.has_tax, _("Say which taxes apply"), command),
        (standing.has_gateway, _("Connect a gateway"), command),
        (standing.has_customer, _("First customer"), _("Customers sign up by themselves, or you enter them.")),
        (standing.has_subscription, _("First subscription"), _("Begins the first billing period.")),
    ]


def _lead(tasks_open: int, held: int) -> str:
    """The line under the date."""
    said = []
    if held:
        said.append(ngettext("%(n)s run is held", "%(n)s runs are held", held, n=held))
    if tasks_open:
        said.append(ngettext("%(n)s task is open", "%(n)s tasks are open", tasks_open, n=tasks_open))
    return ", ".join(said)
