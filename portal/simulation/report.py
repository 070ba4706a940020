"""The figures of a driven year, and whether the gateway's own log and ours tell the same."""

from __future__ import annotations

from typing import Any

import requests
from sqlalchemy import text
from sqlalchemy.orm import Session

_COUNTS = {
    "renewals": "SELECT count(*) FROM invoices WHERE kind = 'period' AND status <> 'void'",
    "invoices": "SELECT count(*) FROM invoices WHERE number IS NOT NULL",
    "charges": "SELECT count(*) FROM attempts WHERE kind = 'charge' AND sends > 0",
    "declines": "SELECT count(*) FROM attempts WHERE status = 'declined'",
    "payments": "SELECT count(*) FROM payments",
    "recoveries": "SELECT count(*) FROM dunning_cases WHERE status = 'recovered'",
    "suspensions": "SELECT count(*) FROM subscription_changes WHERE event = 'suspended'",
    "restorations": "SELECT count(*) FROM subscription_changes WHERE event = 'settled'",
    "upgrades_by_quote": (
        "SELECT count(*) FROM invoices i JOIN quotes q ON q.id = i.quote_id"
        " WHERE i.kind = 'change' AND i.status = 'paid' AND q.due_minor = i.total_minor"
    ),
    "mails": "SELECT count(*) FROM messages WHERE status IN ('sent', 'delivered')",
    "pdfs": "SELECT count(*) FROM documents WHERE digest IS NOT NULL",
    "runs": "SELECT count(*) FROM billing_runs",
    "webhooks": "SELECT count(*) FROM gateway_news",
    "open_tasks": "SELECT count(*) FROM tasks WHERE closed_at IS NULL",
}
_RETRIES = text(
    """
    SELECT (a.created_at AT TIME ZONE c.zone)::date - d.began_on AS day, count(*)
      FROM attempts a JOIN dunning_debts d ON d.invoice_id = a.invoice_id JOIN customers c ON c.id = a.customer_id
     WHERE a.trigger = 'dunning' GROUP BY 1 ORDER BY 1
    """
)
_STATES = text("SELECT status, count(*) FROM subscriptions GROUP BY 1 ORDER BY 1")
_BOOKED = text("SELECT a.reference, p.amount_minor, p.currency FROM payments p JOIN attempts a ON a.id = p.attempt_id")


def counts(session: Session) -> dict[str, Any]:
    """What happened, counted."""
    found: dict[str, Any] = {name: session.scalar(text(sql)) for name, sql in _COUNTS.items()}
    found["retries_by_day"] = {str(row.day): row.count for row in session.execute(_RETRIES)}
    found["subscriptions"] = {row.status: row.count for row in session.execute(_STATES)}
    return found


def gateway_differences(session: Session, twin_url: str) -> list[str]:
    """Every charge the gateway truly made is booked exactly once, and nothing else is."""
    entries = requests.get(f"{twin_url}/_twin/truth", timeout=60).json()["entries"]
    charged = [entry["reference"] for entry in entries if entry["deed"] == "charged"]
    booked = [row.reference for row in session.execute(_BOOKED)]
    wrong = [f"{one} was charged {charged.count(one)} times" for one in set(charged) if charged.count(one) > 1]
    wrong += [f"{one} was charged and is not booked" for one in set(charged) - set(booked)]
    return wrong + [f"{one} is booked and was not charged" for one in set(booked) - set(charged)]


def mail_differences(session: Session, mailbox_url: str) -> list[str]:
    """Every mail that was sent has arrived, once."""
    sent = session.scalar(text(_COUNTS["mails"]))
    arrived = requests.get(f"{mailbox_url}/api/messages", params={"limit": 1}, timeout=60).json()["total"]
    return [] if sent == arrived else [f"{sent} mails were sent and {arrived} have arrived"]
