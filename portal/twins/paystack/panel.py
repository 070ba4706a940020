"""The panel: what is in the twin, and how it shall behave. For people as a page, for drivers as JSON."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from portal.twins.faults import BEHAVIOURS, Unknown
from portal.twins.paystack import asked as read
from portal.twins.paystack import shapes
from portal.twins.paystack.cards import CARDS, DECLINES
from portal.twins.paystack.pages import page, see, sheet, trouble, wants_json
from portal.twins.paystack.refusals import Refusal
from portal.twins.paystack.twin import CALLS, Twin
from portal.twins.wire import BadRequest, Request, Response, json_response

HOME = "/_twin"
SHOWN = 50
Deed = Callable[[Twin, dict[str, Any], tuple[str, ...]], object]


def respond(twin: Twin, request: Request) -> Response:
    origin = request.headers.get("origin", "")
    if origin not in ("", "null") and origin.partition("://")[2] != request.headers.get("host", ""):
        return trouble(403, "The panel takes forms only from its own pages.")
    if request.method == "GET" and request.path in ("/", HOME):
        return _home(twin)
    if request.method == "GET" and request.path == f"{HOME}/twin.css":
        return sheet()
    for method, pattern, deed in DEEDS:
        match = re.fullmatch(HOME + pattern, request.path)
        if match and method == request.method:
            return _done(twin, request, deed, match.groups())
    return trouble(404, "There is no such page in the twin.")


def _done(twin: Twin, request: Request, deed: Deed, found: tuple[str, ...]) -> Response:
    is_form = request.method == "POST" and not wants_json(request)
    try:
        told = deed(twin, {**request.query, **request.fields()}, found)
    except (Unknown, BadRequest, Refusal) as error:
        return trouble(400, f"{error}.") if is_form else json_response({"error": str(error)}, 400)
    if told is None:
        return trouble(404, "There is no such thing.") if is_form else json_response({"error": "not found"}, 404)
    return see(HOME + "/") if is_form else json_response(told)


def _home(twin: Twin, error: str = "") -> Response:
    ledger, (in_flight, next_due) = twin.ledger, twin.agenda.idle()
    with ledger.lock:
        transactions = [
            (row, ledger.customers[row.customer].email)
            for row in itertools.islice(reversed(ledger.transactions.values()), SHOWN)
        ]
        cards = [
            (row, ledger.customers[row.customer].email)
            for row in itertools.islice(reversed(ledger.authorizations.values()), SHOWN)
        ]
        customers = list(itertools.islice(reversed(ledger.customers.values()), SHOWN))
        refunds = list(itertools.islice(reversed(ledger.refunds.values()), SHOWN))
    return page(
        "panel.html",
        now=twin.agenda.clock.now(),
        is_frozen=twin.agenda.clock.is_frozen,
        in_flight=in_flight,
        next_due=next_due,
        transactions=transactions,
        cards=cards,
        customers=customers,
        refunds=refunds,
        rules=twin.faults.listed(),
        behaviours=BEHAVIOURS,
        declines=DECLINES,
        calls=CALLS,
        deliveries=list(itertools.islice(reversed(list(twin.post.deliveries.values())), SHOWN)),
        webhook_url=twin.post.url,
    )


def _idle(twin: Twin, told: dict[str, Any], found: tuple[str, ...]) -> object:
    in_flight, next_due = twin.agenda.idle()
    return {"in_flight": in_flight, "next_due_at": next_due.isoformat() if next_due else None}


def _truth(twin: Twin, told: dict[str, Any], found: tuple[str, ...]) -> object:
    since = read.words(told, "since", 12)
    return {"entries": twin.truth.since(int(since) if since.isascii() and since.isdigit() else 0)}


def _clock(twin: Twin, told: dict[str, Any], found: tuple[str, ...]) -> object:
    """`at`: an instant, or nothing for real time; `runs`: whether it goes on from there."""
    stamp = read.words(told, "at", 60)
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
    twin.set_clock(at, runs=read.words(told, "runs").lower() in ("1", "true", "on"))
    return {"now": twin.agenda.clock.now().isoformat()}


def _behave(twin: Twin, told: dict[str, Any], found: tuple[str, ...]) -> object:
    return asdict(twin.faults.add(told))


def _behaviours(twin: Twin, told: dict[str, Any], found: tuple[str, ...]) -> object:
    return {"rules": twin.faults.listed()}


def _forget(twin: Twin, told: dict[str, Any], found: tuple[str, ...]) -> object:
    return {"removed": int(found[0])} if twin.faults.remove(int(found[0])) else None


def _forget_all(twin: Twin, told: dict[str, Any], found: tuple[str, ...]) -> object:
    twin.faults.clear()
    return {"rules": []}


def _reset(twin: Twin, told: dict[str, Any], found: tuple[str, ...]) -> object:
    twin.reset()
    return {"reset": True}


def _news(twin: Twin, told: dict[str, Any], found: tuple[str, ...]) -> object:
    return {"deliveries": [asdict(one) for one in list(twin.post.deliveries.values())]}


def _resend(twin: Twin, told: dict[str, Any], found: tuple[str, ...]) -> object:
    return {"resent": int(found[0])} if twin.post.resend(int(found[0])) else None


def _address(twin: Twin, told: dict[str, Any], found: tuple[str, ...]) -> object:
    twin.post.url = read.url(told, "url")
    return {"url": twin.post.url}


def _rotate(twin: Twin, told: dict[str, Any], found: tuple[str, ...]) -> object:
    former, fresh = read.words(told, "former"), read.words(told, "fresh")
    if not re.fullmatch(r"sk_test_[A-Za-z0-9_-]{1,100}", fresh):
        raise Unknown("fresh must begin with sk_test_")
    return {"key": fresh} if twin.rotate_key(former, fresh) else None


def _store_card(twin: Twin, told: dict[str, Any], found: tuple[str, ...]) -> object:
    """A card as if it had been stored by an earlier payment. For seeds; Paystack has no such call."""
    key, number = read.words(told, "secret_key"), re.sub(r"\s", "", read.words(told, "card")) or next(iter(CARDS))
    card = CARDS.get(number)
    if card is None:
        raise Unknown("card is not one of the test cards")
    if not re.fullmatch(r"sk_test_[A-Za-z0-9_-]{1,100}", key):
        raise Unknown("secret_key must begin with sk_test_")
    with twin.ledger.lock:
        integration = twin.ledger.integration(key)
        payer = twin.ledger.customer(integration.id, read.email(told), twin.till.now)
        row = twin.ledger.authorize(payer, card.number, card.brand, card.bank, twin.till.now)
        year = read.whole_number(told, "exp_year", 2050, 2100)
        row.exp_month, row.exp_year = f"{read.whole_number(told, 'exp_month', 12, 12):02d}", str(year)
        twin.ledger.save(row)
    return {"authorization": shapes.authorization(row), "customer": shapes.customer(payer)}


DEEDS: tuple[tuple[str, str, Deed], ...] = (
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
    ("POST", "/keys", _rotate),
    ("POST", "/authorizations", _store_card),
    ("POST", "/reset", _reset),
)
