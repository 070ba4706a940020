"""What a caller sent: read from JSON, a form or a multipart body, checked for its signature, field by field."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Iterable, Mapping
from datetime import timedelta
from email import message_from_bytes
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from portal.twins.ipaymu.refusals import bad, invalid_domain, wrong_fields, wrong_signature
from portal.twins.told import words
from portal.twins.wire import BadRequest, Request

LEAST, MOST = 5_000, 999_999_999
_UNITS = {"days": 86_400, "hours": 3_600, "minutes": 60, "seconds": 1}
Asked = Mapping[str, Any]


def body_of(request: Request) -> dict[str, Any]:
    """The parameters as the caller named and ordered them. Raises BadRequest."""
    if request.method == "GET":
        return dict(request.query)
    kind = request.headers.get("content-type", "")
    if kind.startswith("multipart/form-data"):
        return _gathered(_parts(kind, request.body))
    if request.body.lstrip()[:1] == b"{" or not request.body.strip():
        return request.fields()
    try:
        return _gathered(parse_qsl(request.body.decode("utf-8"), keep_blank_values=True, max_num_fields=500))
    except ValueError as error:
        raise BadRequest("The form cannot be read") from error


def _parts(kind: str, body: bytes) -> list[tuple[str, str]]:
    message = message_from_bytes(f"Content-Type: {kind}\r\n\r\n".encode() + body)
    found = []
    for part in message.get_payload() if message.is_multipart() else ():
        name = part.get_param("name", header="content-disposition") if not isinstance(part, str) else None
        payload = part.get_payload(decode=True) if not isinstance(part, str) else None
        if isinstance(name, str) and isinstance(payload, bytes):
            found.append((name, payload.decode("utf-8", "replace")))
    return found


def _gathered(pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """`name[]` and `name[0]` make a list called `name`."""
    found: dict[str, Any] = {}
    for name, value in pairs:
        plain = re.sub(r"\[\d*\]$", "", name)
        if plain == name:
            found[name] = value
        else:
            found.setdefault(plain, []).append(value)
    return found


def require_signature(request: Request, told: Asked, *, va: str, key: str, raw: bool, refuses_empty: bool) -> None:
    """Raise unless the caller signed what it sent, with the key."""
    if raw and request.method != "GET":
        text = request.body or b"{}"
    else:
        text = json.dumps(told, separators=(",", ":")).encode() if told else b"{}"
    digest = hashlib.sha256(text).hexdigest()
    message = f"{request.method}:{va}:{digest}:{key}"
    wanted = hmac.new(key.encode(), message.encode(), hashlib.sha256).hexdigest()
    given = request.headers["signature"].strip().lower()
    if not hmac.compare_digest(wanted.encode(), given.encode("utf-8", "replace")):
        raise wrong_signature()
    if refuses_empty and _holds_nothing(told):
        raise wrong_signature()


def _holds_nothing(value: object) -> bool:
    """Whether null or an empty text stands anywhere inside."""
    if isinstance(value, Mapping):
        return any(_holds_nothing(one) for one in value.values())
    if isinstance(value, list):
        return any(_holds_nothing(one) for one in value)
    return value is None or value == ""


def plain(told: Asked) -> dict[str, Any]:
    """Without the brackets with which some clients name lists in JSON."""
    return {name.removesuffix("[]"): value for name, value in told.items()}


def require(asked: Asked, names: Iterable[str], message: str = "error - invalid request") -> None:
    """Raise, naming all that is missing."""
    missing = {name: f"{_label(name)} wajib diisi." for name in names if asked.get(name) in (None, "", [])}
    if missing:
        raise wrong_fields(missing, message)


def _label(name: str) -> str:
    return re.sub(r"(?<=[a-z])([A-Z])", lambda found: " " + found[1].lower(), name)


def whole(asked: Asked, name: str) -> int:
    """A field as whole rupiah. Raises if it is none."""
    return _rupiah(asked.get(name), name)


def _rupiah(value: object, name: str) -> int:
    told = "" if isinstance(value, bool | dict | list) or value is None else str(value)
    if not re.fullmatch(r"-?[0-9]{1,12}(\.0+)?", told):
        raise wrong_fields({name: f"{_label(name)} harus berupa angka."})
    return int(told.partition(".")[0])


def total(asked: Asked) -> int:
    """The sum of quantities times prices. Raises when the lists do not match, or are no numbers."""
    quantities, prices = _list(asked, "qty"), _list(asked, "price")
    if len(quantities) != len(prices) or len(_list(asked, "product")) != len(prices):
        raise bad("invalid request")
    return sum(_rupiah(qty, "qty") * _rupiah(price, "price") for qty, price in zip(quantities, prices, strict=True))


def require_amount(amount: int) -> None:
    if not LEAST <= amount <= MOST:
        raise bad(f"Total price min Rp {LEAST} and max Rp {MOST}")


def product(asked: Asked) -> str:
    return ", ".join(str(one)[:100] for one in _list(asked, "product"))[:300]


def _list(asked: Asked, name: str) -> list[Any]:
    value = asked.get(name)
    if isinstance(value, list):
        return value
    return [] if value is None else [value]


def address(asked: Asked, name: str, allowed_hosts: str) -> str:
    """A web address, or empty. Raises for anything else, and for a host that is not registered."""
    told = words(asked, name, 2000)
    if not told:
        return ""
    if not re.match(r"https?://[^/\s]+", told):
        raise bad(f"Format isian {_label(name)} tidak valid.")
    host = urlsplit(told).hostname or ""
    if allowed_hosts and host not in [one.strip() for one in allowed_hosts.split(",")]:
        raise invalid_domain()
    return told


def life(asked: Asked) -> timedelta:
    """How long a code is to live: 24 hours unless told otherwise."""
    told = words(asked, "expired", 8)
    if not told:
        return timedelta(hours=24)
    unit = words(asked, "expiredType", 20).lower() or "hours"
    if not re.fullmatch(r"[0-9]{1,5}", told) or int(told) == 0 or unit not in _UNITS:
        raise wrong_fields({"expired": "expired harus berupa angka."})
    return timedelta(seconds=int(told) * _UNITS[unit])


def bears(asked: Asked) -> str:
    """Who pays the fee; the account's own setting, the buyer, if nothing is said."""
    told = words(asked, "feeDirection", 20).upper() or "BUYER"
    if told not in ("MERCHANT", "BUYER"):
        raise wrong_fields({"feeDirection": "fee direction yang dipilih tidak valid."})
    return told
