"""What a face is made of: the values a page draws, and the acts that are offered on it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from flask import g, url_for

from portal.core.periods import Period
from portal.identity.permissions import Permission
from portal.invoicing.models import Invoice
from portal.reporting.standing import Held
from portal.web.charts import Step
from portal.web.filters import written
from portal.web.wording import gettext as _


@dataclass(frozen=True, slots=True)
class Act:
    """A button: a link, or a post with `fields`."""

    word: str
    path: str
    is_post: bool = False
    fields: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Rule:
    """A stretch of time with today on it; `label` says the same in words."""

    period: Period
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Face:
    """`plan` and `status` stand above the headline. `ladder` are its steps and today's day on it."""

    plan: str
    status: str
    headline: str
    lead: str = ""
    note: str = ""
    is_alarm: bool = False
    is_waiting: bool = False
    acts: tuple[Act, ...] = ()
    rule: Rule | None = None
    ladder: tuple[Step, ...] = ()
    ladder_day: int = 0


def may(permission: Permission) -> bool:
    """What somebody may not do is not offered."""
    return permission in g.permissions


def plain(headline: str, lead: str, acts: tuple[Act, ...], rule: Rule | None = None) -> Face:
    """A face without alarm; its plan and status are set by `face_of`."""
    return Face(plan="", status="", headline=headline, lead=lead, acts=acts, rule=rule)


def rule_of(period: Period | None, today: date) -> Rule | None:
    """The rule of a billing period."""
    if period is None:
        return None
    start, end = written().day_long(period.start), written().day_long(period.end)
    number = min(max((today - period.start).days + 1, 1), period.days)
    said = _(
        "Billing period %(start)s to %(end)s, today is day %(day)s of %(days)s.",
        start=start, end=end, day=number, days=period.days,
    )  # fmt: skip
    return Rule(period, said)


def manage(held: Held) -> Act:
    return Act(_("Manage"), url_for("account_subscriptions.show_subscription", ref=held.subscription.ref))


def change_act(held: Held) -> Act:
    return Act(_("Change plan"), url_for("account_plan.show_plan", subscription=held.subscription.ref))


def pay_acts(invoice: Invoice, *, several: bool = False) -> tuple[Act, ...]:
    """Where it is paid; nothing for who may not pay."""
    if not may(Permission.ACCOUNT_PAY):
        return ()
    path = url_for("account_invoices.show_invoices", state="open")
    return (Act(_("Pay now"), path if several else url_for("account_invoices.show_invoice", ref=invoice.ref)),)


def another_card() -> tuple[Act, ...]:
    if not may(Permission.ACCOUNT_PAY):
        return ()
    return (Act(_("Use another card"), url_for("account_payments.show_adding")),)
