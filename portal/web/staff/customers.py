"""The staff's customers: the list, one customer at a glance, and the deeds that concern the customer as such."""

from datetime import date
from typing import Any

from flask import Blueprint, flash, g, request, url_for
from flask.typing import ResponseReturnValue

from portal.actions.choose_delivery import choose_delivery
from portal.actions.note_on_customer import LONGEST, note_on_customer
from portal.actions.release_customer import release_customer
from portal.actions.resend_message import ENDED, resend_message
from portal.core import clock
from portal.core.days import day
from portal.core.db import db
from portal.core.keyset import sorts
from portal.core.money import Money
from portal.customers import places as countries
from portal.customers import queries as customers
from portal.identity.permissions import Permission, requires
from portal.invoicing.presentation import state_of
from portal.reporting import customer_list, customer_page, invoice_page, payment_list
from portal.reporting.customer_list import Filters
from portal.reporting.customer_page import Header
from portal.reporting.items import Basket
from portal.reporting.worth import COUNTING
from portal.subscriptions.states import LIVE, SubscriptionStatus
from portal.web.forms import PortalForm, TextField, only_fields, posted_key, required
from portal.web.htmx import see_other, show
from portal.web.staff import deed_words, listing
from portal.web.staff.customer_frame import customer_tab, header_of
from portal.web.staff.listing import Chip
from portal.web.statuses import status_word
from portal.web.wording import gettext as _
from portal.web.wording import language, lazy_gettext

bp = Blueprint("staff_customers", __name__, url_prefix="/clients")

LATEST_INVOICES = 5
EXPIRES_SOON = 30


class NoteForm(PortalForm):
    text = TextField(lazy_gettext("Note"), [required()], most=LONGEST)


@bp.get("/")
@requires(Permission.BILLING_READ)
def list_customers() -> ResponseReturnValue:
    session, today, filters = db.session(), day(clock.now(), g.zone), _filters()
    sort = listing.picked("sort", sorts(customer_list.ORDERS))
    sheet = customer_list.page(session, filters, today=today, sort=sort, places=listing.places(), limit=listing.ROWS)
    counted = customer_list.counts(session, filters, today=today)
    named = dict(countries.countries(language()))
    return show(
        page="staff/customers/list.html",
        fragment="staff/customers/_customers.html",
        rows=sheet.rows,
        turns=listing.turns(sheet),
        count=counted[filters.tab],
        most=customer_list.MOST_COUNTED,
        tabs=listing.tab_links("tab", _list_tabs(), counted, filters.tab, "parked"),
        sort=sort or "-created",
        filters=filters,
        named=named,
        countries=[(code, named.get(code, code)) for code in customer_list.countries(session)],
        statuses=sorted(LIVE),
        may_enter=Permission.SUBSCRIPTION_WRITE in g.permissions,
        chips=listing.chips(_chips(filters, named)),
    )


@bp.get("/<ref>")
@requires(Permission.BILLING_READ)
def show_customer(ref: str) -> ResponseReturnValue:
    session, at = db.session(), clock.now()
    today = day(at, g.zone)
    header = customer_page.header(session, ref, today)
    customer_id = header.row.id
    owned = customer_page.subscriptions(session, customer_id)
    latest = customer_page.invoices(session, customer_id, after="", before="", limit=LATEST_INVOICES)
    methods = customer_page.methods(session, customer_id)
    return customer_tab(
        header,
        "overview",
        at=at,
        today=today,
        owned=owned,
        mrr=_mrr(owned, header),
        methods=[(one, _method_state(one, today)) for one in methods],
        grouped=_grouped(latest.rows, today),
        credits=customer_page.credits(session, customer_id),
        note=_last_note(header),
        has_live=any(one.status in LIVE for one, _basket in owned),
    )


@bp.get("/<ref>/invoices")
@requires(Permission.BILLING_READ)
def show_invoices(ref: str) -> ResponseReturnValue:
    header, today = header_of(ref)
    sheet = customer_page.invoices(db.session(), header.row.id, **listing.places(), limit=listing.ROWS)
    return customer_tab(header, "invoices", grouped=_grouped(sheet.rows, today), turns=listing.turns(sheet))


@bp.get("/<ref>/payments")
@requires(Permission.BILLING_READ)
def show_payments(ref: str) -> ResponseReturnValue:
    header, _today = header_of(ref)
    filters = payment_list.Filters(customer_ref=ref)
    sheet = payment_list.page(db.session(), filters, places=listing.places(), limit=listing.ROWS)
    return customer_tab(header, "payments", rows=sheet.rows, turns=listing.turns(sheet))


@bp.get("/<ref>/credits")
@requires(Permission.BILLING_READ)
def show_credits(ref: str) -> ResponseReturnValue:
    header, _today = header_of(ref)
    session, customer_id = db.session(), header.row.id
    sheet = customer_page.balance_ledger(session, customer_id, **listing.places(), limit=listing.ROWS)
    return customer_tab(
        header,
        "credits",
        credits=customer_page.credits(session, customer_id),
        ledger=customer_page.credit_ledger(session, customer_id),
        rows=[(row, Money(row.amount_minor, row.currency)) for row in sheet.rows],
        turns=listing.turns(sheet),
    )


