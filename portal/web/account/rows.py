"""Rows that several of the customer's pages list: invoices and payment methods."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from portal.core.money import Money
from portal.invoicing.explaining import span
from portal.invoicing.itemised import Line
from portal.invoicing.models import Invoice
from portal.payments.models import PaymentMethod
from portal.payments.states import AttemptStatus
from portal.reporting.standing import Standing
from portal.subscriptions.states import LIVE
from portal.web.account import words
from portal.web.filters import written


@dataclass(frozen=True, slots=True)
class InvoiceRow:
    """`state` is a key of the looks of invoices; `period` is empty for what is for no period."""

    ref: str
    label: str
    issued_on: date | None
    due_on: date | None
    period: str
    state: str
    total: Money
    open: Money


@dataclass(frozen=True, slots=True)
class MethodRow:
    """`sign` stands on its little plate; `state` is a key of the looks of methods; `used_for` are plans."""

    ref: str
    sign: str
    title: str
    expires: str
    state: str
    is_default: bool
    is_usable: bool
    used_for: tuple[str, ...]


def invoice_row(invoice: Invoice, state: str) -> InvoiceRow:
    period = invoice.period
    return InvoiceRow(
        ref=invoice.ref,
        label=invoice.label or "",
        issued_on=invoice.issued_on,
        due_on=invoice.due_on,
        period=span(period.start, period.end, written()) if period else "",
        state=state,
        total=invoice.total,
        open=invoice.open,
    )


def method_row(method: PaymentMethod, used_for: Sequence[str], today: date, *, is_declined: bool = False) -> MethodRow:
    """`is_declined`: the last try with it failed, which is worth a look though it may be tried again."""
    state = words.condition(method, today)
    return MethodRow(
        ref=method.ref,
        sign=words.sign_of(method),
        title=words.method_said(method),
        expires=words.expires_said(method.expires_on),
        state="failing" if is_declined else state,
        is_default=method.is_default,
        is_usable=state not in ("failing", "expired"),
        used_for=tuple(dict.fromkeys(used_for)),
    )


def method_rows(standing: Standing, today: date) -> list[MethodRow]:
    """Each stored method with the plans that are charged with it, and whether the last try at what is open failed."""
    tried = [owed.attempt for owed in standing.owed if owed.attempt is not None]
    declined = {attempt.method_id for attempt in tried if attempt.status is AttemptStatus.DECLINED}
    users: dict[int, list[str]] = {}
    for held in standing.held:
        if held.method is not None and held.parts and held.subscription.status in LIVE:
            users.setdefault(held.method.id, []).append(words.plan_said(held.parts[0]))
    return [
        method_row(method, users.get(method.id, ()), today, is_declined=method.id in declined)
        for method, _users in standing.methods
    ]


@dataclass(frozen=True, slots=True)
class LineRow:
    """A line with why it is that amount: in `sub` where one step tells it, else in `trace` (op, words, figure)."""

    title: str
    sub: str
    amount: Money
    trace: tuple[tuple[str, str, str], ...]


def line_row(line: Line) -> LineRow:
    steps, title = line.steps, line.title
    if line.quantity is not None and line.quantity > 1:
        title = f"{title} × {written().count(line.quantity)}"
    if len(steps) == 1:
        return LineRow(title, written().colon.join(filter(None, (line.days, steps[0].text))), line.amount, ())
    trace = tuple(("=" if place else "", step.text, written().money(step.result)) for place, step in enumerate(steps))
    return LineRow(title, line.days, line.amount, trace)
