"""The staff's invoices: the list with its counts and sums, one invoice with its tries, and what can be done with it."""

from datetime import date
from typing import Any

from flask import Blueprint, Response, flash, g, request, url_for
from flask.typing import ResponseReturnValue

from portal.actions.pay_invoice import pay_invoice
from portal.actions.request_document import request_document
from portal.actions.void_invoice import void_invoice
from portal.actions.write_off_invoice import write_off_invoice
from portal.core import clock
from portal.core.days import day
from portal.core.db import db
from portal.core.keyset import sorts
from portal.identity.permissions import Permission, requires
from portal.invoicing import pay_links
from portal.invoicing import queries as invoicing
from portal.invoicing.files import store
from portal.invoicing.note_drafts import CREDITED
from portal.invoicing.presentation import ShownInvoice, present, state_of
from portal.invoicing.states import InvoiceKind, InvoiceStatus
from portal.notifications import queries as notifications
from portal.payments import queries as payments
from portal.payments import receipts
from portal.payments.states import IN_DOUBT, LIVE, AttemptStatus, AttemptTrigger
from portal.reporting import credit_note_list, invoice_list, invoice_page
from portal.reporting.invoice_list import Filters
from portal.web.account.watching import answer_to_watch
from portal.web.filters import written
from portal.web.forms import only_fields, posted_key
from portal.web.htmx import see_other, show
from portal.web.session import settings
from portal.web.staff import deed_words, listing
from portal.web.staff.listing import Chip
from portal.web.wording import gettext as _

bp = Blueprint("staff_invoices", __name__, url_prefix="/billing/invoices")

ON_ITS_WAY = frozenset({AttemptStatus.WAITING, AttemptStatus.SENDING})


@bp.get("")
@requires(Permission.BILLING_READ)
def list_invoices() -> ResponseReturnValue:
    session, today, filters = db.session(), day(clock.now(), g.zone), _filters()
    sort = listing.picked("sort", sorts(invoice_list.ORDERS))
    sheet = invoice_list.page(session, filters, today=today, sort=sort, places=listing.places(), limit=listing.ROWS)
    counted = invoice_list.counts(session, filters, today=today)
    return show(
        page="staff/invoices/list.html",
        fragment="staff/invoices/_invoices.html",
        rows=[(row, state_of(row, today), _late(row, today)) for row in sheet.rows],  # type: ignore[arg-type]
        turns=listing.turns(sheet),
        sums=invoice_list.sums(session, filters, today=today, count=counted[filters.tab]),
        most=invoice_list.MOST_COUNTED,
        tabs=listing.tab_links("tab", _tabs(), counted, filters.tab, "overdue"),
        sort=sort or invoice_list.FIRST_SORTS.get(filters.tab, "-issued"),
        filters=filters,
        chips=listing.chips(_chips(filters)),
        today=today,
    )


@bp.get("/<ref>")
@requires(Permission.BILLING_READ)
def show_invoice(ref: str) -> ResponseReturnValue:
    session, at = db.session(), clock.now()
    row = invoice_page.with_surroundings(session, ref)
    invoice = row.Invoice
    shown = _shown(row, day(at, g.zone))
    tries = invoice_page.attempts(session, [invoice.id])
    mark = f"{shown.state}-{tries[0].status}" if tries else str(shown.state)
    answer = answer_to_watch(mark)
    if answer is not None:
        return answer
    can_write = Permission.BILLING_WRITE in g.permissions
    methods = payments.methods_of(session, row.customer_id) if shown.is_payable and can_write else []
    return show(
        page="staff/invoices/show.html",
        fragment="staff/invoices/_invoice.html",
        row=row,
        invoice=shown,
        lines=[(line, _steps(line.steps), [(tax, _steps(tax.steps)) for tax in line.taxes]) for line in shown.lines],
        tries=[(one, deed_words.trigger_word(one.trigger), deed_words.code_words(one)) for one in tries],
        is_in_doubt=any(one.status in IN_DOUBT for one in tries),
        is_on_its_way=bool(tries) and tries[0].status in ON_ITS_WAY,
        state_mark=mark,
        methods=methods,
        days=deed_words.by_day(invoice_page.activity(session, row.customer_id, ref)),
        consequences=_consequences(row, shown, tries),
        is_voidable=invoice.status is InvoiceStatus.ISSUED and not invoice.paid_minor,
        is_creditable=invoice.status in CREDITED and invoice.noted_minor < invoice.total_minor,
        notes=credit_note_list.of_invoice(session, invoice.id),
        can_write=can_write,
        link=pay_links.address(invoice, settings(), at) if shown.is_payable and can_write else "",
        at=at,
    )


@bp.post("/<ref>/charge")
@requires(Permission.BILLING_WRITE)
def charge(ref: str) -> ResponseReturnValue:
    only_fields("method")
    posted_key()
    method = request.form.get("method") or None
    pay_invoice(ref, method_ref=method, trigger=AttemptTrigger.STAFF, actor=g.actor, at=clock.now())
    flash(_("Charge ordered. The gateway's answer shows here within seconds."), "wait")
    return see_other(url_for(".show_invoice", ref=ref))


