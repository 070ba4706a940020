"""Dunning for staff: the queue, one case, and the mail that a reminder would be."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby

from flask import Blueprint, Response, current_app, g, make_response, render_template, request
from flask.typing import ResponseReturnValue

from portal.actions.remind_customer import preview_reminder
from portal.core import clock
from portal.core.days import day, midnight
from portal.core.db import db
from portal.core.errors import Invalid, PortalError
from portal.core.money import Money
from portal.identity.permissions import Permission, requires
from portal.invoicing import pay_links
from portal.notifications.letters import Unneeded
from portal.notifications.rendering import Preview
from portal.payments.attempts import link_of
from portal.reporting import dunning_case, dunning_queue
from portal.reporting.dunning_case import CaseFile, Event
from portal.reporting.dunning_queue import Filters
from portal.reporting.dunning_rows import queued
from portal.web import refusals
from portal.web.filters import written
from portal.web.forms import ChoiceField, DayField, LineField, PortalForm, TextField, required
from portal.web.htmx import show
from portal.web.reading import Unreadable, read_amount, read_count
from portal.web.session import settings
from portal.web.staff import dunning_words as said
from portal.web.staff import listing
from portal.web.staff.listing import Chip
from portal.web.wording import gettext
from portal.web.wording import lazy_gettext as _

bp = Blueprint("staff_dunning", __name__, url_prefix="/billing/dunning")

TARGET = 80
MOST_DAYS = 9_999
MAIL_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'; sandbox"


class PromiseForm(PortalForm):
    """The customer said when the money comes; nothing happens before that day."""

    until = DayField(_("They pay on"), [required()])
    reason = LineField(_("Note"), [required(_("Say how you know."))])


class NoteForm(PortalForm):
    """What was heard or thought."""

    kind = ChoiceField(_("Kind"), [required()])
    text = TextField(_("Text"), [required()])

    def offer(self) -> None:
        self.kind.choices = [("call", gettext("Call")), ("note", gettext("Note"))]


@dataclass(frozen=True, slots=True)
class CaseForms:
    """The forms on a case's page; the one that was sent wrongly comes with its errors."""

    promise: PromiseForm
    note: NoteForm


@bp.get("")
@requires(Permission.BILLING_READ)
def show_queue() -> ResponseReturnValue:
    session, filters = db.session(), _filters(clock.now())
    sort = listing.picked("sort", [*dunning_queue.SORTS, "-next", "-opened"])
    sheet = dunning_queue.page(session, filters, sort=sort, places=listing.places(), limit=listing.ROWS)
    rows = [queued(row) for row in sheet.rows]
    counted = dunning_queue.counts(session, filters.until)
    today = _today()
    return show(
        page="staff/dunning/queue.html",
        fragment="staff/dunning/_cases.html",
        rows=rows,
        total=dunning_queue.sums(session, filters),
        tabs=listing.tab_links("tab", _tabs(), counted, filters.tab, hot="today"),
        chips=listing.chips(_chips(filters)),
        recovered=dunning_queue.recovery(session, midnight(today.replace(day=1), g.zone)),
        turns=listing.turns(sheet),
        sort=sort or "opened",
        filters=filters,
        kept=listing.kept("tab", "sort", "q"),
        said=said,
        today=today,
        target=TARGET,
        open_count=counted["open"],
    )


@bp.get("/<ref>")
@requires(Permission.BILLING_READ)
def show_case(ref: str) -> ResponseReturnValue:
    return case_page(ref)


@bp.get("/<ref>/remind")
@requires(Permission.BILLING_WRITE)
def show_reminder(ref: str) -> ResponseReturnValue:
    """The very mail, before anybody sends it; or why there is none."""
    file = dunning_case.read(db.session(), ref)
    mail, refusal = _preview(ref)
    response = make_response(render_template("staff/dunning/remind.html", file=file, mail=mail, refusal=refusal))
    response.headers["Content-Security-Policy"] = _with_frames()
    return response


@bp.get("/<ref>/mail")
@requires(Permission.BILLING_WRITE)
def show_mail(ref: str) -> ResponseReturnValue:
    """The mail's own HTML for the frame on that page: it may style itself, and nothing else."""
    mail, refusal = _preview(ref)
    response = Response(mail.mail.html if mail else refusal, mimetype="text/html" if mail else "text/plain")
    response.headers["Content-Security-Policy"] = MAIL_POLICY
    response.headers["X-Frame-Options"] = "SAMEORIGIN"
    return response


def case_page(
    ref: str, *, promise: PromiseForm | None = None, note: NoteForm | None = None, status: int = 200
) -> ResponseReturnValue:
    """The case as it is now, with a form that was wrong."""
    file = dunning_case.read(db.session(), ref)
    today = day(clock.now(), file.customer.zone)
    note = note or NoteForm(formdata=None, data={"kind": "call"})
    note.offer()
    steps, days, words = said.ladder(file, today)
    what = listing.picked("show", ("tries", "mails"))
    return show(
        page="staff/dunning/case.html",
        fragment="staff/dunning/_case.html",
        status=status,
        file=file,
        today=today,
        steps=steps,
        days=days,
        ladder_words=words,
        entries=_time_line(file, what),
        what=what,
        forms=CaseForms(promise or PromiseForm(formdata=None, data={"until": listing.day_asked("until")}), note),
        dates=_promised_days(today),
        said=said,
        answer=_answer(file),
        now=clock.now(),
        pay_links=_pay_links(file),
        may_write=Permission.BILLING_WRITE in g.permissions,
        typed=file.leading.invoice.label or file.case.ref,
    )


