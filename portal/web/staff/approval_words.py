"""Requests for a second person in words: what is asked, where its subject is shown, and where its amount would go."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import url_for

from portal.actions._deeds import Change
from portal.core.money import Money
from portal.journal.accounts import Entry
from portal.web.filters import written
from portal.web.wording import gettext


def _(word: str) -> str:
    """Marks a word for the catalogues."""
    return word


DEEDS: dict[str, tuple[str, str]] = {
    "credit_note.issue": (_("Credit note"), "file-minus-2"),
    "credit_note.void": (_("Void a credit note"), "ban"),
    "invoice.void": (_("Void an invoice"), "ban"),
    "invoice.write_off": (_("Write off"), "minus"),
    "refund.send": (_("Refund"), "rotate-cw"),
    "payment.record": (_("Payment by hand"), "landmark"),
    "payment.reverse": (_("Reverse a payment"), "rotate-cw"),
    "bank_account.open": (_("Bank account"), "landmark"),
    "proof.accept": (_("Transfer proof"), "landmark"),
    "attempt.settle": (_("Settle a charge by evidence"), "circle-help"),
    "dispute.accept": (_("Accept a dispute"), "message-square-text"),
}
ACCOUNTS: dict[str, str] = {
    "receivable": _("Receivable"),
    "cash": _("Cash at the gateway"),
    "bank": _("Bank"),
    "customer_balance": _("Customer balance"),
    "deferred_revenue": _("Deferred revenue"),
    "revenue": _("Revenue"),
    "tax_payable": _("Tax payable"),
    "refunds_in_transit": _("Refunds in transit"),
    "unmatched_money": _("Unmatched money"),
    "gateway_fees": _("Gateway fees"),
    "bad_debt": _("Bad debt"),
    "goodwill": _("Goodwill"),
}
CHANGES: dict[str, str] = {
    "Open": _("Open"),
    "Paid": _("Paid"),
    "Credited": _("Credited"),
    "Written off": _("Written off"),
    "Balance": _("Balance"),
    "Refunded": _("Refunded"),
}
DECISIONS: dict[str, tuple[str, str, str]] = {
    "approved": ("good", "circle-check", _("Approved")),
    "rejected": ("bad", "circle-x", _("Rejected")),
    "withdrawn": ("idle", "minus", _("Withdrawn")),
    "outdated": ("idle", "repeat", _("Overtaken")),
}


@dataclass(frozen=True, slots=True)
class Move:
    """All that one pair of accounts would exchange."""

    debit: str
    credit: str
    amount: Money


def deed_word(deed: str) -> str:
    word = DEEDS.get(deed)
    return gettext(word[0]) if word else deed.replace("_", " ").replace(".", ": ").capitalize()


def deed_glyph(deed: str) -> str:
    return DEEDS[deed][1] if deed in DEEDS else "shield-check"


def subject_of(subject: str, facts: Mapping[str, Any]) -> tuple[str, str]:
    """The words that name the subject and the page that shows it, empty where no page does."""
    words = str(facts.get("number") or facts.get("reference") or subject)
    if subject.startswith("cn_"):
        return words, url_for("staff_credit_notes.show_note", ref=subject)
    if subject.startswith("inv_"):
        return words, url_for("staff_invoices.show_invoice", ref=subject)
    if subject.startswith("rfd_"):
        return words, url_for("staff_refunds.show_refund", ref=subject)
    if subject.startswith("dsp_"):
        return words, url_for("staff_disputes.show_dispute", ref=subject)
    if subject.startswith("bnk_"):
        return str(facts.get("name") or subject), url_for("staff_bank_accounts.list_accounts")
    if "wire" in facts:
        wire = facts["wire"]
        page = url_for("money_inbox.show_inbox", item=subject) if subject.startswith("tp_") else ""
        return str(wire["reference"] or wire["payer"] or wire["value_on"]), page
    if subject.startswith("pay_"):
        return words, url_for("staff_payments.show_payment", ref=subject)
    if subject.startswith("at-"):
        return words, url_for("staff_payments.show_attempt", reference=subject)
    return words, ""


def file_of(facts: Mapping[str, Any]) -> tuple[str, str]:
    """Under which name the file lies that was handed in with the request, and its type; empty without one."""
    proof = (facts.get("wire") or {}).get("proof")
    name, kind = (proof[0], proof[2]) if proof else (facts.get("proof_name"), facts.get("proof_type"))
    return str(name or ""), str(kind or "")


def transfer_of(facts: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What the statement says of the transfer that the request is about; nothing for any other."""
    wire = facts.get("wire")
    if not wire:
        return []
    return [
        (gettext("Value day"), written().day(date.fromisoformat(wire["value_on"]))),
        (gettext("Reference on the statement"), wire["reference"] or gettext("None")),
        (gettext("Payer"), wire["payer"] or gettext("Not said")),
        (gettext("Note"), wire["note"] or gettext("None")),
    ]


def decision_look(decision: str) -> tuple[str, str, str]:
    tone, glyph, word = DECISIONS[decision]
    return tone, glyph, gettext(word)


def moves(entries: Sequence[Entry]) -> list[Move]:
    """The postings summed by their two accounts, in the order in which they would be posted."""
    sums: dict[tuple[str, str], Money] = {}
    for entry in entries:
        key = (str(entry.debit), str(entry.credit))
        sums[key] = sums[key] + entry.amount if key in sums else entry.amount
    return [Move(account_word(debit), account_word(credit), amount) for (debit, credit), amount in sums.items()]


def account_word(account: str) -> str:
    return gettext(ACCOUNTS[account]) if account in ACCOUNTS else account


def changes(found: Sequence[Change]) -> list[tuple[str, Money, Money]]:
    return [(gettext(CHANGES.get(one.name, one.name)), one.before, one.after) for one in found]


def amount_said(minor: int, currency: str) -> str:
    return written().money(Money(minor, currency))
