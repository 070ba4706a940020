"""iPaymu's HTTP: who calls, which call, what goes wrong, and the answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from portal.twins.faults import BEFORE_ACTING, Rule, Slot, Subject
from portal.twins.ipaymu import asked as read
from portal.twins.ipaymu import calls
from portal.twins.ipaymu.asked import Asked
from portal.twins.ipaymu.calls import Body, Turn
from portal.twins.ipaymu.ledger import Merchant
from portal.twins.ipaymu.lies import bent
from portal.twins.ipaymu.refusals import Refusal, bad, invalid_domain, invalid_ip, not_found, rate_limited, unauthorized
from portal.twins.ipaymu.twin import Twin
from portal.twins.told import words
from portal.twins.travel import faulty, unreadable
from portal.twins.wire import BadRequest, Request, Response, json_response


@dataclass(frozen=True, slots=True)
class Route:
    """`call` is the name under which behaviours find it."""

    call: str
    answer: Callable[[Turn], Body]


ROUTES: Mapping[tuple[str, str], Route] = {
    ("POST", "/api/v2/payment"): Route("payment", calls.payment),
    ("POST", "/api/v2/payment/direct"): Route("direct", calls.direct),
    ("POST", "/api/v2/transaction"): Route("check", calls.check),
    ("POST", "/api/v2/history"): Route("history", calls.history),
    ("GET", "/api/v2/payment-channels"): Route("channels", calls.channels),
    ("POST", "/api/v2/payment-method-list"): Route("channels", calls.channels),
    ("POST", "/api/v2/balance"): Route("balance", calls.balance),
}


def respond(twin: Twin, request: Request) -> Response:
    """The answer to one call of the API, faults included."""
    route = ROUTES.get((request.method, request.path))
    if route is None:
        return Refusal(404, "Not Found").response()
    headers: dict[str, str] = {}
    try:
        merchant, asked = _caller(twin, request)
        headers = _counted(twin, merchant, route)
        plan = twin.faults.plan(route.call, _subject(twin, asked))
    except Refusal as refusal:
        return _with(refusal.response(), headers)
    except BadRequest as error:
        return bad(str(error)).response()
    wire = plan.get(Slot.WIRE)
    if wire and wire.do in BEFORE_ACTING:
        return faulty(json_response({"Status": 500, "Message": "Nothing was done"}), wire)
    turn = Turn(twin.till, merchant, asked, plan, twin.settings.public_url)
    return _on_its_way(turn, _with(_acted(route, turn), headers), wire)


def _caller(twin: Twin, request: Request) -> tuple[Merchant, Asked]:
    """Whose signature it is, and what was asked. The checks come in iPaymu's order."""
    for name in ("va", "signature"):
        if not request.headers.get(name, "").strip():
            raise unauthorized(f"invalid header param - {name} is required")
    merchant = twin.ledger.merchants.get(request.headers["va"].strip())
    if merchant is None:
        raise unauthorized("unauthorized credential")
    told, switches = read.body_of(request), twin.switches
    read.require_signature(
        request,
        told,
        va=merchant.va,
        key=merchant.key,
        raw=switches.is_strict_raw,
        refuses_empty=switches.refuses_empty,
    )
    return merchant, read.plain(told)


def _counted(twin: Twin, merchant: Merchant, route: Route) -> dict[str, str]:
    if not (twin.limits.is_on or twin.switches.has_rate_limits):
        return {}
    left, _ = twin.limits.take(merchant.id, route.call)
    if left < 0:
        raise rate_limited()
    return {"X-RateLimit-Limit": str(twin.limits.limit), "X-RateLimit-Remaining": str(left)}


def _subject(twin: Twin, asked: Asked) -> Subject:
    subject = Subject(
        words(asked, "referenceId", 200),
        words(asked, "email") or words(asked, "buyerEmail"),
        channel=words(asked, "paymentChannel", 30),
    )
    number = words(asked, "transactionId", 18)
    row = twin.ledger.transactions.get(int(number)) if number.isascii() and number.isdigit() else None
    if row is not None:
        subject = Subject(row.reference, row.buyer.email, channel=row.channel)
    return subject


def _acted(route: Route, turn: Turn) -> Response:
    """What the call did and says, refusals included."""
    try:
        _refuse_by_plan(turn.plan.get(Slot.MONEY))
        body = route.answer(turn)
    except Refusal as refusal:
        return refusal.response()
    rule = turn.plan.get(Slot.ANSWER)
    response = json_response(bent(body, rule) if rule else body)
    return unreadable(rule.code, response) if rule and rule.do == "unreadable" else response


def _refuse_by_plan(rule: Rule | None) -> None:
    if rule is None:
        return
    refusals: Mapping[str, Callable[[], Refusal]] = {
        "unauthorized": lambda: unauthorized("unauthorized signature"),
        "rate_limited": rate_limited,
        "invalid_ip": invalid_ip,
        "invalid_domain": invalid_domain,
        "not_found": not_found,
        "status_400": lambda: Refusal(400, "error - invalid request", http=200),
        "unavailable": lambda: bad("payment channel is not available"),
    }
    if rule.do in refusals:
        raise refusals[rule.do]()


def _with(response: Response, headers: Mapping[str, str]) -> Response:
    response.headers |= headers
    return response


def _on_its_way(turn: Turn, response: Response, wire: Rule | None) -> Response:
    releases = turn.releases

    def sent() -> None:
        for release in releases:
            release()
        releases.clear()

    response.sent = sent
    return faulty(response, wire) if wire else response
