"""Tamper evidence: a seal covers rows and the seal before, so nothing earlier can be changed unseen."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from hashlib import sha256


def digest_of(value: object) -> bytes:
    """SHA-256 over canonical JSON: the same content always has the same digest."""
    return sha256(canonical(value)).digest()


def seal_of(rows: Sequence[Mapping[str, object]], previous: bytes = b"") -> bytes:
    """The seal over `rows` in their order and the seal before them; none before the first."""
    return digest_of({"previous": previous.hex(), "rows": rows})


def canonical(value: object) -> bytes:
    """JSON with sorted keys and no spaces, in UTF-8; instants in UTC and days as ISO, bytes in hex."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False, default=_plain)
    return text.encode()


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, Sequence):
        return list(value)
    raise TypeError(f"{value!r} has no canonical form")
