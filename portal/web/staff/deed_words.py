"""What happened, in the staff's words: deeds of the audit, events of a subscription, mails, and who did it."""

from collections.abc import Callable, Iterable
from datetime import datetime
from itertools import groupby
from typing import Any

from portal.web.filters import day_of, written
from portal.web.statuses import look_of, status_word
from portal.web.wording import gettext

Entry = tuple[str, str, str, str, str]
"""Glyph, tone, title, text and time, as the time line takes them."""


def _(word: str) -> str:
    """Marks a word for the catalogues."""
    return word


DEEDS: dict[str, tuple[str, str, str]] = {
    "invoice.issued": (_("Invoice issued"), "receipt-text", ""),
    "invoice.voided": (_("Invoice voided"), "ban", ""),
    "invoice.paid": (_("Invoice paid"), "circle-check", "good"),
    "invoice.payment_asked": (_("Charge ordered"), "credit-card", ""),
    "invoice.reminded": (_("Reminded before the due day"), "mail", ""),
    "attempt.declined": (_("Declined"), "circle-x", "bad"),
    "attempt.expired": (_("Payment page expired"), "clock", ""),
    "attempt.not_found": (_("Not known at the gateway"), "circle-help", "warn"),
    "security.false_news": (_("News that the gateway denies"), "shield-check", "bad"),
    "pay_links.revoked": (_("Payment links taken back"), "ban", ""),
    "pay_link.mailed": (_("Payment link mailed"), "send", ""),
    "bank_account.proposed": (_("Bank account proposed"), "landmark", ""),
    "bank_account.opened": (_("Bank account opened"), "landmark", "good"),
    "bank_account.rejected": (_("Bank account rejected"), "landmark", "bad"),
    "bank_account.closed": (_("Bank account closed"), "landmark", ""),
    "payment.reversed": (_("Payment taken back"), "rotate-cw", "bad"),
    "payment.booked": (_("Payment booked"), "circle-check", "good"),
    "attempt.settled": (_("Settled with evidence"), "badge-check", ""),
    "refund.requested": (_("Refund asked for"), "hand-coins", ""),
    "refund.approved": (_("Refund approved"), "hand-coins", ""),
    "refund.sent": (_("Refund on its way"), "send", ""),
    "refund.needs_attention": (_("Refund needs bank details"), "triangle-alert", "warn"),
    "refund.details_given": (_("Bank details given"), "landmark", ""),
    "refund.succeeded": (_("Refunded"), "circle-check", "good"),
    "refund.failed": (_("Refund failed, the money is on the balance"), "circle-x", "bad"),
    "refund.canceled": (_("Refund canceled"), "x", ""),
    "refund.found": (_("Refunded at the gateway without us"), "triangle-alert", "warn"),
    "difference.closed": (_("Difference to the gateway closed"), "columns-3", ""),
    "dispute.opened": (_("Payment disputed"), "triangle-alert", "bad"),
    "dispute.noted": (_("Evidence noted"), "message-square-text", ""),
    "dispute.accepted": (_("Claim accepted"), "hand-coins", "warn"),
    "dispute.contested": (_("Claim contested"), "triangle-alert", ""),
    "dispute.answer_refused": (_("The gateway did not take our answer"), "circle-x", "bad"),
    "dispute.needs_response": (_("An answer is wanted again"), "triangle-alert", "bad"),
    "dispute.under_review": (_("The bank decides"), "hourglass", "wait"),
    "dispute.won": (_("Dispute won"), "circle-check", "good"),
    "dispute.lost": (_("Dispute lost, the money was taken back"), "circle-x", "bad"),
    "checkout.started": (_("Payment page opened"), "external-link", ""),
    "payment.placed": (_("Money given to its owner"), "circle-check", "good"),
    "proof.submitted": (_("Proof of transfer sent"), "upload", ""),
    "proof.accepted": (_("Proof of transfer confirmed"), "circle-check", "good"),
    "proof.rejected": (_("Proof of transfer rejected"), "circle-x", "bad"),
    "bank_line.recognised": (_("Found on a statement"), "landmark", "good"),
    "bank_line.reopened": (_("Match undone"), "rotate-cw", "warn"),
    "credit_note.issued": (_("Credit note issued"), "file-minus-2", ""),
    "credit_note.drafted": (_("Credit note drawn up"), "pencil", ""),
    "credit_note.edited": (_("Credit note changed"), "pencil", ""),
    "credit_note.proposed": (_("Credit note submitted"), "send", ""),
    "credit_note.rejected": (_("Credit note rejected"), "circle-x", "bad"),
    "credit_note.returned": (_("Credit note is a draft again"), "rotate-cw", ""),
    "credit_note.voided": (_("Credit note voided"), "ban", ""),
    "approval.asked": (_("Approval asked for"), "hourglass", "wait"),
    "approval.approved": (_("Approved"), "circle-check", "good"),
    "approval.rejected": (_("Rejected"), "circle-x", "bad"),
    "approval.withdrawn": (_("Request withdrawn"), "minus", ""),
    "approval.outdated": (_("Request overtaken"), "repeat", ""),
    "invoice.written_off": (_("Invoice written off"), "minus", "warn"),
    "dunning.stopped": (_("Dunning stopped"), "ban", ""),
    "quote.accepted": (_("Offer accepted"), "check", ""),
    "role.limits_set": (_("Limits of a role set"), "user-round", ""),
    "customer.created": (_("Customer created"), "building-2", ""),
    "customer.delivery_chosen": (_("Way of invoices chosen"), "send", ""),
    "customer.details_changed": (_("Billing details changed"), "pencil", ""),
    "customer.parked": (_("Customer parked"), "pause", "bad"),
    "customer.released": (_("Customer released"), "play", "good"),
    "customer.noted": (_("Note written"), "message-square-text", ""),
    "message.resent": (_("Mail sent again"), "mail", ""),
    "method.added": (_("Method stored"), "credit-card", ""),
    "method.chosen": (_("Default method chosen"), "credit-card", ""),
    "method.removed": (_("Method removed"), "credit-card", ""),
    "dunning.reminded": (_("Reminded"), "mail", ""),
    "dunning.advanced": (_("Step of the ladder"), "triangle-alert", "warn"),
    "dunning.exhausted": (_("Ladder done"), "lock", "bad"),
    "dunning.suspended": (_("Suspended for its debt"), "lock", "bad"),
    "dunning.paused": (_("Dunning paused"), "pause", ""),
    "dunning.resumed": (_("Dunning goes on"), "play", ""),
    "created": (_("Created"), "plus", ""),
    "edited": (_("Collection changed"), "pencil", ""),
    "offered": (_("Offered"), "send", ""),
    "trial_started": (_("Trial began"), "hourglass", ""),
    "trial_extended": (_("Trial extended"), "hourglass", ""),
    "trial_ended": (_("Trial ended"), "hourglass", ""),
    "trial_ended_unpaid": (_("Trial ended, payment awaited"), "hourglass", "warn"),
    "trial_ended_paused": (_("Trial ended without a method"), "pause", "warn"),
    "activated": (_("Activated"), "circle-check", "good"),
    "expired": (_("Expired"), "clock", ""),
    "changed": (_("Items changed"), "layers", ""),
    "change_scheduled": (_("Change scheduled"), "calendar-clock", ""),
    "change_canceled": (_("Scheduled change canceled"), "x", ""),
    "renewed": (_("Renewed"), "repeat", ""),
    "fell_past_due": (_("Fell past due"), "triangle-alert", "bad"),
    "settled": (_("Settled"), "circle-check", "good"),
    "suspended": (_("Suspended"), "lock", "bad"),
    "pause_scheduled": (_("Pause scheduled"), "calendar-clock", ""),
    "pause_canceled": (_("Pause canceled"), "x", ""),
    "paused": (_("Paused"), "pause", ""),
    "resumed": (_("Resumed"), "play", "good"),
    "cancellation_scheduled": (_("Cancellation scheduled"), "calendar-clock", "warn"),
    "cancellation_undone": (_("Cancellation undone"), "rotate-cw", "good"),
    "access_extended": (_("Access extended"), "clock", ""),
    "canceled": (_("Canceled"), "ban", ""),
    "given_up": (_("Given up"), "ban", "bad"),
    "resubscribed": (_("Resubscribed"), "repeat", "good"),
}
WHO = {"system": _("by itself"), "gateway": _("gateway"), "operator": _("command line"), "customer": _("customer")}
TRIGGERS = {
    "schedule": _("Renewal"),
    "dunning": _("Retry"),
    "customer": _("Customer"),
    "new_method": _("New method"),
    "staff": _("Staff"),
    "first_purchase": _("First purchase"),
}