def _filters(at: datetime) -> Filters:
    currency = listing.currency_asked()
    return Filters(
        until=midnight(_today(at) + timedelta(days=1), g.zone),
        user_id=g.user.user_id,
        tab=listing.picked("tab", dunning_queue.TABS, "open"),
        owner=listing.picked("owner", dunning_queue.OWNERS),
        decline=listing.picked("decline", dunning_queue.DECLINES),
        currency=currency,
        least=_least(currency),
        days=_days(),
        words=listing.words(),
    )


def _least(currency: str) -> int:
    typed = request.args.get("least", "").strip()
    if not typed:
        return 0
    if not currency:
        raise Invalid(gettext("Choose the currency of the amount."), field="currency")
    try:
        return read_amount(typed, currency, written()).minor
    except Unreadable:
        raise Invalid(gettext("Write an amount."), field="least") from None


def _days() -> int:
    typed = request.args.get("days", "").strip()
    try:
        return read_count(typed, MOST_DAYS) if typed else 0
    except Unreadable:
        raise Invalid(gettext("Write a whole number of days."), field="days") from None


def _tabs() -> list[tuple[str, str]]:
    return [
        ("open", gettext("Open")),
        ("today", gettext("Today")),
        ("retrying", gettext("In retry")),
        ("waiting", gettext("Waiting for customer")),
        ("promised", gettext("Promised")),
        ("paused", gettext("Paused")),
        ("exhausted", gettext("Ladder done")),
        ("recovered", gettext("Recovered")),
    ]


def _chips(filters: Filters) -> list[Chip]:
    owners = {"mine": g.user.name, "nobody": gettext("nobody")}
    declines = {"soft": gettext("soft"), "hard": gettext("hard"), "none": gettext("none")}
    least = written().money(Money(filters.least, filters.currency)) if filters.least else ""
    days = gettext("at least %(days)s", days=filters.days) if filters.days else ""
    return [
        Chip("q", gettext("Search"), filters.words),
        Chip("owner", gettext("Owner"), owners.get(filters.owner, "")),
        Chip("decline", gettext("Last decline"), declines.get(filters.decline, "")),
        Chip("least", gettext("At least"), least),
        Chip("currency", gettext("Currency"), "" if filters.least else filters.currency),
        Chip("days", gettext("Days overdue"), days),
    ]


def _preview(ref: str) -> tuple[Preview | None, str]:
    """The mail, or why there is none to send."""
    try:
        return preview_reminder(db.session(), ref, at=clock.now()), ""
    except Unneeded as unneeded:
        return None, gettext("No mail would leave: %(why)s.", why=unneeded.note)
    except PortalError as refused:
        if refused.code == "not_found":
            raise
        return None, refusals.said(refused)


def _time_line(file: CaseFile, what: str) -> list[tuple[str, list[tuple[str, str, str, str, str]]]]:
    """Tries, mails and steps of the case by day, the latest first. Tries say more than the steps that began them."""
    found: list[tuple[datetime, tuple[str, str, str, str]]] = []
    if what != "mails":
        found += [(one.attempt.sent_at or one.attempt.created_at, said.entry_of_try(one)) for one in file.tries]
    if what != "tries":
        found += [(event.at, said.entry_of_event(event)) for event in file.events if _is_told(event, what == "mails")]
    found.sort(key=lambda entry: entry[0], reverse=True)
    began_on = file.leading.climb.began_on
    days = groupby(found, key=lambda entry: day(entry[0], g.zone))
    return [(_day_title(on, began_on), [(*entry, written().time(at)) for at, entry in entries]) for on, entries in days]


def _is_told(event: Event, mails_only: bool) -> bool:
    """A try or a mail says more than the step by which the case began it."""
    if event.kind == dunning_case.MAIL:
        return True
    is_begun = event.word in ("tried", "retried") or (event.word == "reminded" and not event.who)
    return not mails_only and not is_begun


def _day_title(on: date, began_on: date) -> str:
    title, number = written().day_said(on), (on - began_on).days
    if on == _today():
        title = gettext("Today")
    return gettext("%(title)s, day %(number)s", title=title, number=number) if number > 0 else title


def _answer(file: CaseFile) -> tuple[str, str]:
    last = file.last_answer
    return said.answer_words(last.decline or "", last.decline_code or "") if last else ("", "")


def _pay_links(file: CaseFile) -> Sequence[tuple[str, str]]:
    """Label and address of where each invoice is paid without an account: a page of the gateway's that is open, or
    ours."""
    pages = {attempt.invoice_id: link_of(attempt) for attempt in file.live}
    at = clock.now()
    return [
        (
            one.invoice.label or one.invoice.ref,
            pages.get(one.invoice.id) or pay_links.address(one.invoice, settings(), at),
        )
        for one in file.open_debts
    ]


def _promised_days(today: date) -> list[tuple[str, date]]:
    """What customers usually promise."""
    next_month = (today.replace(day=1) + timedelta(days=32)).replace(day=1)
    friday = today + timedelta(days=(4 - today.weekday()) % 7 or 7)
    end = next_month - timedelta(days=1)
    named = [
        (gettext("Tomorrow"), today + timedelta(days=1)),
        (gettext("Friday"), friday),
        (gettext("End of month"), end),
    ]
    return [(word, on) for word, on in named if on > today]


def _with_frames() -> str:
    """The page's usual policy, and a frame of our own beside it."""
    return f"{current_app.extensions['answer_headers']['Content-Security-Policy']}; frame-src 'self'"


def _today(at: datetime | None = None) -> date:
    return day(at or clock.now(), g.zone)
