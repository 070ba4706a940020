"""Mails about what becomes of a subscription."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from sqlalchemy import select

from portal.invoicing.scale import scale_of
from portal.notifications.letters import Letter, Link, Occasion, Unneeded
from portal.notifications.outlook import Upcoming, next_charge, plan_name
from portal.subscriptions.models import Subscription, SubscriptionChange
from portal.subscriptions.states import SubscriptionStatus as Status

PLANS, METHODS, INVOICES = "/account/plan", "/account/payments", "/account/invoices"


def started(occasion: Occasion) -> Letter:
    _ = occasion.words.gettext
    row = _subscription(occasion, Status.ACTIVE, Status.PAST_DUE, Status.TRIALING)
    plan = plan_name(occasion, row)
    letter = Letter(
        subject=_("%(plan)s has started", plan=plan),
        state=_("Welcome"),
        headline=plan,
        lead=_("Your subscription began on %(day)s.", day=occasion.on(row.started_on or occasion.happened_at)),
        tone="good",
    )
    return _finished(occasion, letter, next_charge(occasion, row.id))


def trial_started(occasion: Occasion) -> Letter:
    _ = occasion.words.gettext
    row = _subscription(occasion, Status.TRIALING)
    plan, ends = plan_name(occasion, row), _day(occasion, row.trial_ends_on)
    letter = Letter(
        subject=_("Your trial of %(plan)s runs until %(day)s", plan=plan, day=ends),
        state=_("Your trial has begun"),
        headline=plan,
        lead=_("You can use everything until %(day)s without paying.", day=ends),
        tone="good",
    )
    return _finished(occasion, letter, next_charge(occasion, row.id))


def trial_extended(occasion: Occasion) -> Letter:
    _ = occasion.words.gettext
    row = _subscription(occasion, Status.TRIALING)
    plan, ends = plan_name(occasion, row), _day(occasion, row.trial_ends_on)
    letter = Letter(
        subject=_("Your trial of %(plan)s now runs until %(day)s", plan=plan, day=ends),
        state=_("Your trial is longer"),
        headline=plan,
        lead=_("You can use everything until %(day)s without paying.", day=ends),
        tone="good",
    )
    return _finished(occasion, letter, next_charge(occasion, row.id))


def trial_ending(occasion: Occasion) -> Letter:
    _ = occasion.words.gettext
    row = _subscription(occasion, Status.TRIALING)
    plan, ends = plan_name(occasion, row), _day(occasion, row.trial_ends_on)
    upcoming = next_charge(occasion, row.id)
    headline = upcoming.sum if upcoming is not None else plan
    letter = Letter(
        subject=_("Your trial of %(plan)s ends on %(day)s", plan=plan, day=ends),
        state=_("Your trial ends on %(day)s", day=ends),
        headline=headline,
        lead=_("From then on %(plan)s is charged. If you do not want it, cancel before.", plan=plan),
        tone="warn",
        other=Link(_("Payment methods"), occasion.url(METHODS)),
    )
    return _finished(occasion, letter, upcoming)


def renewal_upcoming(occasion: Occasion) -> Letter:
    _ = occasion.words.gettext
    row = _subscription(occasion, Status.ACTIVE, Status.PAST_DUE)
    upcoming = next_charge(occasion, row.id)
    if upcoming is None or upcoming.on.isoformat() != occasion.fact("on"):
        raise Unneeded("it no longer renews on that day")
    plan = plan_name(occasion, row)
    words = {"plan": plan, "day": upcoming.day, "sum": upcoming.sum}
    lead = _("%(plan)s renews on %(day)s. You need to do nothing.", **words)
    if row.collection == "push":
        lead = _("%(plan)s renews on %(day)s. We send you an invoice then.", **words)
    letter = Letter(
        subject=_("%(plan)s renews on %(day)s for %(sum)s", **words),
        state=_("Renews on %(day)s", **words),
        headline=upcoming.sum,
        lead=lead,
        scale=scale_of(upcoming.period, occasion.reader, plan),
        other=Link(_("Payment methods"), occasion.url(METHODS)),
    )
    return _finished(occasion, letter)


def changed(occasion: Occasion) -> Letter:
    _ = occasion.words.gettext
    row = _subscription(occasion, Status.ACTIVE, Status.PAST_DUE, Status.TRIALING)
    plan = plan_name(occasion, row)
    letter = Letter(
        subject=_("Your subscription is now %(plan)s", plan=plan),
        state=_("Changed"),
        headline=plan,
        lead=_("The change took effect on %(day)s.", day=occasion.on(occasion.happened_at)),
        tone="good",
    )
    return _finished(occasion, letter, next_charge(occasion, row.id))


def suspended(occasion: Occasion) -> Letter:
    _ = occasion.words.gettext
    row = _subscription(occasion, Status.SUSPENDED)
    plan = plan_name(occasion, row)
    letter = Letter(
        subject=_("%(plan)s is suspended", plan=plan),
        state=_("Suspended"),
        headline=plan,
        lead=_(
            "Your service has been stopped since %(day)s because of unpaid invoices.",
            day=occasion.on(occasion.happened_at),
        ),
        tone="bad",
        paragraphs=(_("It comes back within a minute of your payment. Nothing of yours was deleted."),),
        button=Link(_("Pay now"), occasion.url(INVOICES)),
        other=Link(_("Change the payment method"), occasion.url(METHODS)),
    )
    return _finished(occasion, letter)


def restored(occasion: Occasion) -> Letter:
    _ = occasion.words.gettext
    row = _subscription(occasion, Status.ACTIVE)
    settled = _last_change(occasion, row, "settled")
    if settled is None or settled.from_status != Status.SUSPENDED:
        raise Unneeded("the service never stood still")
    plan = plan_name(occasion, row)
    letter = Letter(
        subject=_("%(plan)s is back", plan=plan),
        state=_("Back in service"),
        headline=plan,
        lead=_(
            "Everything is paid, and your service has been running again since %(day)s.",
            day=occasion.on(occasion.happened_at),
        ),
        tone="good",
    )
    return _finished(occasion, letter, next_charge(occasion, row.id))


def paused(occasion: Occasion) -> Letter:
    _ = occasion.words.gettext
    row = _subscription(occasion, Status.PAUSED)
    plan = plan_name(occasion, row)
    paragraph = _("You can go on at any time.")
    if row.resume_on is not None:
        paragraph = _("It goes on by itself on %(day)s.", day=occasion.on(row.resume_on))
    lead = _("Nothing is charged while it is paused, since %(day)s.", day=occasion.on(occasion.happened_at))
    if _last_change(occasion, row, "trial_ended_paused") is not None:
        lead = _("Your trial is over, and there is no payment method yet. Nothing was charged.")
        paragraph = _("Add a payment method to go on where you stopped.")
    letter = Letter(
        subject=_("%(plan)s is paused", plan=plan),
        state=_("Paused"),
        headline=plan,
        lead=lead,
        paragraphs=(paragraph,),
    )
    return _finished(occasion, letter)


def resumed(occasion: Occasion) -> Letter:
    _ = occasion.words.gettext
    row = _subscription(occasion, Status.ACTIVE, Status.PAST_DUE)
    plan = plan_name(occasion, row)
    letter = Letter(
        subject=_("%(plan)s goes on", plan=plan),
        state=_("Resumed"),
        headline=plan,
        lead=_("Your service has been running again since %(day)s.", day=occasion.on(occasion.happened_at)),
        tone="good",
    )
    return _finished(occasion, letter, next_charge(occasion, row.id))


def cancellation_scheduled(occasion: Occasion) -> Letter:
    _ = occasion.words.gettext
    row = _subscription(occasion, Status.ACTIVE, Status.PAST_DUE, Status.TRIALING, Status.SUSPENDED, Status.PAUSED)
    if row.cancel_on is None:
        raise Unneeded("the cancellation was taken back")
    plan, ends = plan_name(occasion, row), occasion.on(row.cancel_on)
    letter = Letter(
        subject=_("%(plan)s ends on %(day)s", plan=plan, day=ends),
        state=_("Canceled"),
        headline=_("Until %(day)s", day=ends),
        lead=_("You can use %(plan)s until then. After that nothing is charged any more.", plan=plan),
        tone="warn",
        paragraphs=(_("If you change your mind, you can undo this until %(day)s.", day=ends),),
        button=Link(_("Keep my subscription"), occasion.url(PLANS)),
    )
    return _finished(occasion, letter)


def cancellation_undone(occasion: Occasion) -> Letter:
    _ = occasion.words.gettext
    row = _subscription(occasion, Status.ACTIVE, Status.PAST_DUE, Status.TRIALING, Status.SUSPENDED, Status.PAUSED)
    if row.cancel_on is not None:
        raise Unneeded("it is canceled again")
    plan = plan_name(occasion, row)
    letter = Letter(
        subject=_("%(plan)s goes on", plan=plan),
        state=_("Cancellation undone"),
        headline=plan,
        lead=_("Your subscription goes on as if nothing had happened."),
        tone="good",
    )
    return _finished(occasion, letter, next_charge(occasion, row.id))


def canceled(occasion: Occasion) -> Letter:
    _ = occasion.words.gettext
    row = _subscription(occasion, Status.CANCELED)
    plan = plan_name(occasion, row)
    letter = Letter(
        subject=_("%(plan)s has ended", plan=plan),
        state=_("Ended"),
        headline=plan,
        lead=_("Your subscription ended on %(day)s.", day=occasion.on(row.ended_on or occasion.happened_at)),
        paragraphs=(_("Your invoices stay where they are. You can come back whenever you like."),),
        button=Link(_("Subscribe again"), occasion.url(PLANS)),
        other=Link(_("See your invoices"), occasion.url(INVOICES)),
    )
    return _finished(occasion, letter)


def expired(occasion: Occasion) -> Letter:
    _ = occasion.words.gettext
    row = _subscription(occasion, Status.EXPIRED)
    plan = plan_name(occasion, row)
    letter = Letter(
        subject=_("%(plan)s did not start", plan=plan),
        state=_("Not started"),
        headline=plan,
        lead=_("The first payment did not arrive in time, so nothing began and nothing is owed."),
        paragraphs=(_("You can order again whenever you like."),),
    )
    return _finished(occasion, letter)


def _finished(occasion: Occasion, letter: Letter, upcoming: Upcoming | None = None) -> Letter:
    """With what is charged next, somewhere to go, and the reason for the mail."""
    _ = occasion.words.gettext
    paragraphs = letter.paragraphs
    if upcoming is not None:
        paragraphs += (_("Next payment: %(sum)s on %(day)s.", sum=upcoming.sum, day=upcoming.day),)
    return replace(
        letter,
        preview=letter.preview or letter.lead,
        paragraphs=paragraphs,
        button=letter.button or Link(_("Open my account"), occasion.url("/account/")),
        reason=occasion.billing_reason(),
    )


def _subscription(occasion: Occasion, *statuses: Status) -> Subscription:
    """The subscription, if it still is what the mail says it is."""
    row = occasion.session.scalar(select(Subscription).where(Subscription.ref == occasion.fact("subscription")))
    if row is None or row.status not in statuses:
        raise Unneeded("the subscription is in another state by now")
    return row


def _day(occasion: Occasion, on: date | None) -> str:
    return occasion.on(on) if on is not None else ""


def _last_change(occasion: Occasion, row: Subscription, event: str) -> SubscriptionChange | None:
    """The latest move, if it was this one."""
    wanted = select(SubscriptionChange).where(SubscriptionChange.subscription_id == row.id)
    moves = wanted.where(SubscriptionChange.from_status != SubscriptionChange.to_status)
    last = occasion.session.scalar(moves.order_by(SubscriptionChange.id.desc()).limit(1))
    return last if last is not None and last.event == event else None
