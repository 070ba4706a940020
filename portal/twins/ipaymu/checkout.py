"""The hosted page: the channels, the number or code to pay to, and the buttons that stand for the buyer's bank."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from portal.twins.faults import Slot, Subject
from portal.twins.ipaymu.channels import CHANNELS, METHODS, find
from portal.twins.ipaymu.ledger import Transaction, Visit
from portal.twins.ipaymu.pages import page, trouble
from portal.twins.ipaymu.shapes import WORDS
from portal.twins.ipaymu.twin import Twin
from portal.twins.pages import see, wants_json
from portal.twins.told import words
from portal.twins.wire import BadRequest, Request, Response, json_response

PATH = re.compile(r"/(payment|pay)/([A-Za-z0-9-]{1,60})(?:/([0-9]{1,12}))?")
# What a button does → the status it leads to
BUTTONS: Mapping[str, int] = {"pay": 1, "pay_unsettled": 6, "pay_escrow": 7, "expire": -2, "cancel": 2, "fail": 5}
Form = Mapping[str, Any]


def respond(twin: Twin, request: Request) -> Response:
    match = PATH.fullmatch(request.path)
    if match is None:
        return trouble(404, "There is no such payment page here.")
    try:
        form = request.fields() if request.method == "POST" else {}
    except BadRequest as error:
        return trouble(400, f"{error}.")
    if match[1] == "pay":
        return _told(request, *_on_transaction(twin, request, match[2], form))
    visit = twin.ledger.visits.get(match[2].lower())
    if visit is None:
        return trouble(404, "There is no such payment page here.")
    if match[3]:
        return _told(request, *_on_transaction(twin, request, match[3], form))
    if request.method == "GET":
        return _choice(twin, visit)
    return _told(request, *_chosen(twin, visit, form))


def _choice(twin: Twin, visit: Visit, error: str = "") -> Response:
    own = [row for row in twin.ledger.transactions.values() if row.sid == visit.sid and not row.is_direct]
    methods = {via: name for via, name in METHODS.items() if visit.method in ("", via)}
    return page(
        "choose.html",
        422 if error else 200,
        visit=visit,
        methods=methods,
        channels=list(CHANNELS.values()),
        begun=own,
        words=WORDS,
        error=error,
    )


def _chosen(twin: Twin, visit: Visit, form: Form) -> tuple[Response, Transaction | None]:
    """A channel, which makes a transaction; or the way back. A button sent along is pressed at once."""
    do = words(form, "do")
    via, _, code = words(form, "channel").partition("/")
    if do == "cancel" and not via:
        twin.truth.add("left", twin.now, reference=visit.reference, session=visit.sid)
        address = visit.cancel_url or visit.return_url
        sentence = "You have left the payment. Nothing was paid; you can close this page."
        return (see(address) if address else trouble(200, sentence)), None
    channel = find(via, code)
    if channel is None or visit.method not in ("", channel.via):
        return _choice(twin, visit, "Choose a way to pay first."), None
    row, release = twin.till.open(visit, channel, is_direct=False)
    if do in BUTTONS:
        release()
        return _pressed(twin, row, do), row
    response = see(f"/payment/{visit.sid}/{row.id}")
    response.sent = release
    return response, row


def _on_transaction(twin: Twin, request: Request, number: str, form: Form) -> tuple[Response, Transaction | None]:
    row = twin.ledger.transactions.get(int(number)) if number.isascii() and number.isdigit() else None
    if row is None:
        return trouble(404, "There is no such payment here."), None
    if request.method != "POST":
        return _shown(row), row
    return _pressed(twin, row, words(form, "do") or "pay"), row


def _shown(row: Transaction) -> Response:
    channel = CHANNELS[row.via, row.channel]
    return page("code.html", row=row, channel=channel, word=WORDS.get(row.status, "?"), back=_back(row))


def _pressed(twin: Twin, row: Transaction, do: str) -> Response:
    if do == "leave":
        return _returned(row)
    status = BUTTONS.get(do)
    if status is None:
        return trouble(400, "A payment is paid, expired, cancelled or left, nothing else.")
    if row.status != 0:
        return _returned(row)
    subject = Subject(row.reference, row.buyer.email, channel=row.channel)
    plan = twin.faults.plan("checkout", subject)
    release = twin.till.move(row, status, plan.get(Slot.NEWS))
    response = _returned(row)
    response.sent = release
    return response


def _back(row: Transaction) -> str:
    """The merchant's address with what iPaymu appends to it, or empty."""
    if not row.return_url:
        return ""
    word = "berhasil" if row.is_paid else "expired" if row.status == -2 else "pending"
    told = {"return": "true", "sid": row.sid, "trx_id": row.id, "status": word}
    told |= {"tipe": row.via, "payment_method": row.via, "payment_channel": row.channel}
    return f"{row.return_url}{'&' if '?' in row.return_url else '?'}{urlencode(told)}"


def _returned(row: Transaction) -> Response:
    return see(_back(row)) if row.return_url else _shown(row)


def _told(request: Request, response: Response, row: Transaction | None) -> Response:
    """For a driver the same as JSON: what became of it, and where a browser would go."""
    if not wants_json(request):
        return response
    told: dict[str, Any] = {"redirect": response.headers.get("Location", "")}
    if row is not None:
        told |= {"transaction": row.id, "status": row.status, "reference": row.reference, "payment_no": row.payment_no}
    answer = json_response(told, 200 if response.status == 303 else response.status)
    answer.sent = response.sent
    return answer
