"""The staff's credit notes: the list, one beside its invoice, deciding about it, and what can be done with it."""

from typing import Any

from flask import Blueprint, Response, flash, g, request, url_for
from flask.typing import ResponseReturnValue

from portal.actions.propose_credit_note import submit_credit_note
from portal.actions.request_document import request_document
from portal.actions.void_credit_note import discard_credit_note, void_credit_note
from portal.core import clock
from portal.core.db import db
from portal.core.errors import NotFound
from portal.core.keyset import sorts
from portal.core.money import Money
from portal.identity.approvals import Decision
from portal.identity.permissions import Permission, requires
from portal.invoicing import queries as invoicing
from portal.invoicing.explaining import days_of, title_of
from portal.invoicing.files import store
from portal.invoicing.itemised import lines_shown
from portal.invoicing.models import CreditNote
from portal.invoicing.note_drafts import Places, places
from portal.invoicing.states import CreditNoteStatus, NoteCause
from portal.notifications import queries as notifications
from portal.reporting import approval_list, credit_note_list, invoice_page
from portal.reporting.credit_note_list import Filters
from portal.web.filters import written
from portal.web.forms import only_fields, posted_key
from portal.web.htmx import see_other, show
from portal.web.staff import credit_note_words, deed_words, listing
from portal.web.staff.approvals import decided, hindrance
from portal.web.staff.listing import Chip
from portal.web.wording import gettext as _

bp = Blueprint("staff_credit_notes", __name__, url_prefix="/billing/credit-notes")

UNISSUED = (CreditNoteStatus.DRAFT, CreditNoteStatus.PENDING_APPROVAL, CreditNoteStatus.REJECTED)


@bp.get("")
@requires(Permission.BILLING_READ)
def list_notes() -> ResponseReturnValue:
    session, filters = db.session(), _filters()
    sort = listing.picked("sort", sorts(credit_note_list.ORDERS))
    sheet = credit_note_list.page(session, filters, sort=sort, places=listing.places(), limit=listing.ROWS)
    tabs = [(tab, credit_note_words.tab_word(tab)) for tab in credit_note_list.TABS]
    counts = credit_note_list.counts(session, filters)
    return show(
        page="staff/credit_notes/list.html",
        fragment="staff/credit_notes/_notes.html",
        rows=sheet.rows,
        turns=listing.turns(sheet),
        sums=credit_note_list.sums(session, filters),
        most=credit_note_list.MOST_COUNTED,
        tabs=listing.tab_links("tab", tabs, counts, filters.tab, "pending_approval"),
        sort=sort or "-made",
        filters=filters,
        chips=listing.chips(_chips(filters)),
        words=credit_note_words,
    )


@bp.get("/<ref>")
@requires(Permission.BILLING_READ)
def show_note(ref: str) -> ResponseReturnValue:
    session = db.session()
    row = credit_note_list.with_surroundings(session, ref)
    note, waiting = row.CreditNote, row.waiting
    billed, taxes = lines_shown(invoicing.lines_of(session, [note.invoice_id]), note.currency, written())
    can_write = Permission.BILLING_WRITE in g.permissions
    may = approval_list.may_approve(session, g.user.user_id)
    return show(
        page="staff/credit_notes/show.html",
        fragment="staff/credit_notes/_note.html",
        row=row,
        note=note,
        invoice=row.Invoice,
        lines=_lines(credit_note_list.lines(session, note.id), note.currency),
        places=places(note),
        billed=billed,
        taxes=taxes,
        waiting=waiting,
        hindrance=hindrance(waiting, may) if waiting else "",
        is_own=waiting is not None and waiting.requested_by == g.user.user_id,
        days=deed_words.by_day(invoice_page.activity(session, note.customer_id, ref)),
        can_write=can_write,
        is_unissued=note.status in UNISSUED,
        is_voidable=note.status is CreditNoteStatus.ISSUED and not _stays(note),
        stays=_stays(note) if note.status is CreditNoteStatus.ISSUED else "",
        consequences=_consequences(note.label or "", places(note), row.Invoice.label or ""),
        words=credit_note_words,
    )


@bp.post("/<ref>/approve")
@requires(Permission.BILLING_APPROVE)
def approve(ref: str) -> ResponseReturnValue:
    return decided(_waiting(ref), Decision.APPROVED, url_for(".show_note", ref=ref))


@bp.post("/<ref>/reject")
@requires(Permission.BILLING_APPROVE)
def reject(ref: str) -> ResponseReturnValue:
    return decided(_waiting(ref), Decision.REJECTED, url_for(".show_note", ref=ref))


@bp.post("/<ref>/submit")
@requires(Permission.BILLING_WRITE)
def submit(ref: str) -> ResponseReturnValue:
    only_fields()
    posted_key()
    submit_credit_note(ref, actor=g.actor, at=clock.now())
    flash(credit_note_words.said_after(credit_note_list.with_surroundings(db.session(), ref).CreditNote), "good")
    return see_other(url_for(".show_note", ref=ref))


