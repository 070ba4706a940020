"""How every status of every noun looks: a word, a glyph and a tone. Colour is for exceptions."""

from dataclasses import dataclass
from typing import Any

from portal.web.wording import gettext


@dataclass(frozen=True, slots=True)
class Look:
    """`word` is English and translated when shown; `tone` is good, idle, bad, warn or wait."""

    word: str
    glyph: str
    tone: str


def _(word: str) -> str:
    """Marks a word for the catalogues, which are only asked when a page is drawn."""
    return word


_ACTIVE = Look(_("Active"), "circle-check", "good")
_DRAFT = Look(_("Draft"), "circle-dashed", "idle")
_PENDING = Look(_("Pending"), "hourglass", "wait")
_CANCELED = Look(_("Canceled"), "ban", "idle")
_EXPIRED = Look(_("Expired"), "clock", "idle")
_PAUSED = Look(_("Paused"), "pause", "idle")
_UNKNOWN = Look(_("Unknown"), "circle-help", "wait")
_FAILED = Look(_("Failed"), "circle-x", "bad")
_SENDING = Look(_("Sending"), "send", "wait")
_WAITING = Look(_("Waiting"), "clock", "idle")
_REJECTED = Look(_("Rejected"), "circle-x", "bad")
_ACCEPTED = Look(_("Accepted"), "circle-check", "good")
_SUPERSEDED = Look(_("Superseded"), "repeat", "idle")
_OPEN = Look(_("Open"), "circle-dot", "idle")
_APPROVED = Look(_("Approved"), "circle-check", "good")
_OVERDUE = Look(_("Overdue"), "triangle-alert", "bad")