def deed_word(deed: str) -> str:
    return _found(deed)[0]


def who(actor: str) -> str:
    """`staff:Halima Bello` is Halima Bello; what no person did says so."""
    kind, _colon, name = actor.partition(":")
    if kind == "staff" or not name:
        return name or actor
    return f"{name} ({gettext(WHO[kind])})" if kind in WHO else name


def trigger_word(trigger: str) -> str:
    return gettext(TRIGGERS[trigger])


def code_words(attempt: Any) -> str:
    """Why an attempt ended as it did: the bank's words and code, or what we know of it."""
    said, code = attempt.reason or (attempt.decline or "").replace("_", " "), attempt.decline_code or ""
    is_news = code and said.lower().strip(".").replace(" ", "_") != code
    return f"{said} ({code})" if is_news and said else said or code


def by_day(rows: Iterable[Any]) -> list[tuple[str, list[Entry]]]:
    """Rows of activity (at, kind, name, who, note, status), the latest first, under their days."""
    return _days(rows, _entry)


def deeds_by_day(rows: Iterable[Any]) -> list[tuple[str, list[Entry]]]:
    """Deeds alone, the latest first, under their days."""
    return _days(rows, _deed)


def history_by_day(changes: Iterable[Any]) -> list[tuple[str, list[Entry]]]:
    """The history of a subscription, the latest first, under its days."""
    return _days(changes, _change)


