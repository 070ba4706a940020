"""Drawing up a credit note: amounts beside the lines of its invoice, the tax that goes with them, and where it goes."""

from typing import Any

from flask import Blueprint, flash, g, request, url_for
from flask.typing import ResponseReturnValue

from portal.actions.propose_credit_note import NoteWish, edit_credit_note, propose_credit_note, version_of
from portal.core import clock
from portal.core.chain import digest_of
from portal.core.db import db
from portal.core.errors import Invalid, Refused
from portal.core.money import Money
from portal.identity import approvals
from portal.identity.permissions import Permission, requires
from portal.invoicing import crediting, note_drafts, notes
from portal.invoicing import queries as invoicing
from portal.invoicing.crediting import Creditable
from portal.invoicing.explaining import days_of, title_of
from portal.invoicing.models import CreditNote, Invoice
from portal.invoicing.note_drafts import Places
from portal.invoicing.states import NoteCause
from portal.reporting import credit_note_list
from portal.web.filters import written
from portal.web.forms import ChoiceField, LineField, MoneyField, PortalForm, TextField, required
from portal.web.htmx import leave_for, show
from portal.web.refusals import said
from portal.web.staff import credit_note_words
from portal.web.wording import gettext
from portal.web.wording import lazy_gettext as _

bp = Blueprint("staff_write_credit_note", __name__, url_prefix="/billing")

PLACES = ("to_invoice", "to_balance", "to_refund")


class NoteForm(PortalForm):
    """`amount_<position>` per line and the three places are given by `_form`. `shown` is the digest of the sum that
    was looked at, `version` that of the note that is edited; `deed` says which button was pressed."""

    cause = ChoiceField(_("Because"), [required()])
    reason = LineField(_("Words to the customer"), [required()], most=300)
    remark = TextField(_("Note for staff"), most=1000)
    shown = LineField(most=64)
    version = LineField(most=64)
    deed = LineField(most=10)

    def amounts(self) -> dict[int, Money]:
        fields = [
            (field, int(field.name.removeprefix("amount_"))) for field in self if field.name.startswith("amount_")
        ]
        return {position: field.data for field, position in fields if field.data is not None and field.data.is_positive}

    def places(self, currency: str) -> Places:
        return Places(*(self[name].data or Money.zero(currency) for name in PLACES))

    def wish(self, currency: str) -> NoteWish:
        return NoteWish(
            self.amounts(), self.places(currency), NoteCause(self.cause.data), self.reason.data, self.remark.data or ""
        )


@bp.get("/invoices/<ref>/credit-note")
@requires(Permission.BILLING_WRITE)
def show_form(ref: str) -> ResponseReturnValue:
    invoice = invoicing.by_ref(db.session(), ref)
    return _page(invoice, _form(invoice))


@bp.post("/invoices/<ref>/credit-note")
@requires(Permission.BILLING_WRITE)
def propose(ref: str) -> ResponseReturnValue:
    return _answer(invoicing.by_ref(db.session(), ref), None)


@bp.get("/credit-notes/<ref>/edit")
@requires(Permission.BILLING_WRITE)
def edit(ref: str) -> ResponseReturnValue:
    row = credit_note_list.with_surroundings(db.session(), ref)
    return _page(row.Invoice, _form(row.Invoice, row.CreditNote), row.CreditNote)


@bp.post("/credit-notes/<ref>/edit")
@requires(Permission.BILLING_WRITE)
def save(ref: str) -> ResponseReturnValue:
    row = credit_note_list.with_surroundings(db.session(), ref)
    return _answer(row.Invoice, row.CreditNote)


def _answer(invoice: Invoice, note: CreditNote | None) -> ResponseReturnValue:
    """The sum, or what became of the note once its sum was looked at."""
    form = _form(invoice, note)
    if not form.validate():
        return _page(invoice, form, note, status=422)
    total = None
    try:
        parts = crediting.parts_of(db.session(), invoice, form.amounts())
        total = crediting.total_of(parts, invoice.currency)
        if form.deed.data == "show":
            _spread(form, invoice, total)
            return _page(invoice, form, note, total=total)
        if form.shown.data != _digest(form):
            form.form_errors.append(gettext("The sum differs from what was shown. Look at it again."))
            return _page(invoice, form, note, total=total, status=409)
        made = _deed(invoice, note, form)
    except Invalid as wrong:
        form.refuse(wrong)
        return _page(invoice, form, note, total=total, status=422)
    except Refused as refusal:
        form.form_errors.append(said(refusal))
        return _page(invoice, form, note, total=total, status=409)
    flash(credit_note_words.said_after(credit_note_list.with_surroundings(db.session(), made).CreditNote), "good")
    return leave_for(url_for("staff_credit_notes.show_note", ref=made))


