"""One address for everything: iPaymu's calls, the hosted page, the simulator, and the panel."""

from __future__ import annotations

import re
from functools import partial

from portal.twins.ipaymu import api, checkout, panel, sending
from portal.twins.ipaymu.pictures import picture
from portal.twins.ipaymu.twin import Twin
from portal.twins.wire import Request, Response, Server

_PICTURE = re.compile(r"/qr/(?:template/)?([0-9]{1,12})")


def respond(twin: Twin, request: Request) -> Response:
    found = _PICTURE.fullmatch(request.path)
    if found and request.method == "GET":
        return picture(twin.ledger.transactions.get(int(found[1])))
    if checkout.PATH.fullmatch(request.path):
        return checkout.respond(twin, request)
    if request.path == sending.PATH:
        return sending.respond(twin, request)
    if request.path == "/" or request.path.startswith(panel.HOME):
        return panel.respond(twin, request)
    return api.respond(twin, request)


def serve(twin: Twin, host: str, port: int) -> Server:
    """A server that is bound, and answers as soon as its `serve_forever` runs."""
    return Server(host, port, partial(respond, twin))
