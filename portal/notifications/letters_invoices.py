"""Mails about one invoice or one payment."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from portal.core.settings import current
from portal.gateways.base import DECLINE_SENTENCES, DeclineKind
from portal.invoicing import pay_links
from portal.invoicing import queries as invoicing
from portal.invoicing.itemised import Line
from portal.invoicing.models import Invoice
from portal.invoicing.presentation import ShownInvoice
from portal.invoicing.scale import Scale, scale_of
from portal.invoicing.states import InvoiceStatus
from portal.notifications.letters import Letter, Link, Occasion, Row, Unneeded
from portal.notifications.letters_bank import transfer_words
from portal.notifications.outlook import next_charge, next_try
from portal.payments import receipts
from portal.payments.models import Attempt, Payment, PaymentMethod
from portal.payments.states import AttemptStatus

PAID, VOID = InvoiceStatus.PAID, InvoiceStatus.VOID


@dataclass(frozen=True, slots=True)
class Billed:
    """An invoice as the reader sees it, with the row it comes from."""

    row: Invoice
    shown: ShownInvoice

    @property
    def path(self) -> str:
        return f"/account/invoices/{self.row.ref}"

    def pay_url(self, occasion: Occasion) -> str:
        """Where whoever has this mail can pay it without signing in."""
        return pay_links.address(self.row, current(), occasion.at)

    @property
    def plan(self) -> str:
        """What it is mainly for."""
        titles = [line.title for line in self.shown.lines if line.kind == "plan"]
        return titles[0] if titles else ""


def receipt(occasion: Occasion) -> Letter:
    """The invoice is paid: what was paid, with what, for which days, and what comes next."""
    _ = occasion.words.gettext
    billed = _billed(occasion)
    if billed.row.status is not PAID:
        raise Unneeded("the invoice is not paid any more")
    if billed.shown.total.is_zero:
        raise Unneeded("nothing was charged")
    total = occasion.money(billed.shown.total)
    upcoming = next_charge(occasion, billed.row.subscription_id)
    paragraphs = [_("Invoice %(number)s.", number=billed.shown.label)]
    if upcoming is not None:
        paragraphs.append(_("Next payment: %(sum)s on %(day)s.", sum=upcoming.sum, day=upcoming.day))
    return Letter(
        subject=_("Receipt for %(number)s, %(sum)s", number=billed.shown.label, sum=total),
        preview=_("Paid: %(sum)s. There is nothing to do.", sum=total),
        tone="good",
        state=_("Paid, thank you"),
        headline=total,
        lead=_paid_how(occasion, billed),
        scale=_scale(occasion, billed),
        rows=_rows(occasion, billed, _("Total, paid in full")),
        has_total=True,
        paragraphs=(" ".join(paragraphs),),
        button=Link(_("Open the invoice"), occasion.url(billed.path)),
        other=Link(_("PDF"), occasion.url(f"{billed.path}/pdf")),
        reason=occasion.billing_reason(),
    )


def invoice_issued(occasion: Occasion) -> Letter:
    """An invoice that the customer is to pay, with the day it is due."""
    _ = occasion.words.gettext
    billed = _open(occasion)
    return _to_pay(
        occasion,
        billed,
        subject=_("Invoice %(number)s, %(sum)s", number=billed.shown.label, sum=occasion.money(billed.shown.total)),
        state=_("To pay by %(day)s", day=_due(occasion, billed)),
    )


def invoice_reminder(occasion: Occasion) -> Letter:
    """The due day is near or here, and something is still open."""
    _ = occasion.words.gettext
    billed = _open(occasion)
    due = _due(occasion, billed)
    return _to_pay(
        occasion,
        billed,
        subject=_("Reminder: invoice %(number)s is due on %(day)s", number=billed.shown.label, day=due),
        state=_("Due on %(day)s", day=due),
    )


def pay_link(occasion: Occasion) -> Letter:
    """A fresh link for paying, which somebody asked for."""
    _ = occasion.words.gettext
    billed = _open(occasion)
    return _to_pay(
        occasion,
        billed,
        subject=_("Your link to pay invoice %(number)s", number=billed.shown.label),
        state=_("To pay by %(day)s", day=_due(occasion, billed)),
    )


def payment_failed(occasion: Occasion) -> Letter:
    """A charge was declined: why, when it is tried again, and what helps."""
    _ = occasion.words.gettext
    billed = _open(occasion)
    left = occasion.money(billed.shown.open)
    attempt, method = _attempt(occasion)
    again = next_try(occasion, billed.row)
    if again is not None:
        follow = _("We try again on %(day)s. If you pay before, nothing is charged then.", day=occasion.on(again))
    else:
        follow = _("We do not try this method again. Please pay with another one.")
    why = [_("We could not charge %(method)s.", method=method)] if method else []
    kind = attempt.decline if attempt is not None else None
    if kind in set(DeclineKind):
        why.append(_(DECLINE_SENTENCES[DeclineKind(kind)]))
    elif attempt is not None and attempt.status is AttemptStatus.EXPIRED:
        why.append(_("Your bank wanted you to confirm it, and that did not happen in time."))
    return Letter(
        subject=_("Your payment of %(sum)s did not go through", sum=left),
        preview=follow,
        tone="bad",
        state=_("Not paid yet"),
        headline=left,
        lead=" ".join(why) or _("The payment did not go through."),
        scale=_scale(occasion, billed),
        paragraphs=(follow, _still_served(occasion, billed)),
        button=Link(_("Pay now"), billed.pay_url(occasion)),
        other=Link(_("Change the payment method"), occasion.url("/account/payments")),
        reason=occasion.billing_reason(),
    )


def action_required(occasion: Occasion) -> Letter:
    """The bank wants the customer to confirm a charge."""
    _ = occasion.words.gettext
    attempt, method = _attempt(occasion)
    if attempt is None or attempt.status is not AttemptStatus.ACTION_REQUIRED or attempt.invoice_id is None:
        raise Unneeded("the bank no longer waits for the customer")
    invoice = occasion.session.get_one(Invoice, attempt.invoice_id)
    amount = occasion.money(attempt.amount)
    lead = _("Your bank asks you to confirm the payment.")
    if method:
        lead = _("Your bank asks you to confirm the payment with %(method)s.", method=method)
    return Letter(
        subject=_("Please confirm your payment of %(sum)s", sum=amount),
        preview=lead,
        tone="warn",
        state=_("Your confirmation is needed"),
        headline=amount,
        lead=lead,
        paragraphs=(_("Until you confirm, invoice %(number)s stays open.", number=invoice.label),),
        button=Link(_("Confirm the payment"), occasion.url(f"/account/invoices/{invoice.ref}")),
        reason=occasion.billing_reason(),
    )


def _billed(occasion: Occasion) -> Billed:
    row = invoicing.by_ref(occasion.session, occasion.fact("invoice"))
    return Billed(row, receipts.shown(occasion.session, row, reader=occasion.reader, at=occasion.at))


def _open(occasion: Occasion) -> Billed:
    """The invoice, if there is still something to pay on it."""
    billed = _billed(occasion)
    if not billed.shown.is_payable:
        raise Unneeded("nothing is left to pay")
    return billed


def _to_pay(occasion: Occasion, billed: Billed, *, subject: str, state: str) -> Letter:
    _ = occasion.words.gettext
    left = occasion.money(billed.shown.open)
    return Letter(
        subject=subject,
        preview=_("%(sum)s, to pay by %(day)s.", sum=left, day=_due(occasion, billed)),
        state=state,
        headline=left,
        lead=_("Invoice %(number)s. Please give this number when you pay.", number=billed.shown.label),
        scale=_scale(occasion, billed),
        rows=_rows(occasion, billed, _("Left to pay")),
        has_total=True,
        paragraphs=transfer_words(occasion, billed.row),
        button=Link(_("Pay now"), billed.pay_url(occasion)),
        other=Link(_("PDF"), f"{billed.pay_url(occasion)}/pdf"),
        reason=occasion.billing_reason(),
    )


def _due(occasion: Occasion, billed: Billed) -> str:
    due_on = billed.row.due_on
    return occasion.on(due_on) if due_on is not None else ""


def _scale(occasion: Occasion, billed: Billed) -> Scale | None:
    return scale_of(billed.shown.period, occasion.reader, billed.plan) if billed.shown.period else None


def _rows(occasion: Occasion, billed: Billed, total: str) -> tuple[Row, ...]:
    """The lines, the taxes, what was settled otherwise, and the sum that binds under the words `total`."""
    shown = billed.shown
    rows = [Row(line.title, occasion.money(line.amount), _remark(occasion, line)) for line in shown.lines]
    rows += [Row(tax.title, occasion.money(tax.amount)) for tax in shown.taxes]
    if shown.is_payable:
        rows += [Row(part.text, occasion.money(-part.amount)) for part in shown.settled]
    return (*rows, Row(total, occasion.money(shown.open if shown.is_payable else shown.total)))


def _remark(occasion: Occasion, line: Line) -> str:
    if line.quantity is None or line.unit is None or line.quantity == 1:
        return line.days
    counted = f"{occasion.reader.count(line.quantity)} × {occasion.money(line.unit)}"
    return f"{line.days}, {counted}" if line.days else counted


def _paid_how(occasion: Occasion, billed: Billed) -> str:
    """ "Charged to Visa ending 4081 on 3 November 2026.", or what else paid it."""
    _ = occasion.words.gettext
    last = billed.shown.settled[-1] if billed.shown.settled else None
    if last is None or last.on is None:
        return _("Invoice %(number)s is paid.", number=billed.shown.label)
    if last.kind == "balance":
        return _("Taken from your balance on %(day)s.", day=occasion.on(last.on))
    if last.method:
        return _("Charged to %(method)s on %(day)s.", method=last.method, day=occasion.on(last.on))
    return _("Received on %(day)s.", day=occasion.on(last.on))


def _attempt(occasion: Occasion) -> tuple[Attempt | None, str]:
    """The attempt that the event names or the payment came from, and its method in words."""
    wanted = select(Attempt, PaymentMethod).outerjoin(PaymentMethod, PaymentMethod.id == Attempt.method_id)
    if occasion.fact("attempt"):
        wanted = wanted.where(Attempt.reference == occasion.fact("attempt"))
    else:
        wanted = wanted.join(Payment, Payment.attempt_id == Attempt.id).where(Payment.ref == occasion.fact("payment"))
    found = occasion.session.execute(wanted).first()
    if found is None:
        return None, ""
    attempt = found[0]
    method: PaymentMethod | None = found[1]
    if method is None:
        return attempt, ""
    return attempt, receipts.method_words(method.kind, method.brand, method.last4, occasion.reader.language)


def _still_served(occasion: Occasion, billed: Billed) -> str:
    _ = occasion.words.gettext
    if billed.row.kind in {"first", "change"}:
        return _("What you ordered begins when this invoice is paid.")
    return _("Your service goes on in the meantime.")
