"""What is posted to a merchant when a payment moves: its fields, their signature, and the ways of writing them."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from portal.twins.ipaymu.ledger import Transaction
from portal.twins.ipaymu.shapes import local, session_id
from portal.twins.ipaymu.switches import Switches

FORM, JSON = "application/x-www-form-urlencoded", "application/json"
_TOLD = {1: ("berhasil", 1), 6: ("berhasil", 1), 7: ("berhasil", 1), 0: ("pending", 0), -2: ("expired", -2)}
Fields = dict[str, Any]


def fields_of(switches: Switches, row: Transaction, status: int | None = None) -> Fields:
    """The parameters of one callback; `status` if another than the transaction's own is told."""
    told = row.status if status is None else status
    word, code = _TOLD.get(told, ("gagal", told))
    sent: Fields = {
        "trx_id": row.id,
        "sid": row.sid if row.is_direct else session_id(switches, row.sid),
        "reference_id": row.reference,
        "status": word,
        "status_code": code,
        "sub_total": str(row.sub_total),
        "total": str(row.amount),
        "amount": str(row.amount),
        "fee": str(row.fee),
        "paid_off": row.amount - row.fee,
        "created_at": local(row.created_at),
        "expired_at": local(row.expires_at),
        "paid_at": local(row.paid_at) if row.paid_at else "",
        "settlement_status": "settled" if told == 1 else "unsettle",
        "transaction_status_code": told,
        "is_escrow": told == 7,
        "system_notes": "Sandbox notify",
        "via": row.via,
        "channel": row.channel,
        "payment_no": row.payment_no if row.via in ("va", "cstore") else "",
        "buyer_name": row.buyer.name,
        "buyer_email": row.buyer.email,
        "buyer_phone": row.buyer.phone,
        "additional_info": [],
        "url": row.notify_url,
    }
    if row.via == "va":
        sent["va"] = row.payment_no
    return sent


def signature(sent: Mapping[str, Any], va: str, *, raw_unicode: bool = False) -> str:
    """Over the sorted fields as PHP writes JSON, with the merchant's number as the key."""
    text = json.dumps(dict(sorted(sent.items())), separators=(",", ":"), ensure_ascii=not raw_unicode)
    return hmac.new(va.encode(), text.replace("/", "\\/").encode(), hashlib.sha256).hexdigest()


def written(switches: Switches, sent: Fields) -> tuple[str, str]:
    """The body, and the content type it is said to have."""
    if switches.callback_format == "form":
        return _form(switches, sent), FORM
    text = json.dumps(sent, separators=(",", ":")).replace("/", "\\/")
    return text, JSON if switches.callback_format == "json" else FORM


def _form(switches: Switches, sent: Fields) -> str:
    pairs = []
    for name, value in sent.items():
        if switches.drops_empty and value in ("", []):
            continue
        if isinstance(value, bool | list):
            value = json.dumps(value)
        pairs.append((name, str(value)))
    return urlencode(pairs)