LOOKS: dict[str, dict[str, Look]] = {
    "bank_account": {
        "proposed": Look(_("Waits for approval"), "hourglass", "wait"),
        "open": Look(_("Open"), "circle-check", "good"),
        "rejected": _REJECTED,
        "closed": Look(_("Closed"), "ban", "idle"),
    },
    "print_run": {
        "printing": Look(_("Printing"), "hourglass", "wait"),
        "printed": Look(_("Printed"), "circle-check", "good"),
    },
    "subscription": {
        "draft": _DRAFT,
        "pending": _PENDING,
        "trialing": Look(_("In trial"), "clock", "wait"),
        "active": _ACTIVE,
        "past_due": Look(_("Past due"), "triangle-alert", "bad"),
        "suspended": Look(_("Suspended"), "lock", "bad"),
        "paused": _PAUSED,
        "canceled": _CANCELED,
        "expired": _EXPIRED,
        "ending": Look(_("Ends soon"), "calendar-clock", "warn"),
    },
    "access": {
        "granted": Look(_("Served"), "circle-check", "good"),
        "grace": Look(_("In grace"), "clock", "warn"),
        "withheld": Look(_("Not served"), "lock", "bad"),
    },
    "invoice": {
        "draft": _DRAFT,
        "issued": _OPEN,
        "open": _OPEN,
        "paid": Look(_("Paid"), "circle-check", "good"),
        "void": Look(_("Void"), "ban", "idle"),
        "written_off": Look(_("Written off"), "minus", "idle"),
        "overdue": _OVERDUE,
        "partly_paid": Look(_("Partly paid"), "circle-dot", "warn"),
        "disputed": Look(_("Disputed"), "message-square-text", "warn"),
        "credited": Look(_("Credited"), "file-minus-2", "idle"),
    },
    "attempt": {
        "waiting": _WAITING,
        "scheduled": Look(_("Scheduled"), "calendar-clock", "idle"),
        "sending": _SENDING,
        "pending": _PENDING,
        "action_required": Look(_("Action needed"), "user-round", "warn"),
        "unknown": _UNKNOWN,
        "succeeded": Look(_("Succeeded"), "circle-check", "good"),
        "declined": Look(_("Declined"), "circle-x", "bad"),
        "canceled": _CANCELED,
        "expired": _EXPIRED,
        "superseded": _SUPERSEDED,
    },
    "payment": {
        "booked": Look(_("Booked"), "circle-check", "good"),
        "reversed": Look(_("Reversed"), "rotate-cw", "bad"),
        "refunded": Look(_("Refunded"), "file-minus-2", "idle"),
        "partly_refunded": Look(_("Partly refunded"), "file-minus-2", "idle"),
    },
    "method": {
        "active": Look(_("Valid"), "circle-check", "good"),
        "valid": Look(_("Valid"), "circle-check", "good"),
        "expiring": Look(_("Card expiring"), "clock", "warn"),
        "expired": Look(_("Card expired"), "triangle-alert", "bad"),
        "failing": Look(_("Needs check"), "triangle-alert", "warn"),
        "removed": Look(_("Removed"), "ban", "idle"),
        "none": Look(_("No method"), "triangle-alert", "warn"),
    },
    "dunning": {
        "open": Look(_("In dunning"), "triangle-alert", "bad"),
        "paused": _PAUSED,
        "promised": Look(_("Promised"), "hand-coins", "wait"),
        "recovered": Look(_("Recovered"), "circle-check", "good"),
        "exhausted": Look(_("Ladder done"), "lock", "bad"),
        "stopped": Look(_("Stopped"), "ban", "idle"),
    },
    "credit_note": {
        "draft": _DRAFT,
        "pending_approval": Look(_("Needs approval"), "hourglass", "wait"),
        "rejected": _REJECTED,
        "issued": Look(_("Issued"), "circle-check", "good"),
        "void": Look(_("Void"), "ban", "idle"),
    },
    "refund": {
        "requested": Look(_("Requested"), "circle-dot", "idle"),
        "approved": _APPROVED,
        "sending": _SENDING,
        "pending": _PENDING,
        "needs_attention": Look(_("Needs attention"), "triangle-alert", "warn"),
        "succeeded": Look(_("Refunded"), "circle-check", "good"),
        "failed": _FAILED,
        "canceled": _CANCELED,
        "unknown": _UNKNOWN,
    },
    "dispute": {
        "needs_response": Look(_("Needs an answer"), "triangle-alert", "bad"),
        "under_review": Look(_("Bank decides"), "hourglass", "wait"),
        "won": Look(_("Won"), "circle-check", "good"),
        "lost": Look(_("Lost"), "circle-x", "bad"),
    },
    "quote": {
        "offered": Look(_("Price held"), "clock", "wait"),
        "accepted": _ACCEPTED,
        "expired": _EXPIRED,
        "superseded": _SUPERSEDED,
    },
    "change": {
        "pending": Look(_("Scheduled"), "calendar-clock", "idle"),
        "executed": Look(_("Done"), "circle-check", "good"),
        "failed": _FAILED,
        "canceled": _CANCELED,
    },
    "run": {
        "planned": Look(_("Planned"), "calendar-clock", "idle"),
        "held": Look(_("Held"), "pause", "warn"),
        "running": Look(_("Running"), "play", "wait"),
        "finished": Look(_("Finished"), "circle-check", "good"),
        "finished_with_exceptions": Look(_("Finished, some left"), "triangle-alert", "warn"),
        "aborted": Look(_("Aborted"), "ban", "bad"),
    },
    "run_item": {
        "held": Look(_("Held"), "pause", "warn"),
        "released": Look(_("Released"), "play", "idle"),
        "rejected": _REJECTED,
        "parked": Look(_("Parked"), "pause", "bad"),
        "failed": _FAILED,
    },
    "news": {
        "received": Look(_("Received"), "inbox", "wait"),
        "processed": Look(_("Processed"), "circle-check", "good"),
        "ignored": Look(_("Ignored"), "minus", "idle"),
        "failed": _FAILED,
    },
    "message": {
        "queued": _WAITING,
        "sending": _SENDING,
        "sent": Look(_("Sent"), "send", "good"),
        "delivered": Look(_("Delivered"), "mail-check", "good"),
        "bounced": Look(_("Bounced"), "mail-x", "bad"),
        "suppressed": Look(_("Not sent"), "ban", "idle"),
        "failed": _FAILED,
    },
    "proof": {
        "submitted": Look(_("Being checked"), "hourglass", "wait"),
        "accepted": Look(_("Confirmed"), "circle-check", "good"),
        "rejected": Look(_("Not confirmed"), "circle-x", "bad"),
    },
    "statement": {
        "draft": _DRAFT,
        "running": Look(_("Being imported"), "play", "wait"),
        "finished": Look(_("Imported"), "circle-check", "good"),
        "abandoned": Look(_("Not imported"), "ban", "idle"),
    },
    "bank_line": {
        "read": Look(_("Read"), "hourglass", "wait"),
        "open": Look(_("No owner yet"), "circle-help", "warn"),
        "matched": Look(_("Matched"), "circle-check", "good"),
        "reversed": Look(_("Taken back"), "rotate-cw", "bad"),
        "ignored": Look(_("Ignored"), "minus", "idle"),
        "out": Look(_("Money out"), "arrow-up-right", "idle"),
    },
    "task": {
        "open": Look(_("Open"), "circle-dot", "warn"),
        "closed": Look(_("Done"), "circle-check", "good"),
        "done": Look(_("Done"), "circle-check", "good"),
    },
    "health": {
        "good": Look(_("Good"), "circle-check", "good"),
        "late": Look(_("Late"), "clock", "warn"),
        "bad": Look(_("Down"), "triangle-alert", "bad"),
        "unknown": _UNKNOWN,
        "on": Look(_("On"), "circle-check", "good"),
        "off": Look(_("Off"), "ban", "idle"),
    },
}


def look_of(noun: str, status: str) -> Look:
    """The look of a status; KeyError for one that nobody drew, which a test finds before a reader does."""
    return LOOKS[noun][str(status)]


def payment_state(payment: Any) -> str:
    """The state of a payment or of a row that has its status, amount and what went back, as a key of the looks."""
    if not payment.refunded_minor or str(payment.status) == "reversed":
        return str(payment.status)
    return "refunded" if payment.refunded_minor >= payment.amount_minor else "partly_refunded"


def status_word(status: str, noun: str) -> str:
    """The status as the reader calls it: `{{ invoice.status|status_word("invoice") }}`."""
    return gettext(look_of(noun, status).word)
