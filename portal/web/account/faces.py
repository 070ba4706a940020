"""The face of a subscription: how it stands in one sentence, what to do about it, and where today lies."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date

from flask import url_for

from portal.core.money import Money
from portal.core.periods import Period
from portal.identity.permissions import Permission
from portal.reporting.standing import Held, Owed
from portal.subscriptions.changes import waits_for_payment
from portal.subscriptions.states import SubscriptionStatus as Status
from portal.web.account import late, words
from portal.web.account.face import Act, Face, Rule, change_act, manage, may, pay_acts, plain, rule_of
from portal.web.account.late import reason
from portal.web.filters import day_said, written
from portal.web.wording import gettext as _

URGENCY = (
    Status.SUSPENDED, Status.PAST_DUE, Status.PENDING, Status.PAUSED, Status.TRIALING, Status.ACTIVE,
    Status.CANCELED, Status.EXPIRED,
)  # fmt: skip


def most_urgent(held: Sequence[Held]) -> Held | None:
    """The one that needs somebody first; of the same need the latest."""
    return min(held, key=lambda one: URGENCY.index(one.subscription.status), default=None)


def state_of(held: Sequence[Held]) -> str:
    """What can change by itself while somebody looks, in one word."""
    return ".".join(
        f"{one.subscription.status}{one.subscription.version}"
        + "".join(f"-{owed.invoice.id}{owed.attempt.status if owed.attempt else ''}" for owed in one.owed)
        for one in held
    )


def face_of(held: Held, today: date, balance: Money | None = None) -> Face:
    """The face for whoever reads this page: what they may not do is not offered."""
    face = _BY_STATUS[held.subscription.status](held, today)
    plan = held.plan
    said = f"{words.plan_said(plan)}, {words.paid_every(plan.price.interval)}" if plan else _("Subscription")
    face = replace(face, plan=said, status=_status(held))
    checked = next((owed for owed in held.owed if words.is_checking(owed.attempt)), None)
    if checked is not None:
        face = _waiting(face, checked)
    elif balance is not None and held.bill is not None and not face.is_alarm and balance.is_positive:
        used = _("%(sum)s on your balance is used first.", sum=written().money(balance))
        face = replace(face, note=f"{face.note} {used}".strip())
    return face


def _status(held: Held) -> str:
    row = held.subscription
    return "ending" if row.cancel_on is not None and row.status in (Status.ACTIVE, Status.TRIALING) else row.status


def _active(held: Held, today: date) -> Face:
    row, bill = held.subscription, held.bill
    rule = rule_of(row.period, today)
    if row.cancel_on is not None:
        return _ending(held, row.cancel_on, rule)
    if row.pause_on is not None:
        undo = Act(_("Do not pause"), url_for("account_subscriptions.undo_pause", ref=row.ref), is_post=True)
        headline = _("Pauses %(day)s", day=day_said(row.pause_on))
        lead = _("It works until then. While it is paused nothing is billed.")
        acts = (undo, manage(held)) if may(Permission.ACCOUNT_WRITE) else (manage(held),)
        return plain(headline, lead, acts, rule)
    headline = _("Your subscription is active")
    if bill is not None:
        headline = _("Renews %(day)s for %(sum)s", day=day_said(bill.on), sum=written().money(bill.total))
    face = plain(headline, _how_paid(held), (change_act(held), manage(held)), rule)
    return _with_change(_with_open(face, held), held)


def _with_open(face: Face, held: Held) -> Face:
    """Who sends the money is told first what to send, and by when; what we charge needs nothing from them."""
    owed = held.owed[0].invoice if held.owed else None
    if held.subscription.collection != "push" or owed is None or owed.due_on is None:
        return face
    total = Money.total((one.invoice.open for one in held.owed), owed.currency)
    headline = _("Pay %(sum)s by %(day)s", sum=written().money(total), day=day_said(owed.due_on))
    acts = (*pay_acts(owed, several=len(held.owed) > 1), *face.acts)
    return replace(face, headline=headline, lead=f"{face.headline}. {face.lead}", acts=acts)


def _trialing(held: Held, today: date) -> Face:
    row, bill = held.subscription, held.bill
    ends_on = row.trial_ends_on or today
    rule = None
    if row.started_on is not None and row.started_on < ends_on:
        rule = rule_of(Period(row.started_on, ends_on), today)
    if row.cancel_on is not None:
        return _ending(held, row.cancel_on, rule)
    headline = _("Free until %(day)s", day=day_said(ends_on))
    lead = _("You can use everything.")
    if bill is not None:
        total, name = written().money(bill.total), held.parts[0].plan.name
        lead += " " + _("From %(day)s %(plan)s costs %(sum)s.", day=day_said(ends_on), plan=name, sum=total)
    acts: tuple[Act, ...] = (change_act(held), manage(held))
    if held.method is None and may(Permission.ACCOUNT_PAY):
        lead += " " + _("Without a payment method it is paused then.")
        acts = (Act(_("Add a card"), url_for("account_payments.show_adding")), manage(held))
    return _with_change(plain(headline, lead.strip(), acts, rule), held)


def _pending(held: Held, today: date) -> Face:
    row = held.subscription
    owed = held.owed[0] if held.owed else None
    if owed is None:
        start_on = row.started_on or today
        headline = _("Starts %(day)s", day=day_said(start_on))
        lead = _("Nothing is to be done until then.")
        if held.bill is not None:
            total = written().money(held.bill.total)
            lead = _("The first bill of %(sum)s comes on that day.", sum=total)
        return plain(headline, lead, (manage(held),), None)
    headline = _("Pay %(sum)s to begin", sum=written().money(owed.invoice.open))
    lead = reason(owed) or _("Your subscription starts as soon as the payment has arrived.")
    if owed.invoice.next_action_at is not None:
        until = written().moment(owed.invoice.next_action_at)
        lead += " " + _("We keep it for you until %(moment)s.", moment=until)
    return plain(headline, lead, (*pay_acts(owed.invoice), manage(held)), None)


def _paused(held: Held, today: date) -> Face:
    row = held.subscription
    headline = _("Paused")
    lead = _("Nothing is billed while it is paused. You see what it costs before it goes on.")
    if row.resume_on is not None:
        headline = _("Paused until %(day)s", day=day_said(row.resume_on))
    resume = Act(_("Resume now"), url_for("account_subscriptions.quote_return", ref=row.ref), is_post=True)
    acts = (resume, manage(held)) if may(Permission.ACCOUNT_WRITE) else (manage(held),)
    return plain(headline, lead, acts, None)


def _ended(held: Held, today: date) -> Face:
    row = held.subscription
    headline = _("Your subscription has ended")
    if row.ended_on is not None:
        headline = _("Ended %(day)s", day=day_said(row.ended_on))
    if row.status is Status.EXPIRED:
        headline = _("Your subscription did not begin")
    lead = _("You can take it up again at today's price, or choose another plan.")
    again = Act(_("Take it up again"), url_for("account_subscriptions.take_up_again", ref=row.ref), is_post=True)
    acts = (again, Act(_("See the plans"), url_for("account_plan.show_plan")))
    return plain(headline, lead, acts if may(Permission.ACCOUNT_WRITE) else acts[1:], None)


def _ending(held: Held, on: date, rule: Rule | None) -> Face:
    """A cancellation whose day has not come."""
    row = held.subscription
    undo = Act(_("Keep it"), url_for("account_subscriptions.undo_cancel", ref=row.ref), is_post=True)
    headline = _("Ends %(day)s", day=day_said(on))
    lead = _("Everything works until then, and nothing more is charged.")
    acts = (undo, manage(held)) if may(Permission.ACCOUNT_WRITE) else (manage(held),)
    return plain(headline, lead, acts, rule)


_BY_STATUS: dict[Status, Callable[[Held, date], Face]] = {
    Status.ACTIVE: _active,
    Status.TRIALING: _trialing,
    Status.PENDING: _pending,
    Status.PAST_DUE: lambda held, today: late.past_due(held, today) if held.owed else _active(held, today),
    Status.SUSPENDED: lambda held, today: late.suspended(held),
    Status.PAUSED: _paused,
    Status.CANCELED: _ended,
    Status.EXPIRED: _ended,
}


def _waiting(face: Face, owed: Owed) -> Face:
    """Nobody is to pay twice while a bank is thinking."""
    amount, number = written().money(owed.invoice.open), owed.invoice.label or ""
    lead = _(
        "We are asking your bank for %(sum)s of invoice %(number)s. No need to pay again, this page tells you.",
        sum=amount,
        number=number,
    )
    acts = () if face.is_alarm else face.acts[-1:]
    headline = _("We are waiting for your bank")
    return replace(face, headline=headline, lead=lead, note="", acts=acts, is_waiting=True)


def _with_change(face: Face, held: Held) -> Face:
    """What was chosen and has not happened yet, and the way back."""
    change, row = held.change, held.subscription
    if change is None or not held.coming:
        return face
    name = words.plan_said(held.coming[0])
    back = Act(_("Cancel change"), url_for("account_subscriptions.take_back_change", ref=row.ref), is_post=True)
    acts = (face.acts[0], back, *face.acts[1:]) if may(Permission.ACCOUNT_WRITE) else face.acts
    if waits_for_payment(change):
        note = _("The change to %(plan)s waits for its payment.", plan=name)
        return replace(face, note=note, acts=(*(pay_acts(held.owed[0].invoice) if held.owed else ()), *acts[1:]))
    on = day_said(change.on_day) if change.on_day is not None else ""
    return replace(face, note=_("Changes to %(plan)s on %(day)s.", plan=name, day=on), acts=acts)


def _how_paid(held: Held) -> str:
    """ "We charge Visa ending 4081. ₦45,000.00 for Team and ₦3,375.00 VAT 7.5%." """
    parts = []
    if held.subscription.collection == "push":
        parts.append(_("We send you an invoice."))
    elif held.method is not None:
        parts.append(_("We charge %(method)s.", method=words.method_said(held.method)))
    else:
        parts.append(_("There is no payment method yet, please add one."))
    bill = held.bill
    if bill is not None and bill.tax.is_positive:
        names = ", ".join(bill.tax_names)
        net, tax = written().money(bill.net), written().money(bill.tax)
        plan = (held.coming or held.parts)[0].plan.name
        parts.append(_("%(net)s for %(plan)s and %(tax)s %(name)s.", net=net, plan=plan, tax=tax, name=names))
    return " ".join(parts)
