"""The panel of a twin: how it behaves, what time it is, what it sent. For people as a page, for drivers as JSON."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any, TypeVar

from portal.twins.faults import Unknown
from portal.twins.pages import Pages, see, sheet, wants_json
from portal.twins.standing import StandIn
from portal.twins.told import words
from portal.twins.wire import BadRequest, Request, Response, json_response

HOME = "/_twin"
SHOWN = 50
AnyTwin = TypeVar("AnyTwin", bound=StandIn)
Deed = Callable[[AnyTwin, dict[str, Any], tuple[str, ...]], object]
Deeds = Sequence[tuple[str, str, Deed[AnyTwin]]]


def respond(
    twin: AnyTwin, request: Request, *, pages: Pages, home: Callable[[AnyTwin], Response], deeds: Deeds[AnyTwin]
) -> Response:
    """`deeds`: method, path below the panel's home, and what is done; those of every twin come on top."""
    origin = request.headers.get("origin", "")
    if origin not in ("", "null") and origin.partition("://")[2] != request.headers.get("host", ""):
        return pages.trouble(403, "The panel takes forms only from its own pages.")
    if request.method == "GET" and request.path in ("/", HOME):
        return home(twin)
    if request.method == "GET" and request.path == f"{HOME}/twin.css":
        return sheet()
    for method, pattern, deed in (*deeds, *COMMON):
        match = re.fullmatch(HOME + pattern, request.path)
        if match and method == request.method:
            return _done(twin, request, pages, deed, match.groups())
    return pages.trouble(404, "There is no such page in the twin.")


def state(twin: StandIn) -> dict[str, Any]:
    """What the page of every twin shows."""
    in_flight, next_due = twin.agenda.idle()
    return {
        "now": twin.agenda.clock.now(),
        "is_frozen": twin.agenda.clock.is_frozen,
        "in_flight": in_flight,
        "next_due": next_due,
        "rules": twin.faults.listed(),
        "behaviours": twin.faults.behaviours,
        "calls": twin.calls,
        "deliveries": list(itertools.islice(reversed(list(twin.post.deliveries.values())), SHOWN)),
        "webhook_url": twin.post.url,
    }


def _done(twin: AnyTwin, request: Request, pages: Pages, deed: Deed[AnyTwin], found: tuple[str, ...]) -> Response:
    is_form = request.method == "POST" and not wants_json(request)
    try:
        told = deed(twin, {**request.query, **request.fields()}, found)
    except (Unknown, BadRequest) as error:
        return pages.trouble(400, f"{error}.") if is_form else json_response({"error": str(error)}, 400)
    if told is None:
        return pages.trouble(404, "There is no such thing.") if is_form else json_response({"error": "not found"}, 404)
    return see(HOME + "/") if is_form else json_response(told)


def _idle(twin: StandIn, told: dict[str, Any], found: tuple[str, ...]) -> object:
    in_flight, next_due = twin.agenda.idle()
    return {"in_flight": in_flight, "next_due_at": next_due.isoformat() if next_due else None}


def _truth(twin: StandIn, told: dict[str, Any], found: tuple[str, ...]) -> object:
    since = words(told, "since", 12)
    return {"entries": twin.truth.since(int(since) if since.isascii() and since.isdigit() else 0)}


def _clock(twin: StandIn, told: dict[str, Any], found: tuple[str, ...]) -> object:
    """`at`: an instant, or nothing for real time; `runs`: whether it goes on from there."""
    stamp = words(told, "at", 60)
    if not stamp:
        twin.set_clock(None)
        return {"now": twin.agenda.clock.now().isoformat()}
    try:
        at = datetime.fromisoformat(stamp)
        at = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise Unknown("at is not an instant in ISO 8601") from error
    if not 1990 <= at.year <= 9000:
        raise Unknown("at is too far away")
    twin.set_clock(at, runs=words(told, "runs").lower() in ("1", "true", "on"))
    return {"now": twin.agenda.clock.now().isoformat()}


def _behave(twin: StandIn, told: dict[str, Any], found: tuple[str, ...]) -> object:
    return asdict(twin.faults.add(told))


def _behaviours(twin: StandIn, told: dict[str, Any], found: tuple[str, ...]) -> object:
    return {"rules": twin.faults.listed()}


def _forget(twin: StandIn, told: dict[str, Any], found: tuple[str, ...]) -> object:
    return {"removed": int(found[0])} if twin.faults.remove(int(found[0])) else None


def _forget_all(twin: StandIn, told: dict[str, Any], found: tuple[str, ...]) -> object:
    twin.faults.clear()
    return {"rules": []}


def _reset(twin: StandIn, told: dict[str, Any], found: tuple[str, ...]) -> object:
    twin.reset()
    return {"reset": True}


def _news(twin: StandIn, told: dict[str, Any], found: tuple[str, ...]) -> object:
    return {"deliveries": [asdict(one) for one in list(twin.post.deliveries.values())]}


def _resend(twin: StandIn, told: dict[str, Any], found: tuple[str, ...]) -> object:
    return {"resent": int(found[0])} if twin.post.resend(int(found[0])) else None


def _address(twin: StandIn, told: dict[str, Any], found: tuple[str, ...]) -> object:
    url = words(told, "url", 2000)
    if url and not re.match(r"https?://[^/\s]+", url):
        raise Unknown("url must be a valid URL")
    twin.post.url = url
    return {"url": url}


COMMON: Deeds[StandIn] = (
    ("GET", "/idle", _idle),
    ("GET", "/truth", _truth),
    ("POST", "/clock", _clock),
    ("GET", "/behaviour", _behaviours),
    ("POST", "/behaviour", _behave),
    ("POST", "/behaviour/clear", _forget_all),
    ("DELETE", "/behaviour", _forget_all),
    ("POST", r"/behaviour/([0-9]{1,9})/remove", _forget),
    ("DELETE", r"/behaviour/([0-9]{1,9})", _forget),
    ("GET", "/news", _news),
    ("POST", r"/news/([0-9]{1,9})/resend", _resend),
    ("POST", "/webhook", _address),
    ("POST", "/reset", _reset),
)
