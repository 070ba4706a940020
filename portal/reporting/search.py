"""One box for everything: what is exactly it, else who is called like it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from portal.banking import iban

MOST = 20
_NUMBER = re.compile(r"(INV|CN)-?(\d{4})-?0*(\d{1,9})", re.IGNORECASE)
_SERIES = {"INV": "invoice", "CN": "credit_note"}

_EXACT = text(
    """
    SELECT 'invoice' AS kind, ref FROM invoices WHERE series = :series AND number = :number
    UNION ALL SELECT 'invoice', ref FROM invoices WHERE ref = :words
    UNION ALL SELECT 'invoice', i.ref FROM credit_notes n JOIN invoices i ON i.id = n.invoice_id
               WHERE n.series = :series AND n.number = :number
    UNION ALL SELECT 'customer', ref FROM customers WHERE ref = :words OR external_id = :words
    UNION ALL SELECT 'customer', ref FROM (SELECT ref FROM customers WHERE lower(email) = lower(:words) LIMIT 2) m
    UNION ALL SELECT 'subscription', ref FROM subscriptions WHERE ref = :words
    UNION ALL SELECT 'invoice', ref FROM invoices WHERE payment_reference = :plain AND number IS NOT NULL
    UNION ALL SELECT 'payment', ref FROM payments WHERE ref = :words
    UNION ALL SELECT 'payment', p.ref FROM bank_receipts r JOIN payments p ON p.id = r.payment_id
               WHERE r.reference = :words AND r.reference <> ''
    UNION ALL SELECT 'attempt', reference FROM attempts WHERE reference = :words
    UNION ALL SELECT 'payment', p.ref FROM gateway_accounts g
               JOIN payments p ON p.gateway_account_id = g.id AND p.gateway_ref = :words
    UNION ALL SELECT 'attempt', a.reference FROM gateway_accounts g
               JOIN attempts a ON a.gateway_account_id = g.id AND a.gateway_ref = :words AND a.status <> 'succeeded'
    UNION ALL SELECT 'case', ref FROM dunning_cases WHERE ref = :words
    UNION ALL SELECT 'run', ref FROM billing_runs WHERE ref = :words
    LIMIT 5
    """
)
_ALIKE = text(
    """
    SELECT c.ref, c.name, c.email, c.external_id, c.country, c.parked_at,
           (SELECT count(*) FROM subscriptions s WHERE s.customer_id = c.id
               AND s.status IN ('pending', 'trialing', 'active', 'past_due', 'suspended', 'paused')) AS live
      FROM customers c
     WHERE lower(c.name) LIKE :pattern OR lower(c.email) LIKE :pattern
     ORDER BY lower(c.name) = lower(:words) DESC, similarity(lower(c.name), lower(:words)) DESC, c.id LIMIT :most
    """
)


@dataclass(frozen=True, slots=True)
class Found:
    """`kind`: invoice, customer, subscription, payment, attempt, case or run."""

    kind: str
    ref: str


def exactly(session: Session, words: str) -> list[Found]:
    """What bears exactly this number, reference, mail or id; two or more of it are for the reader to choose from."""
    number = _NUMBER.fullmatch(words)
    asked = {
        "words": words,
        "plain": iban.plain(words),
        "series": f"{_SERIES[number[1].upper()]}/{number[2]}" if number else "",
        "number": int(number[3]) if number else 0,
    }
    return list(dict.fromkeys(Found(row.kind, row.ref) for row in session.execute(_EXACT, asked)))


def alike(session: Session, words: str) -> list[Any]:
    """Customers whose name or mail contains the words, the most similar name first."""
    pattern = f"%{words.lower().replace('%', '').replace('_', ' ')}%"
    return list(session.execute(_ALIKE, {"pattern": pattern, "words": words, "most": MOST + 1}))
