"""Reading how somebody wants to pay, for both doors to the panel."""

from flask import flash
from flask.typing import ResponseReturnValue

from portal.actions.open_payable import Wish, open_payable
from portal.core import clock
from portal.core.actors import Actor
from portal.core.errors import Invalid, Refused
from portal.core.money import Money
from portal.gateways.base import Channel
from portal.invoicing.models import Invoice
from portal.web.forms import ChoiceField, LineField, MoneyField, PortalForm
from portal.web.htmx import leave_for, see_other
from portal.web.pay.ways import Way
from portal.web.refusals import said
from portal.web.wording import gettext as _


class OpenForm(PortalForm):
    """`bank` only where the channel has some; `amount` only where a part may be paid; `switch` from who was told what
    is open already."""

    channel = ChoiceField()
    bank = LineField(most=20)
    amount = MoneyField()
    switch = LineField(most=1)


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


def open_and_go(invoice: Invoice, wish: Wish, *, path: str, actor: Actor) -> ResponseReturnValue:
    """Open it, and lead to the gateway's page, or back to `path` where the number or code is shown."""
    try:
        opened = open_payable(invoice.ref, wish, actor=actor, at=clock.now())
    except Refused as refused:
        flash(said(refused), "warn")
        return see_other(path)
    if wish.channel is Channel.PAGE and opened.link:
        return leave_for(opened.link)
    return see_other(path)
