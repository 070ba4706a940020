"""Answers that say something else than what happened."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from portal.twins.faults import Rule

Told = dict[str, Any]


def _amount(told: Told, code: str) -> None:
    for name in ("SubTotal", "Amount", "Total"):
        if name in told:
            told[name] = type(told[name])(int(told[name]) - 1000)


def _reference(told: Told, code: str) -> None:
    told["ReferenceId"] = "another-reference"


def _session(told: Told, code: str) -> None:
    told["SessionId"] = "00000000-0000-4000-8000-000000000000"


def _status(told: Told, code: str) -> None:
    told["Status"] = int(code)
    told["PaidStatus"] = "paid" if code in ("1", "6", "7") else "unpaid"


def _fields(told: Told, code: str) -> None:
    for name in ("SubTotal", "Amount", "Status", "PaidStatus", "TransactionId"):
        told.pop(name, None)


_LIES: Mapping[str, Callable[[Told, str], None]] = {
    "wrong_amount": _amount,
    "wrong_reference": _reference,
    "wrong_session": _session,
    "wrong_status": _status,
    "missing_fields": _fields,
}


def bent(body: Told, rule: Rule) -> Told:
    """The answer as `rule` wants it told; in a list, every row of it."""
    data = body.get("Data")
    if rule.do not in _LIES or not isinstance(data, dict):
        return body
    rows = data.get("Transaction", data.get("Results"))
    for told in rows if isinstance(rows, list) else [data]:
        _LIES[rule.do](told, rule.code)
    return body
