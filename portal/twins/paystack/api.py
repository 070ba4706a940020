"""Paystack's HTTP: who calls, which call, what goes wrong, and the answer. With and without a slash at the end."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from portal.twins.faults import BEFORE_ACTING, Rule, Slot, Subject
from portal.twins.limits import WINDOW_SECONDS
from portal.twins.paystack import calls, objections, reads
from portal.twins.paystack.asked import words
from portal.twins.paystack.calls import Body, Turn
from portal.twins.paystack.ledger import Integration
from portal.twins.paystack.lies import bent
from portal.twins.paystack.refusals import Refusal, forbidden, invalid_key, not_found, rate_limited
from portal.twins.paystack.twin import LIMIT, Twin
from portal.twins.travel import faulty, unreadable
from portal.twins.wire import BadRequest, Request, Response, json_response

_KEY = re.compile(r"Bearer (sk_test_[A-Za-z0-9_-]{1,100})")
_ONE, _ID = r"([^/]{1,300})", r"([0-9]{1,18})"


@dataclass(frozen=True, slots=True)
class Route:
    """`call` is the name under which behaviours find it."""

    method: str
    path: re.Pattern[str]
    call: str
    answer: Callable[[Turn], Body]


def _route(method: str, path: str, call: str, answer: Callable[[Turn], Body]) -> Route:
    return Route(method, re.compile(path), call, answer)


ROUTES = (
    _route("POST", "/transaction/initialize", "initialize", calls.initialize),
    _route("POST", "/transaction/charge_authorization", "charge", calls.charge),
    _route("POST", "/transaction/partial_debit", "charge", calls.partial_debit),
    _route("GET", f"/transaction/verify/{_ONE}", "verify", reads.verify),
    _route("GET", "/transaction/totals", "list", reads.totals),
    _route("GET", f"/transaction/timeline/{_ONE}", "verify", reads.timeline),
    _route("GET", f"/transaction/{_ID}", "verify", reads.transaction),
    _route("GET", "/transaction", "list", reads.transactions),
    _route("POST", "/refund", "refund", calls.refund),
    _route("GET", "/refund", "list", reads.refunds),
    _route("GET", f"/refund/{_ID}", "list", reads.refund),
    _route("POST", f"/refund/retry_with_customer_details/{_ID}", "refund", calls.retry_refund),
    _route("GET", "/dispute", "dispute", objections.listed),
    _route("GET", "/dispute/export", "dispute", objections.export),
    _route("GET", f"/dispute/transaction/{_ID}", "dispute", objections.of_transaction),
    _route("GET", f"/dispute/{_ID}", "dispute", objections.one),
    _route("PUT", f"/dispute/{_ID}", "dispute", objections.change),
    _route("POST", f"/dispute/{_ID}/evidence", "dispute", objections.add_evidence),
    _route("GET", f"/dispute/{_ID}/upload_url", "dispute", objections.upload_url),
    _route("PUT", f"/dispute/{_ID}/resolve", "dispute", objections.resolve),
    _route("POST", "/customer/(?:authorization/deactivate|deactivate_authorization)", "deactivate", calls.deactivate),
    _route("POST", "/customer", "customer", calls.create_customer),
    _route("GET", "/customer", "customer", reads.customers),
    _route("GET", f"/customer/{_ONE}", "customer", reads.customer),
    _route("PUT", f"/customer/{_ONE}", "customer", calls.update_customer),
    _route("GET", "/balance", "balance", reads.balance),
    _route("GET", "/integration/payment_session_timeout", "balance", reads.session_timeout),
    _route("GET", "/bank", "balance", reads.banks),
)


def respond(twin: Twin, request: Request) -> Response:
    """The answer to one call of the API, faults included."""
    try:
        route, found = _routed(request)
        integration = _caller(twin, request)
        asked = {**request.query, **request.fields()}
    except Refusal as refusal:
        return refusal.response()
    except BadRequest as error:
        return Refusal(400, str(error), "invalid_params").response()
    subject = _subject(twin, integration, route, found, asked)
    plan = twin.faults.plan(route.call, subject)
    wire = plan.get(Slot.WIRE)
    if wire and wire.do in BEFORE_ACTING:
        return faulty(json_response({"status": False, "message": "Nothing was done"}), wire)
    turn = Turn(twin.till, integration, asked, plan, twin.settings.public_url, twin.court, found)
    response = _acted(twin, route, turn)
    return _on_its_way(turn, response, wire)


def _routed(request: Request) -> tuple[Route, tuple[str, ...]]:
    for route in ROUTES:
        match = route.path.fullmatch(request.path)
        if match and route.method == request.method:
            return route, tuple(match.groups())
    raise not_found("There is no such route", "route_not_found")


def _caller(twin: Twin, request: Request) -> Integration:
    """Whose key it is. Any test key opens an integration of its own; a live key has no business here."""
    key = _KEY.fullmatch(request.headers.get("authorization", ""))
    if key is None:
        raise invalid_key()
    return twin.ledger.integration(key[1])


def _subject(
    twin: Twin, integration: Integration, route: Route, found: tuple[str, ...], asked: dict[str, Any]
) -> Subject:
    named = found[0] if route.call == "verify" else words(asked, "reference") or words(asked, "transaction")
    subject = Subject(named, words(asked, "email"), words(asked, "authorization_code"))
    with twin.ledger.lock:
        row = twin.ledger.transaction(integration.id, named)
        if row is None and named.isascii() and named.isdigit():
            row = twin.ledger.transactions.get(int(named))
        if row is not None:
            subject.email = subject.email or twin.ledger.customers[row.customer].email
            subject.authorization = subject.authorization or row.authorization
            subject.last4 = row.pan[-4:]
        authorization = twin.ledger.authorizations.get(subject.authorization)
        subject.last4 = authorization.last4 if authorization else subject.last4
    return subject


def _acted(twin: Twin, route: Route, turn: Turn) -> Response:
    """What the call did and says, refusals included."""
    headers: dict[str, str] = {}
    try:
        if twin.limits.is_on:
            left, seconds = twin.limits.take(turn.integration.id, f"{route.method} {route.path.pattern}")
            headers = {"x-ratelimit-limit": str(twin.limits.limit), "x-ratelimit-remaining": str(max(left, 0))}
            headers |= {"x-ratelimit-reset": str(seconds)}
            if left < 0:
                raise rate_limited(twin.limits.limit, str(seconds))
        _refuse_by_plan(turn.plan.get(Slot.MONEY))
        body = route.answer(turn)
    except Refusal as refusal:
        return refusal.response()
    rule = turn.plan.get(Slot.ANSWER)
    response = json_response(bent(body, rule) if rule else body, 200 if body["status"] else 400)
    response.headers |= headers
    return unreadable(rule.code, response) if rule and rule.do == "unreadable" else response


def _refuse_by_plan(rule: Rule | None) -> None:
    if rule is None:
        return
    if rule.do == "unauthorized":
        raise invalid_key()
    if rule.do == "forbidden":
        raise forbidden()
    if rule.do == "rate_limited":
        resets = {"delta": "7", "epoch": str(int(time.time() + WINDOW_SECONDS)), "bare": ""}
        raise rate_limited(LIMIT, resets[rule.code])


def _on_its_way(turn: Turn, response: Response, wire: Rule | None) -> Response:
    releases = turn.releases

    def sent() -> None:
        for release in releases:
            release()
        releases.clear()

    response.sent = sent
    if wire:
        return faulty(response, wire)
    response.fault = turn.fault
    return response
