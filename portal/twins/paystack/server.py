"""One address for everything: Paystack's calls, the pay page, and the panel."""

from __future__ import annotations

from functools import partial

from portal.twins.paystack import api, checkout, panel
from portal.twins.paystack.twin import Twin
from portal.twins.wire import Request, Response, Server


def respond(twin: Twin, request: Request) -> Response:
    if checkout.PATH.fullmatch(request.path):
        return checkout.respond(twin, request)
    if request.path == "/" or request.path.startswith(panel.HOME):
        return panel.respond(twin, request)
    return api.respond(twin, request)


def serve(twin: Twin, host: str, port: int) -> Server:
    """A server that is bound, and answers as soon as its `serve_forever` runs."""
    return Server(host, port, partial(respond, twin))
