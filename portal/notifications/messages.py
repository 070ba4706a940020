"""The one table of what is told to whom: topic, template, audience, paper. Everything else is silent by decision."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from portal.notifications import (
    letters_bank,
    letters_credits,
    letters_dunning,
    letters_invoices,
    letters_people,
    letters_proofs,
    letters_refunds,
    letters_subscriptions,
)
from portal.notifications.letters import Letter, Occasion


class Audience(StrEnum):
    CUSTOMER = "customer"  # the billing contact
    USER = "user"  # whom the event's sign-in link belongs to
    STAFF = "staff"  # those who keep the house running
    ADMINS = "admins"  # those who may change where money comes to


class Paper(StrEnum):
    BILL = "bill"
    RECEIPT = "receipt"


@dataclass(frozen=True, slots=True)
class Told:
    """How a topic is told. `subject` names the fact that the message is about.

    `repeatable`: may it be sent again when nobody knows whether it left? Not if it would confuse about money.
    `keys`: the facts that make it the same event for ever, where the outbox row alone does not.
    `only`: the sieve of `addressing` that events of the topic must pass.
    """

    template: str
    write: Callable[[Occasion], Letter]
    subject: str
    audience: Audience = Audience.CUSTOMER
    paper: Paper | None = None
    repeatable: bool = True
    keys: tuple[str, ...] = ()
    only: str = ""


_S, _I, _P = letters_subscriptions, letters_invoices, letters_people

TOLD: dict[str, Told] = {
    "invoice.issued": Told("invoice_issued", _I.invoice_issued, "invoice", paper=Paper.BILL, only="to_be_sent"),
    "invoice.reminded": Told("invoice_reminder", _I.invoice_reminder, "invoice", paper=Paper.BILL),
    "invoice.link_asked": Told("pay_link", _I.pay_link, "invoice", paper=Paper.BILL, keys=("invoice", "slot")),
    "invoice.paid": Told("receipt", _I.receipt, "invoice", paper=Paper.RECEIPT, repeatable=False),
    "payment.failed": Told("payment_failed", _I.payment_failed, "invoice", only="tried_by_schedule"),
    "payment.action_required": Told("action_required", _I.action_required, "attempt"),
    "payment.received": Told("payment_received", letters_bank.payment_received, "payment", repeatable=False),
    "credit_note.issued": Told("credit_note_issued", letters_credits.credit_note_issued, "note"),
    "refund.sent": Told("refund_sent", letters_refunds.refund_sent, "refund", repeatable=False),
    "refund.succeeded": Told("refund_succeeded", letters_refunds.refund_succeeded, "refund", repeatable=False),
    "dispute.opened": Told(
        "dispute_opened", letters_refunds.dispute_opened, "dispute", audience=Audience.STAFF, keys=("dispute",)
    ),
    "dunning.reminded": Told("dunning_reminder", letters_dunning.reminder, "case", repeatable=False),
    "subscription.started": Told("started", _S.started, "subscription"),
    "subscription.changed": Told("changed", _S.changed, "subscription"),
    "subscription.suspended": Told("suspended", _S.suspended, "subscription"),
    "subscription.restored": Told("restored", _S.restored, "subscription"),
    "subscription.paused": Told("paused", _S.paused, "subscription"),
    "subscription.resumed": Told("resumed", _S.resumed, "subscription"),
    "subscription.canceled": Told("canceled", _S.canceled, "subscription"),
    "subscription.cancellation_scheduled": Told("cancellation_scheduled", _S.cancellation_scheduled, "subscription"),
    "subscription.cancellation_undone": Told("cancellation_undone", _S.cancellation_undone, "subscription"),
    "subscription.expired": Told("expired", _S.expired, "subscription"),
    "subscription.trial_started": Told("trial_started", _S.trial_started, "subscription"),
    "subscription.trial_extended": Told("trial_extended", _S.trial_extended, "subscription"),
    "subscription.trial_ending": Told("trial_ending", _S.trial_ending, "subscription", keys=("subscription", "on")),
    "subscription.renewal_upcoming": Told(
        "renewal_upcoming", _S.renewal_upcoming, "subscription", keys=("subscription", "on")
    ),
    "proof.accepted": Told("proof_accepted", letters_proofs.proof_accepted, "proof"),
    "proof.rejected": Told("proof_rejected", letters_proofs.proof_rejected, "proof"),
    "method.added": Told("method_added", _P.method_added, "method"),
    "method.expiring": Told("method_expiring", _P.method_expiring, "method", keys=("method", "on")),
    "user.email_verification": Told("email_verification", _P.email_verification, "", audience=Audience.USER),
    "user.password_reset": Told("password_reset", _P.password_reset, "", audience=Audience.USER),
    "user.sign_up_repeated": Told("sign_up_repeated", _P.sign_up_repeated, "", audience=Audience.USER),
    "run.held": Told("run_held", _P.run_held, "run", audience=Audience.STAFF),
    "bank.account_changed": Told(
        "bank_account_changed", letters_bank.bank_account_changed, "account", audience=Audience.ADMINS
    ),
    "gateway.changed": Told("gateway_changed", _P.gateway_changed, "account", audience=Audience.ADMINS),
    "gateway.refused": Told("gateway_refused", _P.gateway_refused, "account", audience=Audience.STAFF),
}

SILENT = frozenset(
    {
        "invoice.written_off",  # nobody is asked for it any more
        "invoice.voided",  # nobody was asked for it any more: the page says so
        "payment.reversed",  # the reminder of the invoice that is open again says it
        "subscription.renewed",  # the invoice or its receipt says it
        "subscription.past_due",  # the failed payment says it
        "dunning.opened",  # the failed payment says it
        "dunning.recovered",  # the receipt says it
        "dunning.exhausted",  # the suspension says it
        "dunning.stopped",
        "quote.accepted",  # the page that follows says it
        "run.finished",  # staff see it where they started it
    }
)

BY_TEMPLATE: dict[str, Told] = {told.template: told for told in TOLD.values()}
