"""The JSON objects of Paystack, written from the twin's records."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from portal.twins.paystack.ledger import Authorization, Customer, Dispute, Ledger, Refund, Transaction

DOMAIN = "test"
Shape = dict[str, Any]


def customer(row: Customer) -> Shape:
    return {
        "id": row.id,
        "first_name": row.first_name,
        "last_name": row.last_name,
        "email": row.email,
        "customer_code": row.code,
        "phone": row.phone,
        "metadata": row.metadata,
        "risk_action": "default",
        "international_format_phone": None,
    }


def customer_alone(row: Customer) -> Shape:
    return customer(row) | {
        "integration": row.integration,
        "domain": DOMAIN,
        "identified": False,
        "identifications": None,
        "createdAt": row.created_at,
        "updatedAt": row.created_at,
    }


def customer_whole(ledger: Ledger, row: Customer) -> Shape:
    own = [one for one in ledger.authorizations.values() if one.customer == row.id and one.is_active]
    return customer_alone(row) | {
        "transactions": [],
        "subscriptions": [],
        "authorizations": [authorization(one) for one in own],
        "dedicated_account": None,
        "dedicated_accounts": [],
        "total_transactions": sum(1 for one in ledger.transactions.values() if one.customer == row.id),
        "total_transaction_value": [],
    }


def authorization(row: Authorization | None) -> Shape:
    if row is None:
        return {}
    return {
        "authorization_code": row.code,
        "bin": row.pan[:6],
        "last4": row.last4,
        "exp_month": row.exp_month,
        "exp_year": row.exp_year,
        "channel": "card",
        "card_type": row.brand + " ",
        "bank": row.bank,
        "country_code": "NG",
        "brand": row.brand,
        "reusable": True,
        "signature": row.signature,
        "account_name": None,
    }


def log(row: Transaction) -> Shape:
    began = int(datetime.fromisoformat(row.created_at).timestamp())
    is_paid = row.status == "success"
    history = [{"type": "success", "message": "Successfully paid with card", "time": 2}] if is_paid else []
    return {
        "start_time": began,
        "time_spent": 2,
        "attempts": max(row.attempts, 1),
        "errors": 0 if is_paid else row.attempts,
        "success": is_paid,
        "mobile": False,
        "input": [],
        "history": history,
    }


def charged(ledger: Ledger, row: Transaction) -> Shape:
    """The answer to a charge: as the sample has it, without what only a look-up tells."""
    return {
        "amount": row.amount,
        "currency": row.currency,
        "transaction_date": row.created_at,
        "status": row.status,
        "reference": row.reference,
        "domain": DOMAIN,
        "metadata": row.metadata,
        "gateway_response": row.gateway_response,
        **_codes(row),
        "message": row.message,
        "channel": "card",
        "ip_address": None,
        "log": None,
        "fees": row.fees,
        "authorization": authorization(ledger.authorizations.get(row.authorization)),
        "customer": customer(ledger.customers[row.customer]),
        "plan": None,
        "id": row.id,
    }


def transaction(ledger: Ledger, row: Transaction) -> Shape:
    """A transaction as a look-up tells it."""
    return charged(ledger, row) | {
        "receipt_number": None,
        "ip_address": "127.0.0.1",
        "log": log(row),
        "fees_split": None,
        "paid_at": row.paid_at,
        "paidAt": row.paid_at,
        "created_at": row.created_at,
        "createdAt": row.created_at,
        "requested_amount": row.amount,
        "split": {},
        "order_id": None,
        "pos_transaction_data": None,
        "source": None,
        "fees_breakdown": None,
        "connect": None,
        "plan_object": {},
        "subaccount": {},
    }


def announced(ledger: Ledger, row: Transaction) -> Shape:
    """A transaction as news tell it."""
    told = transaction(ledger, row)
    for name in ("receipt_number", "transaction_date", "plan_object", "connect"):
        del told[name]
    entry = "charge" if row.kind == "charge" else "transaction_initialize"
    source = {"type": "api", "source": "merchant_api", "entry_point": entry, "identifier": None}
    return told | {"log": None, "plan": {}, "source": source}


def _codes(row: Transaction) -> Mapping[str, str]:
    if not row.code:
        return {}
    return {"gateway_response_code": row.code, "response_code": row.response_code}


def refund(row: Refund) -> Shape:
    return {
        "integration": row.integration,
        "transaction": row.transaction,
        "dispute": row.dispute,
        "settlement": None,
        "id": row.id,
        "domain": DOMAIN,
        "currency": row.currency,
        "amount": row.amount,
        "status": row.status,
        "refunded_at": row.refunded_at,
        "refunded_by": "owner@twin.example",
        "customer_note": row.customer_note,
        "merchant_note": row.merchant_note,
        "deducted_amount": row.amount if row.status == "processed" else 0,
        "fully_deducted": row.status == "processed",
        "channel": None,
        "bank_reference": None,
        "reason": "",
        "expected_at": row.created_at,
        "createdAt": row.created_at,
        "updatedAt": row.updated_at,
    }


def refund_created(ledger: Ledger, row: Refund) -> Shape:
    about = ledger.transactions[row.transaction]
    names = ("id", "domain", "reference", "amount", "paid_at", "channel", "currency")
    told = transaction(ledger, about)
    inner = {name: told[name] for name in names}
    empty = {"authorization": {}, "customer": {}, "plan": {}, "subaccount": {"currency": None}, "split": {}}
    return refund(row) | {"transaction": inner | empty | {"order_id": None}}


def refund_announced(ledger: Ledger, row: Refund) -> Shape:
    about = ledger.transactions[row.transaction]
    payer = ledger.customers[about.customer]
    return {
        "id": row.id,
        "status": row.status,
        "transaction_reference": about.reference,
        "refund_reference": row.reference,
        "amount": str(row.amount),
        "currency": row.currency,
        "processor": "twin",
        "customer": {"first_name": payer.first_name, "last_name": payer.last_name, "email": payer.email},
        "integration": row.integration,
        "domain": DOMAIN,
        "customer_note": row.customer_note,
        "merchant_note": row.merchant_note,
    }


def dispute(ledger: Ledger, row: Dispute) -> Shape:
    about = ledger.transactions[row.transaction]
    return {
        "id": row.id,
        "refund_amount": row.refund_amount,
        "currency": row.currency,
        "status": row.status,
        "resolution": row.resolution,
        "domain": DOMAIN,
        "transaction": transaction(ledger, about),
        "transaction_reference": about.reference,
        "category": row.category,
        "customer": customer(ledger.customers[about.customer]),
        "bin": about.pan[:6] or None,
        "last4": about.pan[-4:] or None,
        "dueAt": row.due_at,
        "resolvedAt": row.resolved_at,
        "evidence": row.evidence,
        "attachments": row.filename,
        "note": None,
        "history": row.history,
        "messages": row.messages,
        "createdAt": row.created_at,
        "updatedAt": row.updated_at or row.created_at,
    }
