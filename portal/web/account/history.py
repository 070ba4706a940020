"""What happened to a subscription, as customers read it: no statuses, no names of ours, the latest day first."""

from collections.abc import Sequence
from itertools import groupby

from portal.core.formats import Formats
from portal.subscriptions.models import SubscriptionChange
from portal.web.wording import gettext

Entry = tuple[str, str, str, str, str]


def _(word: str) -> str:
    """Marks a word for the catalogues."""
    return word


# Event → glyph, tone, sentence. What is not listed is not told.
TOLD: dict[str, tuple[str, str, str]] = {
    "created": ("plus", "", _("Created")),
    "trial_started": ("clock", "", _("Trial began")),
    "trial_extended": ("clock", "", _("Trial extended")),
    "trial_ended": ("circle-check", "good", _("Trial over, now active")),
    "trial_ended_unpaid": ("hourglass", "wait", _("Trial over, waiting for the first payment")),
    "trial_ended_paused": ("pause", "", _("Trial over, paused without a payment method")),
    "activated": ("circle-check", "good", _("Started")),
    "expired": ("clock", "", _("Not paid in time, so it did not begin")),
    "changed": ("repeat", "", _("Changed")),
    "change_scheduled": ("calendar-clock", "", _("A change was scheduled")),
    "change_canceled": ("x", "", _("The scheduled change was dropped")),
    "renewed": ("rotate-cw", "", _("Renewed")),
    "fell_past_due": ("triangle-alert", "bad", _("A payment is late")),
    "settled": ("circle-check", "good", _("Paid, all is well again")),
    "suspended": ("lock", "bad", _("Service stopped")),
    "pause_scheduled": ("calendar-clock", "", _("A pause was scheduled")),
    "pause_canceled": ("x", "", _("The pause was taken back")),
    "paused": ("pause", "", _("Paused")),
    "resumed": ("play", "good", _("Resumed")),
    "cancellation_scheduled": ("calendar-clock", "warn", _("Cancellation scheduled")),
    "cancellation_undone": ("rotate-cw", "good", _("Cancellation taken back")),
    "canceled": ("ban", "", _("Ended")),
    "given_up": ("ban", "bad", _("Ended because it was not paid")),
    "resubscribed": ("repeat", "good", _("Taken up again")),
}


def told(changes: Sequence[SubscriptionChange], reader: Formats) -> list[tuple[str, list[Entry]]]:
    """Days with their entries, as the time line draws them: glyph, tone, words, text, time."""
    known = [change for change in changes if change.event in TOLD]
    days = groupby(known, key=lambda change: change.at.astimezone(reader.zone).date())
    return [(reader.day_long(on), [_entry(change, reader) for change in group]) for on, group in days]


def _entry(change: SubscriptionChange, reader: Formats) -> Entry:
    glyph, tone, sentence = TOLD[change.event]
    return glyph, tone, gettext(sentence), "", reader.time(change.at)