def _days(rows: Iterable[Any], told: Callable[[Any], Entry]) -> list[tuple[str, list[Entry]]]:
    return [
        (written().day_long(on), [told(row) for row in group])
        for on, group in groupby(rows, lambda row: day_of(row.at))
    ]


def _change(row: Any) -> Entry:
    word, glyph, tone = _found(row.event)
    moved = ""
    if row.from_status and row.from_status != row.to_status:
        before, after = (status_word(status, "subscription") for status in (row.from_status, row.to_status))
        moved = f"{before} → {after}"
    text = ", ".join(filter(None, [moved, row.reason, who(row.actor)]))
    return glyph, tone, word, text, _time(row.at)


def _entry(row: Any) -> Entry:
    if row.kind == "mail":
        look = look_of("message", row.status)
        text = f"{status_word(row.status, 'message')}, {row.who}"
        tone = "" if look.tone in ("idle", "good") else look.tone
        return "mail", tone, row.note or mail_word(row.name), text, _time(row.at)
    return _deed(row)


def _deed(row: Any) -> Entry:
    word, glyph, tone = _found(row.name)
    return glyph, tone, word, ", ".join(filter(None, [row.note, who(row.who)])), _time(row.at)


def mail_word(template: str) -> str:
    """A template's name as a label, for mails that have no subject yet."""
    return template.replace(".", " ").replace("_", " ").capitalize()


def _found(deed: str) -> tuple[str, str, str]:
    """Word, glyph and tone; what nobody named is read off its name."""
    known = DEEDS.get(deed) or DEEDS.get(deed.removeprefix("subscription."))
    if known is None:
        return deed.replace(".", " ").replace("_", " ").capitalize(), "circle-dot", ""
    return gettext(known[0]), known[1], known[2]


def _time(at: datetime) -> str:
    return written().time(at)
