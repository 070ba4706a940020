"""Mails about money that goes back."""

from __future__ import annotations

from sqlalchemy import select

from portal.notifications.letters import Letter, Link, Occasion, Unneeded
from portal.payments import disputes, receipts
from portal.payments.dispute_states import DisputeStatus
from portal.payments.models import Attempt, Payment, PaymentMethod
from portal.payments.refund_models import Refund
from portal.payments.refund_states import CLOSED, RefundStatus, RefundWay


def refund_sent(occasion: Occasion) -> Letter:
    """It is on its way: how much, to where, and how long banks take."""
    _ = occasion.words.gettext
    refund = _refund(occasion)
    if refund.status in CLOSED:
        raise Unneeded("it has arrived or failed by now")
    amount = occasion.money(refund.amount)
    return Letter(
        subject=_("Your refund of %(sum)s is on its way", sum=amount),
        preview=_("Banks take up to ten working days."),
        state=_("On its way to you"),
        headline=amount,
        lead=_where(occasion, refund),
        paragraphs=(_("Banks take up to ten working days to show it. There is nothing to do."),),
        button=_link(occasion),
        reason=occasion.billing_reason(),
    )


def refund_succeeded(occasion: Occasion) -> Letter:
    """It was given back."""
    _ = occasion.words.gettext
    refund = _refund(occasion)
    if refund.status is not RefundStatus.SUCCEEDED:
        raise Unneeded("the refund did not go through")
    amount = occasion.money(refund.amount)
    return Letter(
        subject=_("We refunded %(sum)s", sum=amount),
        preview=_("Refunded: %(sum)s. There is nothing to do.", sum=amount),
        tone="good",
        state=_("Refunded"),
        headline=amount,
        lead=_where(occasion, refund),
        paragraphs=(_("Your bank may need some more days to show it."),),
        button=_link(occasion),
        reason=occasion.billing_reason(),
    )


def dispute_opened(occasion: Occasion) -> Letter:
    """For staff: a payer's bank wants an answer, and by when."""
    _ = occasion.words.gettext
    dispute = disputes.by_ref(occasion.session, occasion.fact("dispute"))
    if dispute.status is not DisputeStatus.NEEDS_RESPONSE:
        raise Unneeded("it waits for no answer any more")
    amount = occasion.money(dispute.amount)
    lead = _("Without an answer the money is taken back.")
    if dispute.due_at is not None:
        lead = _("Answer by %(day)s, or the money is taken back.", day=occasion.on(dispute.due_at))
    return Letter(
        subject=_("A payment of %(sum)s is disputed", sum=amount),
        preview=lead,
        tone="bad",
        state=_("Needs an answer"),
        headline=amount,
        lead=lead,
        button=Link(_("Answer the dispute"), occasion.url(f"/billing/disputes/{dispute.ref}")),
        reason=_("You get this because you keep the billing portal running."),
    )


def _refund(occasion: Occasion) -> Refund:
    found = occasion.session.scalar(select(Refund).where(Refund.ref == occasion.fact("refund")))
    if found is None:
        raise Unneeded("there is no such refund")
    return found


def _where(occasion: Occasion, refund: Refund) -> str:
    """To where it goes: the method that paid, or the customer's bank."""
    _ = occasion.words.gettext
    if refund.way is RefundWay.BY_HAND:
        return _("It goes to your bank account by transfer.")
    method = occasion.session.scalar(
        select(PaymentMethod)
        .join(Attempt, Attempt.method_id == PaymentMethod.id)
        .join(Payment, Payment.attempt_id == Attempt.id)
        .where(Payment.id == refund.payment_id)
    )
    if method is None:
        return _("It goes back the way you paid.")
    name = receipts.method_words(method.kind, method.brand, method.last4, str(occasion.reader.language))
    return _("It goes back to what you paid with: %(method)s.", method=name)


def _link(occasion: Occasion) -> Link:
    return Link(occasion.words.gettext("See your invoices"), occasion.url("/account/invoices"))
