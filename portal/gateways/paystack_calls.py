"""One call to Paystack, and the pages of its lists."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from portal.gateways import http
from portal.gateways.base import WrongKey
from portal.gateways.paystack_answers import sentence
from portal.gateways.protocols import Deadlines
from portal.gateways.told import part

PAGE_SIZE = 100
MOST_PAGES = 50


class PaystackCalls:
    """What every call needs: the key, the address, how long it may take."""

    deadlines: Deadlines
    _key: str
    _base_url: str

    def _ask(self, method: str, path: str, *, seconds: float, **sent: Any) -> http.Reply:
        """One call. Raises NotSent, Silence, or WrongKey."""
        headers = {"Authorization": f"Bearer {self._key}", "Accept": "application/json", "User-Agent": "portal"}
        reply = http.call(method, self._base_url + path, headers=headers, seconds=seconds, **sent)
        if reply.status in (401, 403):
            raise WrongKey(
                "Paystack does not accept the key or this server's address: %(words)s", words=sentence(reply)
            )
        return reply

    def _read(self, path: str, query: Mapping[str, str] | None = None) -> http.Reply | str:
        """One reading call, or the reason why there is no answer."""
        try:
            return self._ask("GET", path, query=query, seconds=self.deadlines.read)
        except (http.NotSent, http.Silence) as error:
            return str(error)

    def _rows(self, path: str, query: Mapping[str, str], page: int) -> list[Mapping[str, Any]] | str:
        reply = self._read(path, {**query, "perPage": str(PAGE_SIZE), "page": str(page)})
        if isinstance(reply, str):
            return reply
        rows = reply.body.get("data")
        if reply.status != 200 or reply.body.get("status") is not True or not isinstance(rows, list):
            return sentence(reply)
        return [part(row) for row in rows]


def stamp(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"
