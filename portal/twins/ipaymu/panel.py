"""The panel of this twin: payments, switches, and the deeds that only iPaymu's stand-in knows."""

from __future__ import annotations

import itertools
import re
from dataclasses import asdict
from typing import Any

from portal.twins import panel
from portal.twins.faults import Unknown
from portal.twins.ipaymu.behaviours import STATUSES
from portal.twins.ipaymu.pages import PAGES
from portal.twins.ipaymu.shapes import WORDS
from portal.twins.ipaymu.switches import CHOICES
from portal.twins.ipaymu.twin import Twin
from portal.twins.panel import HOME, SHOWN
from portal.twins.told import words
from portal.twins.wire import Request, Response

__all__ = ["HOME", "respond"]


def respond(twin: Twin, request: Request) -> Response:
    return panel.respond(twin, request, pages=PAGES, home=_home, deeds=DEEDS)


def _home(twin: Twin) -> Response:
    with twin.ledger.lock:
        transactions = list(itertools.islice(reversed(twin.ledger.transactions.values()), SHOWN))
        visits = list(itertools.islice(reversed(twin.ledger.visits.values()), SHOWN))
    return PAGES.page(
        "panel.html",
        transactions=transactions,
        visits=visits,
        words=WORDS,
        codes=STATUSES,
        switches=asdict(twin.switches),
        choices=CHOICES,
        merchants=sorted(twin.ledger.merchants),
        **panel.state(twin),
    )


def _switches(twin: Twin, told: dict[str, Any], found: tuple[str, ...]) -> object:
    return asdict(twin.switches)


def _switch(twin: Twin, told: dict[str, Any], found: tuple[str, ...]) -> object:
    twin.switch(told)
    return asdict(twin.switches)


def _enlist(twin: Twin, told: dict[str, Any], found: tuple[str, ...]) -> object:
    """A merchant, or the new key of one."""
    va, key = words(told, "va"), words(told, "key")
    if not re.fullmatch(r"[0-9]{6,20}", va) or not re.fullmatch(r"[!-~]{8,200}", key):
        raise Unknown("va is a number of 6 to 20 digits, key has 8 to 200 characters")
    return {"va": twin.ledger.enlist(va, key).va}


def _set_status(twin: Twin, told: dict[str, Any], found: tuple[str, ...]) -> object:
    """What somebody did in iPaymu's own dashboard: a refund (3), a late payment, a cancellation."""
    row, wished = twin.ledger.transactions.get(int(found[0])), words(told, "status", 3)
    if wished not in {str(status) for status in WORDS}:
        raise Unknown("status is one of iPaymu's numbers")
    if row is None:
        return None
    twin.till.move(row, int(wished))()
    return asdict(row)


def _transactions(twin: Twin, told: dict[str, Any], found: tuple[str, ...]) -> object:
    """Of one reference, or all."""
    reference = words(told, "reference", 200)
    rows = list(twin.ledger.transactions.values())
    return {"transactions": [asdict(row) for row in rows if reference in ("", row.reference)]}


DEEDS: panel.Deeds[Twin] = (
    ("GET", "/switches", _switches),
    ("POST", "/switches", _switch),
    ("POST", "/merchants", _enlist),
    ("GET", "/transactions", _transactions),
    ("POST", r"/transactions/([0-9]{1,12})/status", _set_status),
)
