"""What an answer of iPaymu means as a whole: taken, refused, or nothing that can be relied on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from portal.gateways import http
from portal.gateways.ipaymu_tables import NOT_FOUND, WRONG_ADDRESS
from portal.gateways.told import part, text

REFUSED = (400, 404, 406, 422)


def status(reply: http.Reply) -> int:
    """The status an answer bears: a failure may come as HTTP 200 with another number inside."""
    inside = reply.body.get("Status")
    if reply.status == 200 and type(inside) is int:
        return inside
    return reply.status


def is_taken(reply: http.Reply) -> bool:
    """Whether it is a success by all that says so; `Success` itself is often missing."""
    return reply.status == 200 and reply.body.get("Status") == 200 and reply.body.get("Success") is not False


def contents(reply: http.Reply) -> Mapping[str, Any]:
    """The object that a success carries, else empty."""
    return part(reply.body.get("Data")) if is_taken(reply) else {}


def is_refusal(reply: http.Reply) -> bool:
    """Whether this is an error in iPaymu's own shape, and not something on the way to it."""
    return status(reply) in REFUSED and text(reply.body.get("Message")) != ""


def is_wrong_key(reply: http.Reply) -> bool:
    """Whether every further call would fail the same way: the key, the number, or the address of this server."""
    return status(reply) in (401, 403) or text(reply.body.get("Message")).lower().startswith(WRONG_ADDRESS)


def is_unknown_transaction(reply: http.Reply) -> bool:
    return is_refusal(reply) and sentence(reply).lower().startswith(NOT_FOUND)


def sentence(reply: http.Reply) -> str:
    """What it says: the fields found wrong, else its message, else the bare status."""
    wrong = [text(words) for entry in part(reply.body.get("Error")).values() for words in _listed(entry)]
    return "; ".join(filter(None, wrong)) or text(reply.body.get("Message")) or f"status {reply.status}"


def _listed(value: object) -> list[Any]:
    return value if isinstance(value, list) else [value]
