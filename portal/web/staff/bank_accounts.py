"""Where customers send money to: the company's bank accounts, and changing them with two people."""

from flask import Blueprint, flash, g, request, url_for
from flask.typing import ResponseReturnValue

from portal.actions.close_bank_account import close_bank_account
from portal.actions.open_bank_account import LONGEST_NAME, MOST_DETAILS, AccountDetails, open_bank_account
from portal.banking import accounts, iban
from portal.core import business, clock
from portal.core.db import db
from portal.core.errors import Invalid, Refused
from portal.core.money import CURRENCIES
from portal.identity.permissions import Permission, requires
from portal.web.forms import ChoiceField, LineField, PortalForm, TextField, required
from portal.web.htmx import see_other, show
from portal.web.refusals import said
from portal.web.staff import listing
from portal.web.wording import gettext
from portal.web.wording import lazy_gettext as _

bp = Blueprint("staff_bank_accounts", __name__, url_prefix="/billing/bank-accounts")


class AccountForm(PortalForm):
    """`details`: one line each, a name, a colon and a value."""

    name = LineField(_("What we call it"), [required()], most=LONGEST_NAME)
    currency = ChoiceField(_("Currency"), [required()])
    holder = LineField(_("Account holder"), [required()], most=LONGEST_NAME)
    bank = LineField(_("Bank"), [required()], most=LONGEST_NAME)
    number = LineField(_("IBAN or account number"), [required()], most=42)
    bic = LineField(_("BIC"), most=20)
    details = TextField(_("What else the payer needs"), most=600)
    reason = LineField(_("Why"), [required()], most=listing.LONGEST_REASON)

    def asked(self) -> AccountDetails:
        lines = [line for line in (self.details.data or "").splitlines() if line.strip()]
        pairs = tuple((name.strip(), value.strip()) for name, _colon, value in (line.partition(":") for line in lines))
        return AccountDetails(
            self.name.data, self.currency.data, self.holder.data, self.bank.data, self.number.data,
            self.bic.data or "", pairs,
        )  # fmt: skip


@bp.get("")
@requires(Permission.PAYMENT_CONFIG_WRITE)
def list_accounts() -> ResponseReturnValue:
    return _page(_form())


@bp.post("")
@requires(Permission.PAYMENT_CONFIG_WRITE)
def open_account() -> ResponseReturnValue:
    form = _form()
    if not form.validate():
        return _page(form, status=422)
    try:
        ref = open_bank_account(form.asked(), reason=form.reason.data, actor=g.actor, at=clock.now())
    except Invalid as wrong:
        form.refuse(wrong)
        return _page(form, status=422)
    except Refused as refusal:
        form.form_errors.append(said(refusal))
        return _page(form, status=409)
    if accounts.by_ref(db.session(), ref).is_shown:
        flash(gettext("The account is open, and stands on invoices from the next one on."), "good")
    else:
        flash(gettext("Somebody else who may change bank details was asked to agree. Nothing has changed yet."), "wait")
    return see_other(url_for(".list_accounts"))


@bp.post("/<ref>/close")
@requires(Permission.PAYMENT_CONFIG_WRITE)
def close_account(ref: str) -> ResponseReturnValue:
    close_bank_account(ref, reason=listing.reason_given(), actor=g.actor, at=clock.now())
    flash(gettext("The account is closed. Customers are not sent to it any more."), "good")
    return see_other(url_for(".list_accounts"))


def _form() -> AccountForm:
    form = AccountForm(currency=business.read(db.session()).currency)
    form.currency.choices = [(code, code) for code in sorted(CURRENCIES)]
    return form


def _page(form: AccountForm, status: int = 200) -> ResponseReturnValue:
    rows = accounts.every_one(db.session())
    return show(
        page="staff/bank_accounts/list.html",
        fragment="staff/bank_accounts/_accounts.html",
        status=status,
        rows=[(row, iban.printed(row.number)) for row in rows],
        form=form,
        most_details=MOST_DETAILS,
        is_sent=request.method == "POST",
    )
