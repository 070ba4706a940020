"""The staff's payments: what arrived, what is in doubt, and the trail of every try."""

from typing import Any

from flask import Blueprint, flash, g, url_for
from flask.typing import ResponseReturnValue

from portal.actions.resolve_attempts import ask_about
from portal.banking import iban
from portal.core import clock
from portal.core.db import db
from portal.core.money import Money
from portal.identity.permissions import Permission, requires
from portal.payments import refunds
from portal.payments.states import ASKED_ABOUT, IN_DOUBT, AttemptStatus, PaymentStatus
from portal.reporting import doubt_list, invoice_page, payment_list, payment_page, refund_list
from portal.reporting.payment_list import Filters
from portal.web.filters import written
from portal.web.forms import only_fields, posted_key
from portal.web.htmx import see_other, show
from portal.web.staff import deed_words, listing
from portal.web.staff.listing import Chip
from portal.web.statuses import payment_state, status_word
from portal.web.wording import gettext as _

bp = Blueprint("staff_payments", __name__, url_prefix="/billing/payments")


@bp.get("")
@requires(Permission.BILLING_READ)
def list_payments() -> ResponseReturnValue:
    session, filters = db.session(), _filters()
    sheet = payment_list.page(session, filters, places=listing.places(), limit=listing.ROWS)
    count, totals = payment_list.sums(session, filters)
    is_money = filters.tab == "payments"
    tabs = listing.tab_links("tab", _tabs(), payment_list.counts(session), filters.tab, "doubt")
    return show(
        page="staff/payments/list.html",
        fragment="staff/payments/_payments.html" if is_money else "staff/payments/_attempts.html",
        is_money=is_money,
        rows=sheet.rows if is_money else [(row, *_said(row)) for row in sheet.rows],
        turns=listing.turns(sheet),
        count=count,
        most=payment_list.MOST_COUNTED,
        totals=totals,
        tabs=tabs,
        filters=filters,
        statuses=list(PaymentStatus),
        chips=listing.chips(_chips(filters)),
        can_ask=Permission.BILLING_WRITE in g.permissions,
        can_record=Permission.BILLING_WRITE in g.permissions,
        at=clock.now(),
    )


@bp.get("/<ref>")
@requires(Permission.BILLING_READ)
def show_payment(ref: str) -> ResponseReturnValue:
    session = db.session()
    row = payment_page.payment(session, ref)
    payment = row.Payment
    tries = invoice_page.attempts(session, [row.invoice_id]) if row.invoice_id else []
    parts = payment_page.allocations(session, payment.id)
    spread = sum(part.amount_minor for part in parts)
    left = payment.amount_minor - payment.refunded_minor - payment.reversed_minor
    reversible = Money(left if payment.status is PaymentStatus.BOOKED else 0, payment.currency)
    return show(
        page="staff/payments/show.html",
        fragment="staff/payments/_payment.html",
        row=row,
        payment=payment,
        state=payment_state(payment),
        parts=parts,
        rest=Money(payment.amount_minor - payment.reversed_minor - spread, payment.currency),
        entries=payment_page.entries(session, ref),
        tries=[(one, *_said(one)) for one in tries],
        days=deed_words.by_day(invoice_page.activity(session, row.customer_id, ref)),
        account_number=iban.printed(row.BankAccount.number) if row.BankAccount else "",
        is_reversible=row.BankReceipt is not None and not reversible.is_zero,
        consequences=_consequences(row, parts, reversible),
        can_write=Permission.BILLING_WRITE in g.permissions,
        returns=refund_list.of_payment(session, payment.id),
        refundable=refunds.left_of(payment),
    )


@bp.get("/attempts/<reference>")
@requires(Permission.BILLING_READ)
def show_attempt(reference: str) -> ResponseReturnValue:
    session = db.session()
    row = payment_page.attempt(session, reference)
    attempt = row.Attempt
    tries = invoice_page.attempts(session, [attempt.invoice_id]) if attempt.invoice_id else []
    return show(
        page="staff/payments/attempt.html",
        fragment="staff/payments/_attempt.html",
        row=row,
        attempt=attempt,
        said=_said(attempt),
        tries=[(one, *_said(one)) for one in tries],
        news=payment_page.news(session, reference),
        days=deed_words.by_day(invoice_page.activity(session, row.customer_id, reference)),
        is_askable=attempt.status in ASKED_ABOUT,
        can_ask=Permission.BILLING_WRITE in g.permissions,
        settling=doubt_list.settling(session, reference),
        can_settle=attempt.status in IN_DOUBT and Permission.OPERATIONS_WRITE in g.permissions,
    )


@bp.post("/attempts/<reference>/ask")
@requires(Permission.BILLING_WRITE)
def ask(reference: str) -> ResponseReturnValue:
    """Ask the gateway now instead of at the next turn; the page waits for its answer."""
    only_fields()
    posted_key()
    payment_page.attempt(db.session(), reference)
    ask_about(reference, actor=g.actor, at=clock.now())
    status = payment_page.attempt(db.session(), reference).Attempt.status
    settled = status not in ASKED_ABOUT
    words = _("The gateway answered.") if settled else _("The gateway was asked. It is not decided yet.")
    flash(words, "good" if settled and status is not AttemptStatus.DECLINED else "wait")
    return see_other(url_for(".show_attempt", reference=reference))


def _consequences(row: Any, parts: list[Any], left: Money) -> list[str]:
    """What taking it back does, before anybody does it."""
    spread: dict[str, int] = {}
    for part in parts:
        spread[part.label] = spread.get(part.label, 0) + part.amount_minor
    said = [
        _(
            "%(amount)s of %(number)s is open again, and chased.",
            amount=written().money(Money(minor, left.currency)),
            number=label,
        )
        for label, minor in spread.items()
        if minor > 0
    ]
    rest = left.minor - sum(minor for minor in spread.values() if minor > 0)
    if rest > 0 and row.name:
        said.append(
            _(
                "%(amount)s leaves the balance; what was spent of it is taken back from the invoices it paid.",
                amount=written().money(Money(rest, left.currency)),
            )
        )
    return [*said, _("The record stays, with your reason. Right it by recording another one.")]


def _said(one: Any) -> tuple[str, str]:
    """Why it was tried, and what came of it."""
    return deed_words.trigger_word(one.trigger), deed_words.code_words(one)


def _filters() -> Filters:
    tab = listing.picked("tab", payment_list.TABS, "payments")
    return Filters(
        tab=tab,
        words=listing.words(),
        currency=listing.currency_asked(),
        customer_ref=listing.words("customer"),
        status=listing.picked("status", list(PaymentStatus)) if tab == "payments" else "",
        from_on=listing.day_asked("from_on"),
        until_on=listing.day_asked("until_on"),
    )


def _chips(filters: Filters) -> list[Chip]:
    return [
        *listing.usual_chips(filters),
        Chip("status", _("Status"), status_word(filters.status, "payment") if filters.status else ""),
        Chip("from_on", _("From"), listing.day_words(filters.from_on)),
        Chip("until_on", _("Until"), listing.day_words(filters.until_on)),
    ]


def _tabs() -> list[tuple[str, str]]:
    return [
        ("payments", _("Payments")),
        ("doubt", _("In doubt")),
        ("live", _("Waiting")),
        ("declined", _("Declined")),
    ]
