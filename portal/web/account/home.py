"""The customer's home: how they stand, what is left of their credits, how they pay, what was billed last."""

from flask import Blueprint, g, render_template
from flask.typing import ResponseReturnValue

from portal.catalogue import queries as catalogue
from portal.catalogue.queries import PlanPrice
from portal.core import clock
from portal.core.days import day
from portal.core.db import db
from portal.core.money import Money
from portal.identity.permissions import Permission, requires
from portal.invoicing.models import Invoice
from portal.invoicing.presentation import state_of
from portal.reporting import standing as standings
from portal.reporting.standing import Standing
from portal.subscriptions.states import SubscriptionStatus as Status
from portal.web.account import faces, shelf, words
from portal.web.account.rows import InvoiceRow, MethodRow, invoice_row, method_rows
from portal.web.account.watching import answer_to_watch

bp = Blueprint("account_home", __name__, url_prefix="/account")


@bp.get("/")
@requires(Permission.ACCOUNT_READ)
def show_home() -> ResponseReturnValue:
    at = clock.now()
    standing = standings.standing(db.session(), g.customer_id, at=at)
    state = faces.state_of(standing.held)
    answer = answer_to_watch(state)
    if answer is not None:
        return answer
    today = day(at, standing.customer.zone)
    main = faces.most_urgent(standing.held)
    others = [held for held in standing.held if held is not main]
    face = faces.face_of(main, today, standing.balance) if main else None
    shows_owed = bool(standing.owed) and (main is None or standing.owed != main.owed or bool(face and face.is_alarm))
    return render_template(
        "account/home/home.html",
        main=main,
        face=face,
        shows_owed=shows_owed,
        others=[(held, faces.face_of(held, today)) for held in others],
        state=state,
        today=today,
        balance=standing.balance,
        credits=[held for held in standing.held if held.credits and held.subscription.status is not Status.EXPIRED],
        methods=_methods(standing),
        owed=[_row(one.invoice, standing) for one in standing.owed],
        latest=[_row(invoice, standing) for invoice in standing.latest if not (shows_owed and invoice.open_minor)],
        plans=_plans(standing) if main is None else [],
    )


def _methods(standing: Standing) -> list[MethodRow]:
    """What is charged for what is had; without a subscription, the default."""
    rows = method_rows(standing, day(clock.now(), standing.customer.zone))
    used = [row for row in rows if row.used_for]
    return used or rows[:1]


def _row(invoice: Invoice, standing: Standing) -> InvoiceRow:
    today = day(clock.now(), standing.customer.zone)
    return invoice_row(invoice, state_of(invoice, today))


def _plans(standing: Standing) -> list[tuple[PlanPrice, Money, str]]:
    """What a newcomer can choose, at the shortest interval."""
    currency = standing.customer.currency or standing.business.currency
    found = shelf.shelf(catalogue.on_sale(db.session(), currency=currency), None, currency=currency)
    pairs = found.plans if found else ()
    return [(pair, shelf.unit_amount(pair.price), words.each(pair.price.interval)) for pair in pairs]
