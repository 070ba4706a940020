"""Bank statements for staff: upload, look at how they read, import, and what became of each line."""

from typing import Any

from flask import Blueprint, flash, g, request, url_for
from flask.typing import ResponseReturnValue

from portal.actions.abandon_import import abandon_import
from portal.actions.begin_import import RowsAreWrong, begin_import
from portal.actions.undo_match import undo_match
from portal.actions.upload_statement import upload_statement
from portal.banking import accounts
from portal.banking.statements import csv_rows, importing
from portal.banking.statements.lines import Statement, StatementRefused
from portal.banking.statements.mapping import DELIMITERS, ENCODINGS, CsvMapping
from portal.banking.statements.states import ImportStatus
from portal.core import clock
from portal.core.db import db
from portal.core.errors import Invalid
from portal.identity.permissions import Permission, requires
from portal.invoicing.files import store
from portal.reporting import statement_list
from portal.web.account.watching import answer_to_watch
from portal.web.forms import ChoiceField, PortalForm, UploadField, only_fields, posted_key, required
from portal.web.htmx import see_other, show
from portal.web.refusals import said
from portal.web.security import takes_files
from portal.web.staff import listing
from portal.web.staff.statement_forms import LayoutForm, begun_with
from portal.web.statuses import status_word
from portal.web.wording import gettext
from portal.web.wording import lazy_gettext as _

bp = Blueprint("statements", __name__, url_prefix="/billing/statements")

SHOWN = 8


class UploadForm(PortalForm):
    """A statement of one of our accounts."""

    account = ChoiceField(_("Account"), [required()])
    file = UploadField(_("File"), [required()], most=importing.LARGEST)


@bp.get("")
@requires(Permission.BILLING_READ)
def list_statements() -> ResponseReturnValue:
    return _list(None)


@bp.post("")
@requires(Permission.BILLING_WRITE)
@takes_files
def upload() -> ResponseReturnValue:
    form = _upload_form()
    if not form.validate():
        return _list(form, 422)
    sent = request.files.get("file")
    name = sent.filename or "" if sent is not None else ""
    try:
        ref = upload_statement(form.account.data, form.file.data, name, actor=g.actor, at=clock.now())
    except Invalid as wrong:
        form.refuse(wrong)
        return _list(form, 422)
    return see_other(url_for(".show_statement", ref=ref))


@bp.get("/<ref>")
@requires(Permission.BILLING_READ)
def show_statement(ref: str) -> ResponseReturnValue:
    row = statement_list.one(db.session(), ref)
    if row.StatementImport.status is ImportStatus.DRAFT:
        return _draft(row)
    return _imported(row)


@bp.post("/<ref>")
@requires(Permission.BILLING_WRITE)
def begin(ref: str) -> ResponseReturnValue:
    """Look at how it reads, or import it as it reads."""
    row = statement_list.one(db.session(), ref)
    if row.StatementImport.status is not ImportStatus.DRAFT:
        return see_other(url_for(".show_statement", ref=ref))
    form = _layout_form(row)
    if form is None:
        only_fields("leave_out")
        posted_key()
    elif not form.validate():
        return _draft(row, form, status=422)
    mapping: CsvMapping | None = None
    try:
        mapping = form.mapping() if form is not None else None
        if form is not None and form.look.data:
            return _draft(row, form, mapping)
        leaves_out = "leave_out" in request.form
        begin_import(ref, mapping, leaves_out_wrong=leaves_out, actor=g.actor, at=clock.now())
    except Invalid as wrong:
        return _refused(row, form, mapping, wrong)
    except RowsAreWrong as wrong:
        return _refused(row, form, mapping, Invalid(said(wrong)))
    return see_other(url_for(".show_statement", ref=ref))


@bp.post("/<ref>/abandon")
@requires(Permission.BILLING_WRITE)
def abandon(ref: str) -> ResponseReturnValue:
    only_fields()
    posted_key()
    abandon_import(ref, actor=g.actor, at=clock.now())
    flash(gettext("Nothing of it was booked."), "message")
    return see_other(url_for(".list_statements"))


@bp.post("/<ref>/lines/<line>/undo")
@requires(Permission.BILLING_WRITE)
def undo(ref: str, line: str) -> ResponseReturnValue:
    """Its money is nobody's again."""
    only_fields("reason")
    asked = undo_match(line, reason=listing.reason_given(), actor=g.actor, at=clock.now())
    if asked:
        flash(gettext("This is above your limit. Somebody else was asked to approve it."), "wait")
    else:
        flash(gettext("Undone. The money waits in the inbox again."), "good")
    return see_other(url_for(".show_statement", ref=ref))