@bp.post("/<ref>/void")
@requires(Permission.BILLING_WRITE)
def void(ref: str) -> ResponseReturnValue:
    only_fields("reason")
    asked = void_invoice(ref, reason=listing.reason_given(), actor=g.actor, at=clock.now())
    return _done_or_asked(asked, ref, _("Invoice voided."))


@bp.post("/<ref>/write-off")
@requires(Permission.BILLING_WRITE)
def write_off(ref: str) -> ResponseReturnValue:
    only_fields("reason")
    asked = write_off_invoice(ref, reason=listing.reason_given(), actor=g.actor, at=clock.now())
    return _done_or_asked(asked, ref, _("Written off. Money that comes all the same takes it back."))


@bp.post("/<ref>/document")
@requires(Permission.BILLING_READ)
def ask_document(ref: str) -> ResponseReturnValue:
    only_fields()
    row = invoice_page.with_surroundings(db.session(), ref)
    request_document(ref, row.language, at=clock.now())
    return see_other(url_for(".show_document", ref=ref))


@bp.get("/<ref>/document")
@requires(Permission.BILLING_READ)
def show_document(ref: str) -> ResponseReturnValue:
    """The PDF once a worker has printed it; until then a page that asks again."""
    session = db.session()
    row = invoice_page.with_surroundings(session, ref)
    document = notifications.document(session, ref, row.language)
    content = store().get(document.digest) if document and document.digest else None
    if content is None:
        page = "staff/invoices/printing.html"
        return show(page=page, fragment="staff/invoices/_printing.html", row=row, is_asked=document is not None)
    answer = Response(content, mimetype="application/pdf")
    answer.headers["Content-Disposition"] = f'attachment; filename="{row.Invoice.label}.pdf"'
    if request.headers.get("HX-Request"):
        answer = Response("", headers={"HX-Redirect": request.path})
    return answer


def _done_or_asked(asked: str, ref: str, said: str) -> ResponseReturnValue:
    """Back to the invoice where it was done, else to the request that waits for a second person."""
    if asked:
        flash(_("A second person has to approve it. Nothing was done yet."), "wait")
        return see_other(url_for("staff_approvals.show_approval", ref=asked))
    flash(said, "good")
    return see_other(url_for(".show_invoice", ref=ref))


def _filters() -> Filters:
    return Filters(
        tab=listing.picked("tab", invoice_list.TABS, "all"),
        currency=listing.currency_asked(),
        words=listing.words(),
        customer_ref=listing.words("customer"),
        subscription_ref=listing.words("subscription"),
        from_on=listing.day_asked("from_on"),
        until_on=listing.day_asked("until_on"),
    )


def _chips(filters: Filters) -> list[Chip]:
    return [
        *listing.usual_chips(filters),
        Chip("subscription", _("Subscription"), filters.subscription_ref),
        Chip("from_on", _("Issued from"), listing.day_words(filters.from_on)),
        Chip("until_on", _("Issued until"), listing.day_words(filters.until_on)),
    ]


def _tabs() -> list[tuple[str, str]]:
    return [
        ("all", _("All")),
        ("draft", _("Draft")),
        ("open", _("Open")),
        ("overdue", _("Overdue")),
        ("paid", _("Paid")),
        ("void", _("Void")),
        ("written_off", _("Written off")),
    ]


def _late(row: Any, today: date) -> int:
    """Days since it was due, of what is still open."""
    is_late = row.status is InvoiceStatus.ISSUED and row.due_on is not None and row.due_on < today
    return (today - row.due_on).days if is_late else 0


def _shown(row: Any, today: date) -> ShownInvoice:
    """The invoice as its reader sees it; what cannot be there is not asked for."""
    session, invoice = db.session(), row.Invoice
    settled = receipts.settlements(session, invoice, written()) if invoice.paid_minor else []
    notes = invoicing.credit_notes_of(session, invoice.id) if invoice.noted_minor else []
    lines = invoicing.lines_of(session, [invoice.id])
    return present(invoice, lines, reader=written(), today=today, settled=settled, notes=notes)


def _steps(steps: Any) -> list[tuple[str, str, str]]:
    return [("", step.text, written().money(step.result)) for step in steps]


def _consequences(row: Any, shown: ShownInvoice, tries: list[Any]) -> list[str]:
    """What voiding does, before anyone does it."""
    said = [
        _("%(amount)s is no longer owed.", amount=written().money(shown.open)),
        _("The number %(number)s stays in the series, as void.", number=shown.label),
        _("Revenue and tax of the invoice are posted back."),
    ]
    if any(one.status in LIVE for one in tries):
        said.append(_("The charge or payment page that waits for it is canceled."))
    if row.case_ref:
        said.append(_("It leaves the dunning case."))
    if shown.kind == InvoiceKind.FIRST:
        said.append(_("The subscription waits for this payment, so it expires."))
    if shown.kind == InvoiceKind.CHANGE:
        said.append(_("The change of items waits for this payment, so it is canceled."))
    if row.subscription_status in ("past_due", "suspended"):
        said.append(_("If nothing else of the subscription is overdue, it is active again."))
    return said