def _deed(invoice: Invoice, note: CreditNote | None, form: Any) -> str:
    """Draw it up or change it, asked for unless it stays a draft; its reference."""
    wish, submit, at = form.wish(invoice.currency), form.deed.data == "submit", clock.now()
    if note is None:
        key = str(form.form_key.data)
        return propose_credit_note(invoice.ref, wish, submit=submit, form_key=key, actor=g.actor, at=at)
    edit_credit_note(note.ref, wish, seen=form.version.data or "", submit=submit, actor=g.actor, at=at)
    return note.ref


def _form(invoice: Invoice, note: CreditNote | None = None) -> Any:
    """A field beside each line that can be credited, empty or as the note has it."""
    session, currency = db.session(), invoice.currency
    lines = crediting.creditable(session, invoice)
    fields: dict[str, Any] = {
        f"amount_{one.line.position}": MoneyField(currency=currency, takes_zero=True) for one in lines
    }
    for name, word in zip(PLACES, (_("Off this invoice"), _("To the balance"), _("Refunded")), strict=True):
        fields[name] = MoneyField(word, currency=currency, takes_zero=True)
    form = type("CreditNoteForm", (NoteForm,), fields)(cause=NoteCause.BILLED_WRONG)
    form.cause.choices = [
        (str(cause), credit_note_words.cause_word(cause)) for cause in credit_note_words.GIVEN_BY_PEOPLE
    ]
    form.creditable = lines
    if note is not None and not form.is_submitted():
        _fill(form, note, lines)
    return form


def _fill(form: Any, note: CreditNote, lines: list[Creditable]) -> None:
    session = db.session()
    given = {part.line_id: part.minor for part in notes.parts(session, note)}
    for one in lines:
        if one.line.id in given:
            form[f"amount_{one.line.position}"].data = Money(given[one.line.id], note.currency)
    held = note_drafts.places(note)
    form.to_invoice.data, form.to_balance.data, form.to_refund.data = held.to_invoice, held.to_balance, held.to_refund
    form.cause.data, form.reason.data, form.remark.data = str(note.cause), note.reason, note.remark
    form.version.data = version_of(session, note, session.get_one(Invoice, note.invoice_id))


def _spread(form: Any, invoice: Invoice, total: Money) -> None:
    """Where the three amounts do not sum up yet: what is open comes off the invoice, the rest goes to the balance."""
    if form.places(invoice.currency).total == total:
        return
    off = min(total, invoice.open)
    for name, amount in zip(PLACES, (off, total - off, Money.zero(invoice.currency)), strict=True):
        form[name].data, form[name].raw = amount, ""


def _digest(form: Any) -> str:
    """Of the amounts that were looked at: another amount has to be looked at again."""
    return digest_of({str(position): amount.minor for position, amount in form.amounts().items()}).hex()


def _page(
    invoice: Invoice, form: Any, note: CreditNote | None = None, *, total: Money | None = None, status: int = 200
) -> ResponseReturnValue:
    reader, session = written(), db.session()
    rows = [
        (one, title_of(one.line, reader), days_of(one.line, reader), form[f"amount_{one.line.position}"])
        for one in form.creditable
    ]
    back = crediting.mirrored(form.creditable, form.amounts()) if total is not None else []
    return show(
        page="staff/credit_notes/write.html",
        fragment="staff/credit_notes/_write.html",
        status=status,
        invoice=invoice,
        note=note,
        form=form,
        rows=rows,
        back=back,
        total=total,
        digest=_digest(form) if total is not None else "",
        most=crediting.most(invoice),
        is_creditable=invoice.status in note_drafts.CREDITED,
        needs_second=total is not None and approvals.needs_second_person(session, g.actor, total),
        here=request.path,
    )