@bp.post("/<ref>/void")
@requires(Permission.BILLING_WRITE)
def void(ref: str) -> ResponseReturnValue:
    only_fields("reason")
    asked = void_credit_note(ref, reason=listing.reason_given(), actor=g.actor, at=clock.now())
    if asked:
        flash(_("A second person has to approve it. Nothing was done yet."), "wait")
        return see_other(url_for("staff_approvals.show_approval", ref=asked))
    flash(_("Credit note voided."), "good")
    return see_other(url_for(".show_note", ref=ref))


@bp.post("/<ref>/discard")
@requires(Permission.BILLING_WRITE)
def discard(ref: str) -> ResponseReturnValue:
    only_fields()
    posted_key()
    row = credit_note_list.with_surroundings(db.session(), ref)
    discard_credit_note(ref, actor=g.actor, at=clock.now())
    flash(_("The draft is gone."), "good")
    return see_other(url_for("staff_invoices.show_invoice", ref=row.Invoice.ref))


@bp.post("/<ref>/document")
@requires(Permission.BILLING_READ)
def ask_document(ref: str) -> ResponseReturnValue:
    only_fields()
    row = _issued(ref)
    request_document(ref, row.language, at=clock.now())
    return see_other(url_for(".show_document", ref=ref))


@bp.get("/<ref>/document")
@requires(Permission.BILLING_READ)
def show_document(ref: str) -> ResponseReturnValue:
    """The PDF once a worker has printed it; until then a page that asks again."""
    row = _issued(ref)
    document = notifications.document(db.session(), ref, row.language)
    content = store().get(document.digest) if document and document.digest else None
    if content is None:
        page = "staff/credit_notes/printing.html"
        return show(page=page, fragment="staff/credit_notes/_printing.html", row=row, is_asked=document is not None)
    if request.headers.get("HX-Request"):
        return Response("", headers={"HX-Redirect": request.path})
    answer = Response(content, mimetype="application/pdf")
    answer.headers["Content-Disposition"] = f'attachment; filename="{row.CreditNote.label}.pdf"'
    return answer


def _waiting(ref: str) -> str:
    row = credit_note_list.with_surroundings(db.session(), ref)
    if row.waiting is None:
        raise NotFound("Nothing waits for approval here.")
    return str(row.waiting.ref)


def _issued(ref: str) -> Any:
    row = credit_note_list.with_surroundings(db.session(), ref)
    if row.CreditNote.number is None:
        raise NotFound("A draft has no paper yet.")
    return row


def _lines(found: Any, currency: str) -> list[tuple[str, str, Money]]:
    """Words, days and amount of each line of the note; taxes follow the line they go back with."""
    reader = written()
    return [
        (
            of.text if of.kind == "tax" else title_of(of, reader),
            "" if of.kind == "tax" else days_of(of, reader),
            Money(line.amount_minor, currency),
        )
        for line, of in found
    ]


def _stays(note: CreditNote) -> str:
    """Why an issued note cannot be voided, and what to do instead; empty if it can."""
    if note.cause is NoteCause.RULE:
        return _("A change or a cancellation gave it, so it stays. Bill what is owed again with a new invoice.")
    if note.to_refund_minor:
        back = written().money(places(note).to_refund)
        return _("%(sum)s of it is a refund, so it stays. Bill what is owed again with a new invoice.", sum=back)
    return ""


def _consequences(label: str, given: Places, invoice: str) -> list[str]:
    """What voiding does, before anyone does it."""
    money = written().money
    said = [_("The number %(number)s stays in the series, as void.", number=label)]
    if given.to_invoice.is_positive:
        said.append(_("%(sum)s is owed on invoice %(number)s again.", sum=money(given.to_invoice), number=invoice))
    if given.to_balance.is_positive:
        said.append(_("%(sum)s is taken from the customer's balance.", sum=money(given.to_balance)))
    return said


def _filters() -> Filters:
    return Filters(
        tab=listing.picked("tab", credit_note_list.TABS, "all"),
        currency=listing.currency_asked(),
        words=listing.words(),
        customer_ref=listing.words("customer"),
        cause=listing.picked("cause", [str(cause) for cause in NoteCause]),
        from_on=listing.day_asked("from_on"),
        until_on=listing.day_asked("until_on"),
    )


def _chips(filters: Filters) -> list[Chip]:
    cause = credit_note_words.cause_word(NoteCause(filters.cause)) if filters.cause else ""
    return [
        *listing.usual_chips(filters),
        Chip("cause", _("Reason"), cause),
        Chip("from_on", _("Issued from"), listing.day_words(filters.from_on)),
        Chip("until_on", _("Issued until"), listing.day_words(filters.until_on)),
    ]
