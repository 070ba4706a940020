"""Reading how somebody wants to pay, for both doors to the panel."""

from collections.abc import Callable
from dataclasses import dataclass

from flask import flash, request
from flask.typing import ResponseReturnValue

from portal.actions.open_payable import Wish, open_payable
from portal.core import clock
from portal.core.actors import Actor
from portal.core.db import db
from portal.core.errors import Invalid, Refused
from portal.core.money import Money
from portal.gateways.base import Channel
from portal.invoicing.models import Invoice
from portal.payments import queries as payments
from portal.web.forms import ChoiceField, LineField, MoneyField, PortalForm
from portal.web.htmx import leave_for, see_other
from portal.web.pay.ways import Way, ways_of
from portal.web.refusals import said
from portal.web.session import settings
from portal.web.wording import gettext as _


class OpenForm(PortalForm):
    """`bank` only where the channel has some; `amount` only where a part may be paid; `switch` from who was told what
    is open already."""

    channel = ChoiceField()
    bank = LineField(most=20)
    amount = MoneyField()
    switch = LineField(most=1)


@dataclass(frozen=True, slots=True)
class Mistake:
    """A form that cannot be meant: which way it was for, what was typed there, and what is wrong with which field."""

    channel: str
    bank: str
    amount: str
    field: str
    message: str


LEADS_AWAY = frozenset({Channel.PAGE, Channel.EWALLET})
LONGEST_TYPED = 40


def open_chosen(
    invoice: Invoice, *, path: str, keeps_method: bool, actor: Actor, again: Callable[[Mistake], ResponseReturnValue]
) -> ResponseReturnValue:
    """Open what the form asks for and lead there; `again` is the page with what is wrong beside its field.

    `path` is the page's own.
    """
    account = payments.enabled_account(db.session(), invoice.currency)
    try:
        ways = ways_of(account, invoice.open)
        wish = wish_of(invoice, ways, here=f"{settings().app_url}{path}", keeps_method=keeps_method)
        return _open_and_go(invoice, wish, path=path, actor=actor)
    except Invalid as wrong:
        return again(_mistake(wrong))


def _mistake(wrong: Invalid) -> Mistake:
    channel, bank, amount = (request.form.get(name, "")[:LONGEST_TYPED] for name in ("channel", "bank", "amount"))
    return Mistake(channel, bank, amount, wrong.field, said(wrong))


def wish_of(invoice: Invoice, ways: tuple[Way, ...], *, here: str, keeps_method: bool) -> Wish:
    """What the form asks for. Raises Invalid with the field that it cannot mean."""
    form = OpenForm()
    form.amount.currency = invoice.currency
    form.channel.choices = [(way.channel, way.title) for way in ways]
    if not form.validate():
        wrong = form.wrong_fields
        message = " ".join([*form.form_errors, *(error for field in wrong for error in field.errors)])
        raise Invalid(message, field=wrong[0].name if wrong else "")
    way = next(way for way in ways if way.channel == form.channel.data)
    bank = str(form.bank.data or "")
    if bank not in {code for code, _name in way.banks} | ({""} if not way.banks else set()):
        raise Invalid(_("Choose one of the list."), field="bank")
    amount: Money | None = form.amount.data
    return Wish(
        return_url=f"{here}/back",
        cancel_url=here,
        channel=Channel(way.channel),
        bank=bank,
        part=None if amount == invoice.open else amount,
        keeps_method=keeps_method,
        is_switching=form.switch.data == "y",
    )


def _open_and_go(invoice: Invoice, wish: Wish, *, path: str, actor: Actor) -> ResponseReturnValue:
    """Open it, and lead to the gateway's page, or back to `path` where the number or code is shown."""
    try:
        opened = open_payable(invoice.ref, wish, actor=actor, at=clock.now())
    except Refused as refused:
        flash(said(refused), "warn")
        return see_other(path)
    if wish.channel in LEADS_AWAY and opened.link:
        return leave_for(opened.link)
    return see_other(path)