def _list(form: UploadForm | None, status: int = 200) -> ResponseReturnValue:
    session = db.session()
    sheet = statement_list.page(session, places=listing.places(), limit=listing.ROWS)
    may_write = Permission.BILLING_WRITE in g.permissions
    return show(
        page="staff/statements/list.html",
        fragment="staff/statements/_statements.html",
        status=status,
        rows=sheet.rows,
        turns=listing.turns(sheet),
        form=form or _upload_form(),
        may_write=may_write,
    )


def _draft(
    row: Any, form: LayoutForm | None = None, mapping: CsvMapping | None = None, status: int = 200
) -> ResponseReturnValue:
    """How it reads so far: the first lines, and the rows that cannot be read."""
    one, account = row.StatementImport, row.BankAccount
    content = _content(row)
    is_csv = one.form == importing.CSV
    if is_csv and form is None:
        kept = importing.layout_of(db.session(), account.id)
        form, mapping = _layout_form(row, kept), kept
    rows, unread = _sample(content, form) if form is not None else ([], "")
    found, refusal = Statement(()), ""
    if mapping is not None or not is_csv:
        try:
            found = importing.read(content, one.form, mapping, number=account.number, currency=account.currency)
        except StatementRefused as why:
            refusal = said(why)
    return show(
        page="staff/statements/draft.html",
        fragment="staff/statements/_draft.html",
        status=status,
        one=one,
        account=account,
        form=form,
        rows=rows,
        found=found,
        shown=found.lines[:SHOWN],
        wrong=[(one.row, gettext(one.why.sentence, **one.why.values)) for one in found.wrong[:SHOWN]],
        came=sum(1 for line in found.lines if line.amount.is_positive),
        refusal=refusal or unread,
        may_write=Permission.BILLING_WRITE in g.permissions,
    )


def _imported(row: Any) -> ResponseReturnValue:
    one, session = row.StatementImport, db.session()
    counts = statement_list.counts(session, one.id)
    mark = f"{one.status}{one.done}-{counts['read']}"
    answer = answer_to_watch(mark)
    if answer is not None:
        return answer
    state = listing.picked("state", statement_list.STATES)
    sheet = statement_list.lines(session, one.id, state, places=listing.places(), limit=listing.ROWS)
    places = [("", gettext("All")), *((name, status_word(name, "bank_line")) for name in statement_list.STATES)]
    counted = {"": sum(counts.values()), **counts}
    shown = [(name, word) for name, word in places if not name or counted[name] or name == state]
    return show(
        page="staff/statements/statement.html",
        fragment="staff/statements/_lines.html",
        one=one,
        account=row.BankAccount,
        rows=sheet.rows,
        turns=listing.turns(sheet),
        tabs=listing.tab_links("state", shown, counted, state, hot="open"),
        counts=counts,
        state_mark=mark,
        is_working=one.status is ImportStatus.RUNNING or counts["read"] > 0,
        may_write=Permission.BILLING_WRITE in g.permissions,
    )


def _upload_form() -> UploadForm:
    form = UploadForm()
    form.account.choices = [(one.ref, f"{one.name}, {one.bank}") for one in accounts.open_ones(db.session())]
    return form


def _layout_form(row: Any, kept: CsvMapping | None = None) -> LayoutForm | None:
    """For CSV; what was sent, or what the account was read by last."""
    if row.StatementImport.form != importing.CSV:
        return None
    content = _content(row)
    form = LayoutForm(data=begun_with(kept, content)) if request.method == "GET" else LayoutForm()
    rows, _why = _sample(content, form)
    place = min(max(int(form.skipped.data or 1) - 1, 0), max(len(rows) - 1, 0)) if rows else 0
    width = max((len(cells) for cells in rows), default=0)
    heads = rows[place] if rows else []
    form.offer(heads + [""] * (width - len(heads)))
    return form


def _refused(row: Any, form: LayoutForm | None, mapping: CsvMapping | None, why: Invalid) -> ResponseReturnValue:
    """The draft again, saying why it was not imported."""
    if form is None:
        flash(said(why), "bad")
        return see_other(url_for(".show_statement", ref=row.StatementImport.ref))
    form.refuse(why)
    return _draft(row, form, mapping, status=422)


def _sample(content: bytes, form: LayoutForm) -> tuple[list[list[str]], str]:
    """The first rows by the encoding and delimiter that are chosen; if these do not fit none, and why."""
    encoding, delimiter = form.encoding.data or "utf-8", form.delimiter.data or ","
    if encoding not in ENCODINGS or delimiter not in DELIMITERS:
        return [], ""
    try:
        return csv_rows.sample(content, encoding, delimiter), ""
    except StatementRefused as why:
        return [], said(why)


def _content(row: Any) -> bytes:
    return store().get(row.StatementImport.file_digest) or b""
