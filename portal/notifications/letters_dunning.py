"""The mail of a dunning case: everything that is overdue in one letter, and what happens next on which day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import select

from portal.core.money import Money
from portal.core.settings import current
from portal.dunning.cases import climb, ladder_of, open_debts
from portal.dunning.models import DunningCase, DunningPolicy
from portal.dunning.policy import Climb, LastStep
from portal.dunning.states import STANDING
from portal.invoicing import pay_links
from portal.invoicing.models import Invoice
from portal.notifications.letters import Letter, Link, Occasion, Row, Unneeded


@dataclass(frozen=True, slots=True)
class Overdue:
    """What the case chases now, the oldest first, and when its first invoice has its next step and its end."""

    invoices: tuple[Invoice, ...]
    left: Money
    next_on: date | None
    ends_on: date
    last_step: LastStep
    is_tried_again: bool


def reminder(occasion: Occasion) -> Letter:
    """What is overdue and what follows. Nothing leaves once nothing is owed or the case is closed."""
    _ = occasion.words.gettext
    overdue = _overdue(occasion)
    left = occasion.money(overdue.left)
    first = overdue.invoices[0]
    paragraphs = [_next(occasion, overdue), _last(occasion, overdue)]
    subject = _("Reminder: %(sum)s is overdue", sum=left)
    if overdue.next_on is None:
        subject = _("Last reminder: %(sum)s is overdue", sum=left)
    several = len(overdue.invoices) > 1
    pay = Link(_("Pay the oldest now") if several else _("Pay now"), pay_links.address(first, current(), occasion.at))
    other = Link(_("Change the payment method"), occasion.url("/account/payments"))
    return Letter(
        subject=subject,
        preview=paragraphs[-1] or paragraphs[0],
        tone="bad",
        state=_("Overdue"),
        headline=left,
        lead=_since(occasion, overdue),
        rows=(*(_row(occasion, invoice) for invoice in overdue.invoices), Row(_("Left to pay"), left)),
        has_total=True,
        paragraphs=tuple(part for part in paragraphs if part),
        button=pay,
        other=Link(_("See your invoices"), occasion.url("/account/invoices")) if several else other,
        reason=occasion.billing_reason(),
    )


def _overdue(occasion: Occasion) -> Overdue:
    session = occasion.session
    case = session.scalar(select(DunningCase).where(DunningCase.ref == occasion.fact("case")))
    if case is None or case.status not in STANDING:
        raise Unneeded("the case is closed")
    debts = open_debts(session, case.id)
    rows = session.scalars(select(Invoice).where(Invoice.id.in_([debt.invoice_id for debt in debts])))
    owed = {row.id: row for row in rows if row.status == "issued" and row.open_minor > 0}
    chased = [debt for debt in debts if debt.invoice_id in owed]
    if not chased:
        raise Unneeded("nothing is owed any more")
    ladder = ladder_of(session.get_one(DunningPolicy, case.policy_id))
    oldest: Climb = climb(session, chased[0], ladder)
    coming = [on for debt in chased if (on := climb(session, debt, ladder).next_on) is not None]
    return Overdue(
        invoices=tuple(owed[debt.invoice_id] for debt in chased),
        left=Money.total((owed[debt.invoice_id].open for debt in chased), case.currency),
        next_on=min(coming, default=None),
        ends_on=oldest.ends_on,
        last_step=ladder.last_step,
        is_tried_again=oldest.days == ladder.pull_days and not all(debt.is_hard for debt in chased),
    )


def _since(occasion: Occasion, overdue: Overdue) -> str:
    _ = occasion.words.gettext
    due_on = overdue.invoices[0].due_on
    since = occasion.on(due_on if due_on is not None else occasion.today)
    if len(overdue.invoices) == 1:
        number = overdue.invoices[0].label or ""
        return _("Invoice %(number)s was due on %(day)s.", number=number, day=since)
    count = occasion.reader.count(len(overdue.invoices))
    return _("%(count)s invoices are not paid, the oldest since %(day)s.", count=count, day=since)


def _row(occasion: Occasion, invoice: Invoice) -> Row:
    _ = occasion.words.gettext
    due = _("due on %(day)s", day=occasion.on(invoice.due_on)) if invoice.due_on is not None else ""
    return Row(invoice.label or invoice.ref, occasion.money(invoice.open), due)


def _next(occasion: Occasion, overdue: Overdue) -> str:
    _ = occasion.words.gettext
    if overdue.next_on is None or overdue.next_on <= occasion.today:
        return _("This is the last time we write about it before we act.") if overdue.next_on is None else ""
    if overdue.is_tried_again:
        return _("We try to charge your payment method again on %(day)s.", day=occasion.on(overdue.next_on))
    return _("We write again on %(day)s if nothing has arrived by then.", day=occasion.on(overdue.next_on))


def _last(occasion: Occasion, overdue: Overdue) -> str:
    """The consequence, with its day: never earlier than tomorrow."""
    _ = occasion.words.gettext
    day = occasion.on(max(overdue.ends_on, occasion.today + timedelta(days=1)))
    if overdue.last_step is LastStep.SUSPEND:
        return _("If nothing is paid by %(day)s, we stop your service then.", day=day)
    if overdue.last_step is LastStep.CANCEL:
        return _("If nothing is paid by %(day)s, your subscription ends then.", day=day)
    return _("Please pay by %(day)s.", day=day)
