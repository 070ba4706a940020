"""An invoice that staff write: lines in their own words, summed and taxed as a preview, then issued as shown."""

from datetime import timedelta
from typing import Any

from flask import Blueprint, flash, g, request, url_for
from flask.typing import ResponseReturnValue

from portal.actions._by_hand import LONGEST_TEXT, MOST_DAYS, Written
from portal.actions.issue_invoice import issue_invoice
from portal.actions.preview_invoice import preview_invoice
from portal.catalogue import queries as catalogue
from portal.core import business, clock
from portal.core.days import day
from portal.core.db import db
from portal.core.errors import Invalid, Refused
from portal.customers import queries as customers
from portal.customers.models import Customer
from portal.identity.permissions import Permission, requires
from portal.invoicing import queries as invoicing
from portal.invoicing.drafts import Draft, ManualLine
from portal.invoicing.itemised import lines_shown, quoted_lines
from portal.web.filters import written
from portal.web.forms import ChoiceField, LineField, MoneyField, PortalForm, QuantityField, TextField, required
from portal.web.htmx import leave_for, show
from portal.web.refusals import said
from portal.web.wording import gettext
from portal.web.wording import lazy_gettext as _

bp = Blueprint("staff_write_invoice", __name__, url_prefix="/clients/<ref>/invoice")

FEWEST_ROWS, MOST_ROWS = 3, 30
MOST_UNITS = 1_000_000
ALIKE_WITHIN = timedelta(days=7)


class InvoiceForm(PortalForm):
    """`rows` lines, each a text, a quantity and an amount per unit, given by `_form`; a line left empty is none.

    `shown` is the digest of the preview that was accepted; `more` asks for another empty line.
    """

    rows = QuantityField(least=1, most=MOST_ROWS, default=FEWEST_ROWS)
    currency = ChoiceField(_("Currency"), [required()])
    due_days = QuantityField(_("Days until due"), [required()], most=MOST_DAYS)
    memo = TextField(_("Words to the customer"), most=1000)
    shown = LineField(most=64)
    more = LineField(most=1)

    @property
    def lines(self) -> list[tuple[Any, Any, Any]]:
        return [(self[f"text_{n}"], self[f"quantity_{n}"], self[f"unit_{n}"]) for n in range(1, self.rows.data + 1)]

    def validate(self, extra_validators: Any = None) -> bool:
        is_valid = super().validate(extra_validators)
        for text, quantity, unit in self.lines:
            begun = bool(text.data or unit.raw)
            for field in (text, quantity, unit):
                if begun and not field.errors and field.data in (None, ""):
                    field.errors = [gettext("A line needs a text, a quantity and an amount.")]
                    is_valid = False
        return is_valid

    def written(self) -> Written:
        lines = [ManualLine(text.data, quantity.data, unit.data) for text, quantity, unit in self.lines if text.data]
        return Written(lines=lines, currency=self.currency.data, due_days=self.due_days.data, memo=self.memo.data or "")


@bp.get("")
@requires(Permission.BILLING_WRITE)
def show_form(ref: str) -> ResponseReturnValue:
    customer = customers.by_ref(db.session(), ref)
    return _page(customer, _form(customer))


@bp.post("")
@requires(Permission.BILLING_WRITE)
def preview_or_issue(ref: str) -> ResponseReturnValue:
    customer = customers.by_ref(db.session(), ref)
    form = _form(customer)
    if form.more.data:
        return _page(customer, form)
    if not form.validate():
        return _page(customer, form, status=422)
    at = clock.now()
    try:
        draft = preview_invoice(ref, form.written(), at=at)
        if form.shown.data == draft.digest.hex():
            key = str(form.form_key.data)
            made = issue_invoice(customer.id, form.written(), form_key=key, actor=g.actor, at=at)
            flash(_issued_words(customer), "good")
            return leave_for(url_for("staff_invoices.show_invoice", ref=made))
        if not form.shown.data:
            return _page(customer, form, draft=draft)
        form.form_errors.append(gettext("The sum differs from what was shown. Look at it again."))
        return _page(customer, form, draft=draft, status=409)
    except Invalid as wrong:
        form.refuse(wrong)
        return _page(customer, form, status=422)
    except Refused as refusal:
        form.form_errors.append(said(refusal))
        return _page(customer, form, status=409)


def _issued_words(customer: Customer) -> str:
    if customer.delivery == "post":
        return gettext("Invoice issued. It goes by post, with the next print run.")
    return gettext("Invoice issued. The customer is told by mail.")


def _form(customer: Customer) -> Any:
    """As many lines as were sent, one more if that is asked for; in the customer's currency once there is one."""
    sent = request.form.get("rows", "")
    rows = int(sent) if sent.isascii() and sent.isdigit() and len(sent) < 3 else FEWEST_ROWS
    rows = min(max(rows + bool(request.form.get("more")), 1), MOST_ROWS)
    offered = [customer.currency] if customer.currency else _currencies()
    chosen = request.form.get("currency", offered[0])
    currency = chosen if chosen in offered else offered[0]
    fields: dict[str, Any] = {}
    for n in range(1, rows + 1):
        fields[f"text_{n}"] = LineField(gettext("Line %(n)s, what for", n=n), most=LONGEST_TEXT)
        fields[f"quantity_{n}"] = QuantityField(_("Quantity"), least=1, most=MOST_UNITS, default=1)
        fields[f"unit_{n}"] = MoneyField(_("Per unit"), currency=currency)
    form = type("InvoiceForm", (InvoiceForm,), fields)(due_days=business.read(db.session()).policy("due_days_push"))
    form.rows.data, form.rows.raw = rows, str(rows)
    form.currency.choices = [(code, code) for code in offered]
    return form


def _currencies() -> list[str]:
    """The business's own first, then what else is sold in."""
    own = business.read(db.session()).currency
    return [own, *(code for code in catalogue.currencies(db.session()) if code != own)]


def _page(customer: Customer, form: Any, *, draft: Draft | None = None, status: int = 200) -> ResponseReturnValue:
    lines, taxes = lines_shown(quoted_lines(draft.as_json()), draft.currency, written()) if draft else ((), ())
    alike = None
    if draft is not None:
        since = day(clock.now() - ALIKE_WITHIN, g.zone)
        alike = invoicing.issued_alike(db.session(), customer.id, draft.total, since=since)
    return show(
        page="staff/invoices/write.html",
        fragment="staff/invoices/_write.html",
        status=status,
        customer=customer,
        form=form,
        draft=draft,
        digest=draft.digest.hex() if draft else "",
        lines=[(line, [("", step.text, written().money(step.result)) for step in line.steps]) for line in lines],
        taxes=taxes,
        alike=alike,
    )
