"""`/send-notify`: the sandbox's page that sets a transaction to a status and posts the callback of it."""

from __future__ import annotations

from portal.twins.ipaymu.pages import page, trouble
from portal.twins.ipaymu.shapes import WORDS
from portal.twins.ipaymu.twin import Twin
from portal.twins.pages import wants_json
from portal.twins.told import words
from portal.twins.wire import BadRequest, Request, Response, json_response

PATH = "/send-notify"
OFFERED = (1, 6, 7, 0, -2, 2, 5)


def respond(twin: Twin, request: Request) -> Response:
    if request.method == "GET":
        return _page()
    try:
        form = request.fields()
    except BadRequest as error:
        return trouble(400, f"{error}.")
    number, told = words(form, "id", 18), words(form, "status", 3) or "1"
    row = twin.ledger.transactions.get(int(number)) if number.isascii() and number.isdigit() else None
    status = int(told) if told.lstrip("-").isdigit() and told.isascii() else None
    if row is None or status not in OFFERED:
        sentence = "There is no such transaction, or no such status."
        return json_response({"error": sentence}, 422) if wants_json(request) else _page(sentence)
    before = max(twin.post.deliveries, default=0)
    twin.till.move(row, status)()
    if not any(number > before for number in twin.post.deliveries):
        twin.till.announce(row)()
    newest = twin.post.deliveries[max(twin.post.deliveries)]
    if wants_json(request):
        return json_response({"transaction": row.id, "status": row.status, "url": newest.url, "body": newest.body})
    return _page(sent=newest.body, url=newest.url)


def _page(error: str = "", sent: str = "", url: str = "") -> Response:
    statuses = [(status, WORDS[status]) for status in OFFERED]
    return page("send.html", 422 if error else 200, statuses=statuses, error=error, sent=sent, url=url)
