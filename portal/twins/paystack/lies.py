"""Answers that say something else than what happened."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from portal.twins.faults import Rule
from portal.twins.paystack.calls import Body

Told = dict[str, Any]


def _amount(told: Told, code: str) -> None:
    for name in ("amount", "requested_amount"):
        if isinstance(told.get(name), int):
            told[name] -= 100


def _currency(told: Told, code: str) -> None:
    told["currency"] = "GHS" if told.get("currency") != "GHS" else "NGN"


def _customer(told: Told, code: str) -> None:
    told["customer"] = {**(told.get("customer") or {}), "email": "somebody.else@example.com"}


def _mode(told: Told, code: str) -> None:
    told["domain"] = "live"


def _reference(told: Told, code: str) -> None:
    told["reference"] = "another-reference"


def _fields(told: Told, code: str) -> None:
    for name in ("amount", "currency", "id", "requested_amount", "domain"):
        told.pop(name, None)


def _codes(told: Told, code: str) -> None:
    for name in ("gateway_response_code", "response_code"):
        told.pop(name, None)


def _status(told: Told, code: str) -> None:
    told["status"] = code


_LIES: Mapping[str, Callable[[Told, str], None]] = {
    "wrong_amount": _amount,
    "wrong_currency": _currency,
    "wrong_customer": _customer,
    "wrong_mode": _mode,
    "wrong_reference": _reference,
    "missing_fields": _fields,
    "without_codes": _codes,
    "wrong_status": _status,
}


def bent(body: Body, rule: Rule) -> Body:
    """The answer as `rule` wants it told; of a list, every row."""
    if rule.do == "string_true":
        return body | {"status": "true"}
    told = body.get("data")
    if rule.do not in _LIES or not isinstance(told, dict | list):
        return body
    rows = [dict(row) for row in (told if isinstance(told, list) else [told])]
    for row in rows:
        _LIES[rule.do](row, rule.code)
    return body | {"data": rows if isinstance(told, list) else rows[0]}
