"""Calling iPaymu: signed over the very bytes that are sent, and its history gone through page by page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from portal.core.clock import wall
from portal.gateways import http
from portal.gateways.base import Answer, LookUp, WrongKey
from portal.gateways.ipaymu_answers import contents, is_unknown_transaction, is_wrong_key, sentence
from portal.gateways.ipaymu_reading import rows_of
from portal.gateways.ipaymu_signing import NO_BODY, compact, request_signature
from portal.gateways.ipaymu_tables import WIB
from portal.gateways.protocols import Deadlines
from portal.gateways.told import text

PAGE_SIZE = 20
MOST_PAGES = 60
BEFORE, AFTER = timedelta(hours=1), timedelta(days=31)
"""How far around the first use of a reference its transactions are looked for: clocks differ, and pages live long."""


class Calls:
    """What is asked in the name of one account."""

    def __init__(self, va: str, key: str, base_url: str, deadlines: Deadlines) -> None:
        self._va, self._key, self._base_url, self._deadlines = va, key, base_url, deadlines

    def ask(self, method: str, path: str, body: Mapping[str, Any] | None, seconds: float) -> http.Reply:
        """One call. Raises NotSent, Silence, or WrongKey."""
        content = compact(body) if body is not None else None
        headers = {
            "va": self._va,
            "signature": request_signature(method, self._va, self._key, content or NO_BODY),
            "timestamp": wall().astimezone(WIB).strftime("%Y%m%d%H%M%S"),
            "Content-Type": "application/json",
            "Accept": "application/json",
            "User-Agent": "portal",
        }
        reply = http.call(method, self._base_url + path, headers=headers, seconds=seconds, content=content)
        if is_wrong_key(reply):
            raise WrongKey(
                "iPaymu does not accept the number, the key or this server's address: %(words)s", words=sentence(reply)
            )
        return reply

    def transaction(self, number: str) -> Mapping[str, Any] | LookUp:
        """The transaction as iPaymu has it now, or the answer that there is none to be had."""
        try:
            reply = self.ask("POST", "/api/v2/transaction", {"transactionId": number}, self._deadlines.read)
        except (http.NotSent, http.Silence) as error:
            return LookUp(Answer.SILENT, reason=str(error))
        told = contents(reply)
        if text(told.get("TransactionId")) == number:
            return told
        answer = Answer.NOT_FOUND if is_unknown_transaction(reply) else Answer.SILENT
        return LookUp(answer, reason=sentence(reply))

    def history_of(self, reference: str, since: datetime | None) -> list[Mapping[str, Any]] | str:
        """All rows that bear the reference, or the reason why that is not known."""
        window = (since - BEFORE, since + AFTER) if since else (None, None)
        found: list[Mapping[str, Any]] = []
        for rows in self._pages(*window):
            if isinstance(rows, str):
                return rows
            found += [row for row in rows if text(row.get("ReferenceId")) == reference]
        return found

    def history(
        self, since: datetime | None, until: datetime | None, page: int
    ) -> tuple[list[Mapping[str, Any]], int] | str:
        """One page and how many there are, or why there is none.

        Oldest first, so that what comes in meanwhile moves no row to a page already read.
        """
        body: dict[str, Any] = {"page": page, "limit": PAGE_SIZE, "orderBy": "id", "order": "ASC"}
        if since and until:
            body |= {"date": "created_at", "startdate": _day(since), "enddate": _day(until)}
        try:
            reply = self.ask("POST", "/api/v2/history", body, self._deadlines.read)
        except (http.NotSent, http.Silence) as error:
            return str(error)
        return rows_of(contents(reply)) or sentence(reply)

    def _pages(self, since: datetime | None, until: datetime | None) -> Iterator[list[Mapping[str, Any]] | str]:
        for page in range(1, MOST_PAGES + 1):
            answer = self.history(since, until, page)
            yield answer if isinstance(answer, str) else answer[0]
            if isinstance(answer, str) or page >= answer[1]:
                return
        yield "there are more pages than can be gone through"


def _day(at: datetime) -> str:
    return at.astimezone(WIB).date().isoformat()
