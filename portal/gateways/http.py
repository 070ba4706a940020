"""One way to speak HTTP to a gateway: a kept connection, a total deadline, no retries, no redirects.

Two kinds of failure are told apart. `NotSent`: not one byte of the request left (no such name, refused, TLS failed),
so nothing happened. `Silence`: it left, and what came back proves nothing (time-out, reset, 5xx, an answer that is
cut, oversized or unreadable). The deadline covers connecting, sending and every byte of the answer; only the look-up
of the name is left to the system's resolver.
"""

from __future__ import annotations

import functools
import http.client
import io
import json
import os
import socket
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from portal.core.clock import wall
from portal.core.crashes import crash_point
from portal.core.db import require_no_transaction

LARGEST_ANSWER = 1_000_000
CONNECT_SECONDS = 10.0
KEPT_CONNECTIONS = 64


class NotSent(Exception):
    """The request certainly never left."""


class Silence(Exception):
    """The request may have been acted on; the answer does not say."""


@dataclass(frozen=True, slots=True)
class Reply:
    """A complete answer below 500 whose body is one JSON object. `seconds` is how long it took."""

    status: int
    body: dict[str, Any]
    headers: Mapping[str, str]
    seconds: float


class _Call(threading.local):
    """The call under way in this thread: when it must be over, and whether anything was sent."""

    ends_at = 0.0
    was_sent = False


_call = _Call()


class _Timed(io.RawIOBase):
    """A socket's bytes, read so that all reads together end at the call's deadline, however slowly they drip."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._bytes = sock.makefile("rb", buffering=0)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left = _call.ends_at - time.monotonic()
        if left <= 0:
            raise TimeoutError("the deadline has passed")
        self._sock.settimeout(left)
        return self._bytes.readinto(buffer)

    def close(self) -> None:
        self._bytes.close()
        super().close()


class _TimedResponse(http.client.HTTPResponse):
    def __init__(self, sock: socket.socket, debuglevel: int = 0, method: str | None = None, url: str | None = None):
        super().__init__(sock, debuglevel, method, url)
        self.fp.close()
        self.fp = io.BufferedReader(_Timed(sock))


class _Plain(HTTPConnection):
    response_class = _TimedResponse

    def send(self, data: Any) -> None:
        if self.sock is None:
            self.connect()
        _call.was_sent = True
        super().send(data)


class _Secure(HTTPSConnection):
    response_class = _TimedResponse

    def send(self, data: Any) -> None:
        if self.sock is None:
            self.connect()
        _call.was_sent = True
        super().send(data)


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _Plain


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _Secure


class _Adapter(HTTPAdapter):
    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        super().init_poolmanager(*args, **options)
        self.poolmanager.pool_classes_by_scheme = {"http": _PlainPool, "https": _SecurePool}


@functools.cache
def _session(process: int) -> requests.Session:
    """The session of this process. A forked child must not share its parent's sockets, hence the argument.

    The environment is not trusted: a proxy or a .netrc found there must not see or replace the key.
    """
    session = requests.Session()
    session.trust_env = False
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    adapter = _Adapter(pool_connections=8, pool_maxsize=KEPT_CONNECTIONS, max_retries=0)
    session.mount("http://", adapter)
    session.mount("https://", adapter)
    return session


def call(
    method: str,
    url: str,
    *,
    headers: Mapping[str, str],
    seconds: float,
    body: Mapping[str, Any] | None = None,
    content: bytes | None = None,
    query: Mapping[str, str] | None = None,
) -> Reply:
    """Ask once, with `body` as JSON, or with exactly the bytes of `content`, whose type the headers then name.

    Raises NotSent or Silence; anything complete and readable below 500 is a Reply. Refuses (by raising what the
    database floor raises) while a transaction is open in this thread.
    """
    require_no_transaction()
    began = time.monotonic()
    _call.ends_at, _call.was_sent = began + seconds, False
    try:
        with _session(os.getpid()).request(
            method,
            url,
            params=query,
            json=body,
            data=content,
            headers=dict(headers),
            timeout=(min(CONNECT_SECONDS, seconds), seconds),
            allow_redirects=False,
            stream=True,
        ) as answer:
            crash_point("C-11")
            told = _content(answer)
            status, said = answer.status_code, {name.lower(): value for name, value in answer.headers.items()}
    except (requests.RequestException, OSError, http.client.HTTPException) as error:
        if _call.was_sent:
            raise Silence(f"no complete answer ({type(error).__name__})") from error
        raise NotSent(f"could not connect ({type(error).__name__})") from error
    if status >= 500 or 300 <= status < 400:
        raise Silence(f"the gateway answered {status}")
    return Reply(status, _parsed(told, status), said, time.monotonic() - began)


def seconds_ahead_of(reply: Reply) -> int | None:
    """By how much our clock is ahead of the one that answered, to the second; None where its answer bears no date."""
    try:
        theirs = parsedate_to_datetime(reply.headers.get("date", ""))
    except ValueError:
        return None
    return round((wall() - theirs.astimezone(UTC)).total_seconds())


def _content(answer: requests.Response) -> bytes:
    """The whole body, refused as soon as it is larger than any honest answer."""
    parts, size = [], 0
    for part in answer.iter_content(64 * 1024):
        size += len(part)
        if size > LARGEST_ANSWER:
            raise Silence(f"the answer is larger than {LARGEST_ANSWER} bytes")
        parts.append(part)
    return b"".join(parts)


def _parsed(content: bytes, status: int) -> dict[str, Any]:
    """The JSON object in `content`. An unreadable 401 or 403 still says that we may not ask, so it passes, empty."""
    try:
        value = read_json(content)
    except ValueError as error:
        if status in (401, 403):
            return {}
        raise Silence(f"the answer with status {status} is not readable") from error
    return value


def read_json(content: bytes) -> dict[str, Any]:
    """One JSON object from bytes of unknown intent. Raises ValueError for everything else.

    Stricter than the standard parser: no NaN, no key twice, no depth that exhausts the stack, UTF-8 only.
    """
    try:
        value = json.loads(content.decode("utf-8"), parse_constant=_no_constant, object_pairs_hook=_distinct)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    if not isinstance(value, dict):
        raise ValueError("not an object")
    return value


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no number")


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key occurs twice")
    return found
