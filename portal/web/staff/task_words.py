"""Open tasks as staff read them: what happened, to whom, and where to go to deal with it."""

from dataclasses import dataclass
from typing import Any

from flask import url_for

from portal.core.money import Money
from portal.web.filters import written
from portal.web.wording import gettext


def _(word: str) -> str:
    """Marks a word for the catalogues."""
    return word


@dataclass(frozen=True, slots=True)
class Kind:
    """`word` says one of its kind, `many` what a number of them is of."""

    word: str
    many: str
    glyph: str
    tone: str


KINDS: dict[str, Kind] = {
    "customer_parked": Kind(_("Customer parked"), _("customers are parked"), "pause", "bad"),
    "run_held": Kind(_("Billing run held"), _("runs are held"), "ban", "bad"),
    "attempt_in_doubt": Kind(_("Outcome not known"), _("charges are in doubt"), "circle-help", "wait"),
    "charge_refused": Kind(_("Gateway refused a charge"), _("charges were refused"), "circle-x", "bad"),
    "gateway_refused": Kind(_("Gateway account stopped"), _("gateway accounts are stopped"), "ban", "bad"),
    "payment_differs": Kind(_("Payment differs from what was asked"), _("payments differ"), "triangle-alert", "warn"),
    "money_without_debt": Kind(_("Money without a debt"), _("payments without a debt"), "landmark", "warn"),
    "difference": Kind(_("Differs from the gateway"), _("differences to the gateway"), "columns-3", "warn"),
    "refund_by_hand": Kind(_("Refund to be transferred"), _("refunds to be transferred"), "landmark", "wait"),
    "refund_needs_details": Kind(_("Refund needs bank details"), _("refunds need bank details"), "landmark", "warn"),
    "refund_in_doubt": Kind(_("Refund in doubt"), _("refunds are in doubt"), "circle-help", "wait"),
    "refund_failed": Kind(_("Refund failed"), _("refunds failed"), "circle-x", "bad"),
    "refund_differs": Kind(_("Refund differs at the gateway"), _("refunds differ"), "triangle-alert", "bad"),
    "refund_found": Kind(_("Refunded without us"), _("refunds were made without us"), "triangle-alert", "warn"),
    "surplus_spent": Kind(_("Reversed money was spent"), _("reversals are not covered"), "triangle-alert", "bad"),
    "false_news": Kind(_("News that the gateway denies"), _("pieces of news were false"), "shield-check", "bad"),
    "dispute_open": Kind(_("Payment disputed"), _("disputes wait for an answer"), "triangle-alert", "bad"),
    "dispute_not_covered": Kind(_("More was taken back than was left"), _("chargebacks are not covered"), "ban", "bad"),
    "settlement_contradicted": Kind(
        _("The gateway contradicts what is booked"), _("bookings are contradicted"), "triangle-alert", "bad"
    ),
    "paid_change_not_made": Kind(_("Paid change was not made"), _("paid changes wait"), "repeat", "bad"),
    "money_unmatched": Kind(_("Money without an owner"), _("amounts wait for their owner"), "landmark", "warn"),
    "transfer_proof": Kind(_("Proof of transfer"), _("proofs of transfer wait"), "upload", "warn"),
    "bank_line_stuck": Kind(_("Line of a statement not booked"), _("lines of statements are stuck"), "landmark", "bad"),
    "statement_lost": Kind(_("Statement not imported"), _("statements were not imported"), "landmark", "bad"),
    "document.failed": Kind(_("Document failed"), _("documents failed"), "file-text", "warn"),
    "document.differs": Kind(_("Document differs"), _("documents differ"), "file-text", "bad"),
    "message.failed": Kind(_("Mail failed"), _("mails failed"), "mail-x", "warn"),
    "message.doubtful": Kind(_("Mail perhaps not sent"), _("mails are in doubt"), "mail-x", "warn"),
    "approval_waiting": Kind(
        _("Waits for a second person"), _("requests wait for a second person"), "shield-check", "wait"
    ),
    "clock_stuck": Kind(_("Clock stands still"), _("clock stands still"), "clock", "warn"),
}
OTHER = Kind(_("To look at"), _("other tasks"), "circle-dot", "warn")


@dataclass(frozen=True, slots=True)
class Shown:
    """An open task in a row: a title, a second line, and its address."""

    glyph: str
    tone: str
    title: str
    text: str
    href: str
    opened_at: Any


def kind_of(name: str) -> Kind:
    return KINDS.get(name, OTHER)


def shown(task: Any) -> Shown:
    """`task` has kind, subject, facts, opened_at, and its customer's name and ref where there is one."""
    kind = kind_of(task.kind)
    title = gettext(kind.word)
    if task.customer:
        title = f"{title}: {task.customer}"
    return Shown(kind.glyph, kind.tone, title, _text(task), _address(task), task.opened_at)


def _text(task: Any) -> str:
    facts: dict[str, Any] = task.facts
    if task.kind == "approval_waiting":
        return written().money(Money(int(facts["amount_minor"]), str(facts["currency"])))
    if "rest_minor" in facts:
        return written().money(Money(int(facts["rest_minor"]), str(facts["currency"])))
    said = facts.get("reason") or facts.get("reasons") or facts.get("differs") or task.subject
    if isinstance(said, list):
        said = ", ".join(str(each).replace("_", " ") for each in said)
    return str(said)


def _address(task: Any) -> str:
    subject = str(task.subject)
    if subject.startswith("at-"):
        return url_for("staff_payments.show_attempt", reference=subject)
    if subject.startswith("dif_"):
        return url_for("staff_reconciliation.list_differences", q=subject)
    if subject.startswith("apr_"):
        return url_for("staff_approvals.show_approval", ref=subject)
    if subject.startswith("rfd_"):
        return url_for("staff_refunds.show_refund", ref=subject)
    if subject.startswith("dsp_"):
        return url_for("staff_disputes.show_dispute", ref=subject)
    if subject.startswith("pay_"):
        return url_for("staff_payments.show_payment", ref=subject)
    if subject.startswith("inv_"):
        return url_for("staff_invoices.show_invoice", ref=subject.partition("/")[0])
    if subject.startswith("tp_") or task.kind == "money_unmatched":
        return f"/billing/money-inbox?item={subject}"
    if subject.startswith("run_"):
        return f"/billing/runs/{subject}"
    if task.customer_ref:
        return url_for("staff_customers.show_customer", ref=task.customer_ref)
    return "/billing/health"
