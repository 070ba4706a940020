"""How cases, their steps and their tries are said to staff: labels, not sentences."""

import re
from datetime import date, datetime

from portal.core.days import day
from portal.dunning.policy import SOFT_DECLINE, LastStep
from portal.dunning.states import CaseStatus, PauseKind
from portal.payments.states import AttemptStatus
from portal.reporting.dunning_case import MAIL, CaseFile, Event, Try
from portal.reporting.dunning_rows import NextStep, Queued
from portal.web.charts import Step
from portal.web.filters import written
from portal.web.statuses import look_of, status_word
from portal.web.wording import gettext as _

SENT = {"queued": "off", "sending": "off", "sent": "sent", "delivered": "seen", "suppressed": "off"}
SOON = 30

_UNTIL = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2}): (.*)", re.DOTALL)


def next_word(step: NextStep) -> str:
    return {
        NextStep.TRY: _("Retry"),
        NextStep.MAIL: _("Reminder"),
        NextStep.SUSPEND: _("Suspension"),
        NextStep.CANCEL: _("Cancellation"),
        NextStep.WAKE: _("Goes on"),
        NextStep.NOTHING: _("Nothing more"),
    }[step]


def last_word(step: LastStep) -> str:
    """What the policy does when the ladder is used up, before its day."""
    return {
        LastStep.SUSPEND: _("Suspend"),
        LastStep.CANCEL: _("Cancel"),
        LastStep.KEEP_PAST_DUE: _("Keep past due"),
    }[step]


def state_of(status: CaseStatus, pause: PauseKind | None) -> str:
    """A key of the looks of cases."""
    return "promised" if pause is PauseKind.PROMISE else str(status)


def answer_words(decline: str, code: str) -> tuple[str, str]:
    """What the bank said, and whether that was final: ("Insufficient funds", "soft")."""
    if not decline:
        return "", ""
    said = code.replace("_", " ").capitalize() if code else _("Declined")
    return said, _("soft") if decline == SOFT_DECLINE else _("hard")


def mini(row: Queued) -> list[str]:
    """The marks of the small ladder: done, next, rest; all good once recovered."""
    if row.status is CaseStatus.RECOVERED:
        return ["good"] * 5
    is_acting = row.next_step in (NextStep.TRY, NextStep.MAIL)
    return ["done" if place < row.step else "next" if place == row.step and is_acting else "rest"
            for place in range(min(row.steps, 5))]  # fmt: skip


def method_state(method: tuple[str, str, date | None, bool] | None, on: date) -> tuple[str, str]:
    """A key of the looks of methods, and the card: ("expiring", "Visa 1126")."""
    if method is None:
        return "none", ""
    brand, last4, expires_on, is_refused = method
    said = f"{brand.title()} {last4}".strip()
    if is_refused:
        return "failing", said
    if expires_on is None or (expires_on - on).days > SOON:
        return "valid", said
    return "expired" if expires_on < on else "expiring", said


def ladder(file: CaseFile, today: date) -> tuple[list[Step], int, str]:
    """The steps at their true days, the days since it began, and the drawing in words."""
    climb = file.leading.climb
    is_push = file.leading.subscription is None or file.leading.subscription.collection != "pull"
    mails = _mails_by_day(file)
    steps = [_rung(0, "fail", _("Due") if is_push else _("Failed"), climb.began_on, mails, today)] if climb.days else []
    behind = climb.taken - bool(file.live and climb.taken)  # a step whose answer is still to come is not behind it
    for place, number in enumerate(climb.days):
        state = "fail" if place < behind else "next" if place == behind and file.is_standing else "plan"
        on = date.fromordinal(climb.began_on.toordinal() + number)
        steps.append(_rung(number, state, _("Day %(number)s", number=number), on, mails, today))
    paid_on = file.leading.debt.closed_at
    if file.case.status is CaseStatus.RECOVERED and paid_on is not None:
        on = day(paid_on, file.customer.zone)
        number = (on - climb.began_on).days
        steps = [step for step in steps if step.day < number or step.state != "plan"]
        steps = [step for step in steps if step.day != number or step.day == 0]
        steps.append(_rung(max(number, 1), "good", _("Paid"), on, mails, today))
    said = "; ".join(f"{step.word} {step.on}" for step in steps)
    return steps, (today - climb.began_on).days, _("Ladder: %(steps)s", steps=said)


