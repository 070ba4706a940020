"""iPaymu's two signatures: of our requests, keyed with the API key, and of its callbacks, keyed with the public number.

The second is weak, for everybody may know its key: it filters noise and proves nothing.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl

from portal.gateways.http import read_json

NO_BODY = b"{}"
_WHOLE = ("trx_id", "status_code", "transaction_status_code", "paid_off")
_OFTEN_BLANK = ("payment_no", "buyer_name", "buyer_phone", "buyer_email")
_FALSE = ("false", "0", "")


def compact(fields: Mapping[str, Any]) -> bytes:
    """The one form in which a body is signed and sent: no blanks, slashes as they are, ASCII only."""
    return json.dumps(fields, separators=(",", ":")).encode("ascii")


def request_signature(method: str, va: str, api_key: str, body: bytes) -> str:
    """For a request with `body`, which for a GET is the JSON object of its query (`NO_BODY` without one)."""
    told = f"{method.upper()}:{va}:{hashlib.sha256(body).hexdigest()}:{api_key}"
    return _keyed(api_key, told)


def callback_fields(body: bytes) -> dict[str, Any]:
    """The fields of a callback, sent as a form or as JSON under whatever content type. Raises ValueError."""
    trimmed = body.strip()
    if trimmed.startswith(b"{"):
        return read_json(trimmed)
    pairs = parse_qsl(
        trimmed.decode("utf-8"), keep_blank_values=True, strict_parsing=True, max_num_fields=200, errors="strict"
    )
    found = dict(pairs)
    if not found or len(found) != len(pairs):
        raise ValueError("no field, or one that occurs twice")
    return found


def is_signed(fields: Mapping[str, Any], claimed: str, va: str) -> bool:
    """Whether `claimed`, or the field of that name, signs the fields with the account's number `va`."""
    told = claimed or fields.get("signature")
    if not isinstance(told, str):
        return False
    wanted = told.strip().lower().encode("utf-8", "replace")
    is_right = False
    for words in canonical_forms(fields):
        is_right |= hmac.compare_digest(_keyed(va, words).encode(), wanted)
    return is_right


def canonical_forms(fields: Mapping[str, Any]) -> Iterator[str]:
    """What may have been signed, likeliest first.

    A form parser on the way may have lost what was empty, and senders differ in whether they sign empty fields and
    in how they write letters that are not ASCII.
    """
    typed = _typed(fields)
    filled = {name: value for name, value in typed.items() if value not in ("", None)}
    for variant in (typed, {"payment_no": "", **typed}, dict.fromkeys(_OFTEN_BLANK, "") | typed, filled):
        ordered = {name: variant[name] for name in sorted(variant, key=lambda name: name.encode("utf-8", "replace"))}
        for is_ascii in (True, False):
            yield json.dumps(ordered, separators=(",", ":"), ensure_ascii=is_ascii).replace("/", "\\/")


def _typed(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields with the types they had when they were signed, which a form has lost."""
    typed = {name: _words(value) for name, value in fields.items() if name != "signature"}
    for name in _WHOLE:
        if name in typed:
            typed[name] = _whole(typed[name])
    if "is_escrow" in typed and typed["is_escrow"] is not None:
        typed["is_escrow"] = str(typed["is_escrow"]).lower() not in _FALSE
    typed["additional_info"] = _listed(typed.get("additional_info"))
    return typed


def _words(value: Any) -> Any:
    """Numbers as text; truths, nothing, lists and objects as they are."""
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


def _whole(value: Any) -> Any:
    is_number = isinstance(value, str) and value.removeprefix("-").isdecimal() and value.isascii() and len(value) < 20
    return int(value) if is_number else value


def _listed(value: Any) -> Any:
    if value in (None, "", "[]"):
        return []
    if isinstance(value, str) and value.startswith("["):
        try:
            return json.loads(value)
        except (ValueError, RecursionError):
            return value
    return value


def _keyed(key: str, words: str) -> str:
    return hmac.new(key.encode(), words.encode("utf-8", "replace"), hashlib.sha256).hexdigest()
