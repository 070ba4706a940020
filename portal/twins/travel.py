"""How an honest answer travels when a rule has it go wrong on the way, for every twin."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from portal.twins.faults import Rule
from portal.twins.wire import Fault, Response

_WAYS = {
    "timeout": "hang",
    "reset": "reset",
    "cut": "cut",
    "truncated": "truncated",
    "oversized": "oversized",
    "drip": "drip",
    "slow": "slow",
}


def faulty(response: Response, rule: Rule) -> Response:
    """The same answer, travelling as `rule` says."""
    way = rule.do.removesuffix("_before").removesuffix("_after")
    if way == "error":
        page = f"<html><body><h1>{rule.code}</h1></body></html>".encode()
        return Response(int(rule.code), page, "text/html", sent=response.sent)
    response.fault = Fault(_WAYS[way], rule.seconds)
    return response


def unreadable(code: str, honest: Response) -> Response:
    """What some careless machine in between could have made of an honest answer."""
    text = honest.body.decode("utf-8", "replace")
    variants: Mapping[str, bytes] = {
        "deep": b'{"status":true,"data":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        "huge": b'{"status":true,"data":{"id":' + b"9" * 20_000 + b"}}",
        "nan": re.sub(r'"(amount|subtotal)":', r'"\1":NaN,"told":', text, count=1, flags=re.IGNORECASE).encode(),
        "utf8": honest.body[:-1] + b',"message":"\xff\xfe"}',
        "twice": re.sub(r'\{("\w+":)', r"{\1false,\1", text, count=1).encode(),
        "html": b"<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>",
        "list": json.dumps([text]).encode(),
        "empty": b"",
    }
    return Response(honest.status, variants[code], "text/html" if code == "html" else honest.content_type)