@bp.get("/<ref>/messages")
@requires(Permission.BILLING_READ)
def show_messages(ref: str) -> ResponseReturnValue:
    header, _today = header_of(ref)
    sheet = customer_page.messages(db.session(), header.row.id, **listing.places(), limit=listing.ROWS)
    rows = [(row, row.subject or deed_words.mail_word(row.template)) for row in sheet.rows]
    return customer_tab(header, "messages", rows=rows, ended=ENDED, turns=listing.turns(sheet))


@bp.post("/<ref>/messages/<message_ref>/again")
@requires(Permission.BILLING_READ)
def send_again(ref: str, message_ref: str) -> ResponseReturnValue:
    only_fields()
    resend_message(ref, message_ref, form_key=posted_key(), actor=g.actor, at=clock.now())
    flash(_("It is being sent again."), "good")
    return see_other(url_for(".show_messages", ref=ref))


@bp.get("/<ref>/history")
@requires(Permission.BILLING_READ)
def show_history(ref: str) -> ResponseReturnValue:
    header, _today = header_of(ref)
    sheet = customer_page.deeds(db.session(), header.row.id, **listing.places(), limit=2 * listing.ROWS)
    return customer_tab(header, "history", days=deed_words.deeds_by_day(sheet.rows), turns=listing.turns(sheet))


@bp.get("/<ref>/notes")
@requires(Permission.BILLING_READ)
def show_notes(ref: str) -> ResponseReturnValue:
    return _notes(ref, NoteForm())


@bp.post("/<ref>/notes")
@requires(Permission.BILLING_READ)
def add_note(ref: str) -> ResponseReturnValue:
    form = NoteForm()
    if not form.validate():
        return _notes(ref, form, status=422)
    note_on_customer(ref, form.text.data, form_key=form.form_key.data, actor=g.actor, at=clock.now())
    flash(_("Note written."), "good")
    return see_other(url_for(".show_notes", ref=ref))


@bp.post("/<ref>/delivery")
@requires(Permission.BILLING_WRITE)
def deliver(ref: str) -> ResponseReturnValue:
    only_fields("delivery")
    posted_key()
    choose_delivery(ref, request.form.get("delivery", ""), actor=g.actor, at=clock.now())
    flash(_("Saved. Invoices from the next one on go that way."), "good")
    return see_other(url_for(".show_customer", ref=ref))


@bp.post("/<ref>/release")
@requires(Permission.OPERATIONS_WRITE)
def release(ref: str) -> ResponseReturnValue:
    only_fields("reason")
    reason = listing.reason_given()
    customer = customers.by_ref(db.session(), ref)
    release_customer(customer.id, reason=reason, actor=g.actor, at=clock.now())
    flash(_("Released. What fell due meanwhile is billed by the next run."), "good")
    return see_other(url_for(".show_customer", ref=ref))


def _notes(ref: str, form: NoteForm, status: int = 200) -> ResponseReturnValue:
    header, _today = header_of(ref)
    sheet = customer_page.notes(db.session(), header.row.id, **listing.places(), limit=listing.ROWS)
    return customer_tab(header, "notes", status=status, form=form, rows=sheet.rows, turns=listing.turns(sheet))


def _filters() -> Filters:
    known = customer_list.TABS
    country = request.args.get("country", "")
    return Filters(
        tab=listing.picked("tab", known, "all"),
        words=listing.words(),
        country=listing.picked("country", [country] if countries.is_country(country) else []),
        currency=listing.currency_asked(),
        status=listing.picked("status", list(SubscriptionStatus)),
    )


def _chips(filters: Filters, named: dict[str, str]) -> list[Chip]:
    return [
        Chip("q", _("Search"), filters.words),
        Chip("country", _("Country"), named.get(filters.country, filters.country)),
        Chip("currency", _("Currency"), filters.currency),
        Chip("status", _("Has a subscription"), status_word(filters.status, "subscription") if filters.status else ""),
    ]


def _list_tabs() -> list[tuple[str, str]]:
    words = {"all": _("All"), "overdue": _("Overdue"), "parked": _("Parked"), "none": _("Without subscription")}
    return [(tab, words[tab]) for tab in customer_list.TABS]


def _grouped(rows: Any, today: date) -> list[tuple[Any, str, list[tuple[Any, str, str]]]]:
    """Invoices with their state, each with its tries."""
    tries: dict[int, list[Any]] = {}
    for one in invoice_page.attempts(db.session(), [row.invoice_id for row in rows]) if rows else []:
        said = (one, deed_words.trigger_word(one.trigger), deed_words.code_words(one))
        tries.setdefault(one.invoice_id, []).append(said)
    return [(row, state_of(row, today), tries.get(row.invoice_id, [])) for row in rows]


def _mrr(owned: list[tuple[Any, Basket | None]], header: Header) -> Money:
    counting = [basket.mrr for one, basket in owned if basket and one.status in COUNTING]
    return Money.total(counting, header.row.currency)


def _method_state(method: Any, today: date) -> str:
    if method.is_refused:
        return "failing"
    if method.expires_on is None or (method.expires_on - today).days >= EXPIRES_SOON:
        return "valid"
    return "expired" if method.expires_on < today else "expiring"


def _last_note(header: Header) -> dict[str, Any] | None:
    note: dict[str, Any] | None = header.row.last_note
    return note
