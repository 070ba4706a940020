"""Tamper evidence: a seal covers rows and the seal before, so nothing earlier can be changed unseen."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from hashlib import sha256

GENESIS = "0" * 64


def digest(value: object) -> str:
    """SHA-256 in hex over canonical JSON: the same content always has the same digest."""
    return sha256(canonical(value)).hexdigest()


def seal(rows: Sequence[Mapping[str, object]], previous: str = GENESIS) -> str:
    """The seal over `rows` in their order and the seal before them; `GENESIS` before the first."""
    return digest({"previous": previous, "rows": rows})


def canonical(value: object) -> bytes:
    """JSON with sorted keys and no spaces, in UTF-8; instants in UTC, days as ISO. Refuses floats."""
    text = json.dumps(_plain(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return text.encode()


def _plain(value: object) -> object:
    if value is None or isinstance(value, str | int):
        return value
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(key): _plain(part) for key, part in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, bytes):
        return [_plain(part) for part in value]
    raise TypeError(f"{value!r} has no canonical form")