def _rung(number: int, state: str, word: str, on: date, mails: dict[date, str], today: date) -> Step:
    planned = "off" if on >= today and state in ("next", "plan") else ""
    return Step(number, state, word, written().day_short(on), mails.get(on, planned))


def _mails_by_day(file: CaseFile) -> dict[date, str]:
    """How the last mail of each day fared."""
    mails = [event for event in reversed(file.events) if event.kind == MAIL]
    return {day(mail.at, file.customer.zone): SENT.get(mail.word, "bounce") for mail in mails}


def entry_of_try(one: Try) -> tuple[str, str, str, str]:
    """Glyph, tone, title and text of a try on the time line."""
    attempt = one.attempt
    look = look_of("attempt", attempt.status)
    title = f"{_('Payment page') if attempt.kind == 'payable' else _('Attempt')}: {_state(attempt.status)}"
    if attempt.status is AttemptStatus.DECLINED:
        said, weight = answer_words(attempt.decline or "", attempt.decline_code or "")
        answer = f"{_('Declined')}: {said}" if attempt.decline_code else _("Declined")
        title = f"{answer} ({weight})"
    method = f"{one.method.brand.title()} {one.method.last4}" if one.method else ""
    parts = [method, written().money(attempt.amount), one.invoice, attempt.reference]
    tone = "bad" if look.tone == "bad" else "good" if attempt.status is AttemptStatus.SUCCEEDED else look.tone
    return look.glyph, tone, title, ", ".join(part for part in parts if part)


def _state(status: AttemptStatus) -> str:
    return status_word(status, "attempt")


def entry_of_event(event: Event) -> tuple[str, str, str, str]:
    """Glyph, tone, title and text of a step or a mail on the time line."""
    if event.kind == MAIL:
        look = look_of("message", event.word)
        name = f"“{event.text}”" if event.text else event.template.replace("_", " ").capitalize()
        said = f"{name} {_said_of_mail(event.word)}"
        return (
            look.glyph,
            look.tone if look.tone != "idle" else "",
            said,
            ", ".join(filter(None, [event.who, event.note])),
        )
    glyph, tone, title = _step(event)
    by = _("by %(person)s", person=event.who) if event.who else ""
    text = f"“{event.text}”" if event.word in ("note", "call") else _rest_words(event)
    return glyph, tone, f"{title} {by}".strip(), text


def _said_of_mail(status: str) -> str:
    return {
        "queued": _("waits"),
        "sending": _("is being sent"),
        "sent": _("sent"),
        "delivered": _("delivered"),
        "bounced": _("bounced"),
        "suppressed": _("not sent"),
        "failed": _("failed"),
    }[status]


def _step(event: Event) -> tuple[str, str, str]:
    """Glyph, tone and title of what the case or a person did."""
    known = {
        "joined": ("triangle-alert", "bad", _("Overdue")),
        "tried": ("rotate-cw", "", _("Step %(number)s: retry", number=event.step)),
        "retried": ("rotate-cw", "", _("Retry")),
        "reminded": ("send", "", _("Step %(number)s: reminder", number=event.step)),
        "suspended": ("lock", "bad", _("Suspended")),
        "given_up": ("ban", "bad", _("Given up")),
        "exhausted": ("lock", "bad", _("Ladder done")),
        "promised": ("hand-coins", "wait", _("Promise to pay")),
        "paused": ("pause", "", _("Paused")),
        "resumed": ("play", "", _("Goes on")),
        "note": ("pencil", "", _("Note")),
        "call": ("phone", "", _("Call")),
        "owned": ("user-round", "", _("Owner")),
        "recovered": ("circle-check", "good", _("Recovered")),
        "stopped": ("ban", "", _("Stopped")),
    }
    return known.get(event.word, ("circle-dot", "", event.word.replace("_", " ").capitalize()))


def _rest_words(event: Event) -> str:
    """What was written to a step; of a rest "2026-11-27: Salaries first" with its day as people read it."""
    said = _UNTIL.fullmatch(event.text) if event.word in ("promised", "paused") else None
    return f"{written().day(date.fromisoformat(said[1]))}: {said[2]}" if said else event.text


def until_words(at: datetime | None) -> str:
    """A day for a column: today, or 21 Nov."""
    if at is None:
        return ""
    return written().day_short(at.astimezone(written().zone).date())
