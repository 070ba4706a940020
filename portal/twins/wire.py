"""The HTTP of a twin: a small threaded server with kept connections, and the ways in which an answer can go wrong."""

from __future__ import annotations

import contextlib
import json
import socket
import struct
import sys
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.utils import formatdate
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

LARGEST_BODY = 1_000_000
OVERSIZED = 5_000_000
JSON_TYPE = "application/json; charset=utf-8"


class BadRequest(ValueError):
    """The caller sent something that cannot be read; the message says what."""


@dataclass(frozen=True, slots=True)
class Request:
    """`path` is decoded and has no slash at its end; header names are in small letters."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes

    @property
    def is_json(self) -> bool:
        return "json" in self.headers.get("content-type", "")

    def fields(self) -> dict[str, Any]:
        """The body as one object, from JSON or a form. Raises BadRequest."""
        if not self.body.strip():
            return {}
        if self.is_json or self.body.lstrip()[:1] == b"{":
            return self._json()
        try:
            return dict(parse_qsl(self.body.decode("utf-8"), keep_blank_values=True, max_num_fields=200))
        except ValueError as error:
            raise BadRequest("The form cannot be read") from error

    def _json(self) -> dict[str, Any]:
        try:
            value = json.loads(self.body, parse_constant=_no_constant)
            json.dumps(value, ensure_ascii=False).encode()
        except (ValueError, RecursionError) as error:
            raise BadRequest("The body is not valid JSON") from error
        if not isinstance(value, dict):
            raise BadRequest("The body must be a JSON object")
        return value


def _no_constant(name: str) -> None:
    raise ValueError(name)


@dataclass(slots=True)
class Fault:
    """How an answer travels. `kind` is a key of WAYS; `seconds` is how long that takes."""

    kind: str
    seconds: float = 0.0


@dataclass(slots=True)
class Response:
    """An answer. `sent` is called once the answer is on its way, or, if it has a fault, just before."""

    status: int = 200
    body: bytes = b""
    content_type: str = JSON_TYPE
    headers: dict[str, str] = field(default_factory=dict)
    fault: Fault | None = None
    sent: Callable[[], None] | None = None

    def as_bytes(self) -> bytes:
        """Head and body in one piece, so that a small answer is one packet."""
        lines = [f"HTTP/1.1 {self.status} {_phrase(self.status)}", f"Content-Type: {self.content_type}"]
        lines += [f"Date: {formatdate(usegmt=True)}", f"Content-Length: {len(self.body)}"]
        lines += [f"{name}: {value}" for name, value in self.headers.items()]
        return "\r\n".join([*lines, "", ""]).encode("utf-8") + self.body


def json_response(value: object, status: int = 200) -> Response:
    return Response(status, json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "replace"))


def _phrase(status: int) -> str:
    with contextlib.suppress(ValueError):
        return HTTPStatus(status).phrase
    return "Unknown"


def _slow(connection: socket.socket, response: Response, seconds: float) -> bool:
    time.sleep(seconds)
    connection.sendall(response.as_bytes())
    return True


def _hang(connection: socket.socket, response: Response, seconds: float) -> bool:
    """Hold the line, then drop it without a word."""
    time.sleep(seconds)
    return False


def _reset(connection: socket.socket, response: Response, seconds: float) -> bool:
    """Break the connection so that the other side sees a reset, not an orderly end."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()
    return False


def _cut(connection: socket.socket, response: Response, seconds: float) -> bool:
    whole = response.as_bytes()
    connection.sendall(whole[: len(whole) - len(response.body) // 2 - 1])
    time.sleep(0.02)
    return _reset(connection, response, seconds)


def _truncated(connection: socket.socket, response: Response, seconds: float) -> bool:
    """A complete answer by the rules of HTTP, whose JSON ends in the middle."""
    response.body = response.body[: len(response.body) // 2]
    connection.sendall(response.as_bytes())
    return True


def _oversized(connection: socket.socket, response: Response, seconds: float) -> bool:
    response.body = response.body[:-1] + b',"padding":"' + b"x" * OVERSIZED + b'"}'
    connection.sendall(response.as_bytes())
    return True


def _drip(connection: socket.socket, response: Response, seconds: float) -> bool:
    """One byte after the other, the whole answer taking `seconds`."""
    whole = response.as_bytes()
    for place in range(len(whole)):
        connection.sendall(whole[place : place + 1])
        time.sleep(seconds / len(whole))
    return True


WAYS: Mapping[str, Callable[[socket.socket, Response, float], bool]] = {
    "slow": _slow,
    "hang": _hang,
    "reset": _reset,
    "cut": _cut,
    "truncated": _truncated,
    "oversized": _oversized,
    "drip": _drip,
}

Application = Callable[[Request], Response]


class _Connection(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 120
    disable_nagle_algorithm = True
    server: Server

    def __getattr__(self, name: str) -> Any:
        """`http.server` looks for one method per verb; here one answers all."""
        if name.startswith("do_"):
            return self._answer
        raise AttributeError(name)

    def _answer(self) -> None:
        request = self._request()
        if request is None:
            return
        try:
            response = self.server.application(request)
        except Exception:
            traceback.print_exc(file=sys.stderr)
            response = json_response({"status": False, "message": "The twin failed; see its log"}, 500)
        self._send(response)

    def _request(self) -> Request | None:
        """The whole request, or None after it was refused."""
        told = self.headers.get("Content-Length", "0")
        size = int(told) if told.isascii() and told.isdigit() and len(told) < 12 else -1
        if size < 0 or size > LARGEST_BODY or "Transfer-Encoding" in self.headers:
            self.close_connection = True
            self._send(json_response({"status": False, "message": "The body has no acceptable length"}, 413))
            return None
        body = self.rfile.read(size)
        split = urlsplit(self.path)
        query = dict(parse_qsl(split.query, keep_blank_values=True))
        headers = {name.lower(): value for name, value in self.headers.items()}
        path = "/" + unquote(split.path).strip("/")
        return Request(self.command, path, query, headers, body)

    def _send(self, response: Response) -> None:
        fault = response.fault
        try:
            if fault is None:
                whole = response.as_bytes()
                self.connection.sendall(whole[: -len(response.body) or None] if self.command == "HEAD" else whole)
            elif response.sent:
                response.sent()
            if fault is not None:
                self.close_connection = not WAYS[fault.kind](self.connection, response, fault.seconds)
        except OSError:
            self.close_connection = True
        finally:
            if fault is None and response.sent:
                response.sent()

    def log_message(self, format: str, *args: Any) -> None:
        """Silent: what matters is in the truth log."""


class Server(ThreadingHTTPServer):
    """Serves `application` on `port` (0: any free one) until `shutdown()`."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 256

    def __init__(self, host: str, port: int, application: Application) -> None:
        self.application = application
        super().__init__((host, port), _Connection)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A connection that broke is nothing to report: breaking connections is what twins are for."""
        if not isinstance(sys.exc_info()[1], OSError | ValueError):
            traceback.print_exc(file=sys.stderr)
