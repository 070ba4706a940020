"""The faces of who pays late: what to pay, by when, what happens otherwise, and the ladder with today on it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from portal.core.money import Money
from portal.dunning.policy import LastStep
from portal.payments.states import AttemptStatus
from portal.reporting.standing import Held, Owed
from portal.web.account import words
from portal.web.account.face import Face, another_card, pay_acts
from portal.web.charts import Step
from portal.web.filters import day_said, written
from portal.web.wording import gettext as _
from portal.web.wording import ngettext


def past_due(held: Held, today: date) -> Face:
    """Late, still served. The date is that of the consequence, and today is never it."""
    owed = held.owed[0]
    total = Money.total((one.invoice.open for one in held.owed), owed.invoice.currency)
    climb = owed.climb
    headline = _("Pay %(sum)s", sum=written().money(total))
    lead, note = reason(owed), ""
    if climb is not None:
        ends_on = max(climb.ends_on, today + timedelta(days=1))
        said = day_said(ends_on)
        last_on = day_said(ends_on - timedelta(days=1))
        if owed.last_step is not LastStep.KEEP_PAST_DUE:
            headline = _("Pay %(sum)s by %(day)s", sum=written().money(total), day=last_on)
        lead = f"{lead} {_consequence(owed, said)}".strip()
        note = _next_tries(owed, today)
    acts = (*pay_acts(owed.invoice, several=len(held.owed) > 1), *another_card())
    face = Face(plan="", status="", headline=headline, lead=lead, note=note, is_alarm=True, acts=acts)
    if climb is None:
        return face
    return replace(face, ladder=_ladder(owed), ladder_day=(today - climb.began_on).days)


def suspended(held: Held) -> Face:
    """Not served; released by payment."""
    owed = held.owed[0] if held.owed else None
    if owed is None:
        lead = _("Your service is stopped. Please ask us why.")
        return Face(plan="", status="", headline=_("Your service is stopped"), lead=lead, is_alarm=True)
    total = Money.total((one.invoice.open for one in held.owed), owed.invoice.currency)
    headline = _("Pay %(sum)s and it runs again", sum=written().money(total))
    lead = _("Your service is stopped because of unpaid invoices. It is back within a minute of your payment.")
    note = ""
    if owed.climb is not None and owed.climb.gives_up_on is not None:
        note = _("Without a payment it ends on %(day)s.", day=day_said(owed.climb.gives_up_on))
    acts = (*pay_acts(owed.invoice, several=len(held.owed) > 1), *another_card())
    return Face(plan="", status="", headline=headline, lead=lead, note=note, is_alarm=True, acts=acts)


def reason(owed: Owed) -> str:
    """Why the last try brought nothing."""
    attempt = owed.attempt
    if attempt is None or attempt.status is not AttemptStatus.DECLINED:
        return ""
    return words.decline_said(attempt.decline) or _("The payment did not go through.")


def _consequence(owed: Owed, day: str) -> str:
    if owed.last_step is LastStep.SUSPEND:
        return _("Everything keeps working until %(day)s. Then it stops, and one payment brings it back.", day=day)
    if owed.last_step is LastStep.CANCEL:
        return _("Everything keeps working until %(day)s. Then your subscription ends.", day=day)
    return _("Everything keeps working.")


def _next_tries(owed: Owed, today: date) -> str:
    climb = owed.climb
    if climb is None or owed.is_hard:
        return _("We do not try this card again. Please pay with another one.") if climb is not None else ""
    days = [climb.began_on + timedelta(days=day) for day in climb.days[climb.taken :]]
    coming = [day_said(on) for on in days if on >= today]
    if not coming:
        return ""
    listed = f" {_('and')} ".join([", ".join(coming[:-1]), coming[-1]] if coming[1:] else coming)
    return _("We try the card again on %(days)s. If you pay before, we do not.", days=listed)


def _ladder(owed: Owed) -> tuple[Step, ...]:
    climb = owed.climb
    if climb is None:
        return ()
    steps = [Step(0, "fail", _("Failed"), written().day_short(climb.began_on))]
    for place, day in enumerate(climb.days):
        state = "fail" if place < climb.taken else "next" if place == climb.taken and not owed.is_hard else "plan"
        on = written().day_short(climb.began_on + timedelta(days=day))
        steps.append(Step(day, state, ngettext("Day %(n)s", "Day %(n)s", day, n=day), on))
    return tuple(steps)
