"""A Paystack twin that answers on a port of its own, and somebody who listens to its news."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import requests

from portal.twins.paystack.server import serve
from portal.twins.paystack.twin import Settings, Twin

KEY = "sk_test_of_the_tests"
PAYER = "ada@example.com"
GOOD_CARD = "4084084084084081"


@dataclass
class Running:
    """What a test asks of a twin besides Paystack's own calls. `url` has no slash at its end."""

    twin: Twin
    url: str
    web: requests.Session = field(default_factory=requests.Session)

    def behave(self, do: str, **rule: Any) -> int:
        answer = self.web.post(f"{self.url}/_twin/behaviour", json={"do": do, **rule})
        assert answer.status_code == 200, answer.text
        return answer.json()["number"]

    def card(self, email: str = PAYER, card: str = GOOD_CARD, key: str = KEY) -> str:
        """The token of a stored card."""
        told = {"secret_key": key, "email": email, "card": card}
        made = self.web.post(f"{self.url}/_twin/authorizations", json=told).json()
        return made["authorization"]["authorization_code"]

    def ask(self, method: str, path: str, key: str = KEY, **sent: Any) -> requests.Response:
        headers = {"Authorization": f"Bearer {key}"} | sent.pop("headers", {})
        return self.web.request(method, self.url + path, headers=headers, allow_redirects=False, **sent)

    def page(self, reference: str, amount: int = 250_000, **more: Any) -> str:
        """The address of a fresh pay page."""
        told = {"email": PAYER, "amount": amount, "currency": "NGN", "reference": reference, **more}
        return self.ask("POST", "/transaction/initialize", json=told).json()["data"]["authorization_url"]

    def pay(self, page: str, **form: str) -> requests.Response:
        return self.web.post(page, data=form, allow_redirects=False)

    def status(self, reference: str) -> str:
        return self.ask("GET", f"/transaction/verify/{reference}").json()["data"]["status"]

    def clock(self, at: str | None) -> None:
        assert self.web.post(f"{self.url}/_twin/clock", json={"at": at}).status_code == 200

    def idle(self) -> dict[str, Any]:
        return self.web.get(f"{self.url}/_twin/idle").json()

    def wait(self, seconds: float = 5.0) -> dict[str, Any]:
        """Until nothing is under way."""
        until = time.monotonic() + seconds
        while (told := self.idle())["in_flight"] and time.monotonic() < until:
            time.sleep(0.01)
        assert not told["in_flight"], told
        return told

    def deeds(self, deed: str) -> list[dict[str, Any]]:
        entries = self.web.get(f"{self.url}/_twin/truth").json()["entries"]
        return [entry for entry in entries if entry["deed"] == deed]


@contextmanager
def running(**settings: Any) -> Iterator[Running]:
    twin = Twin(Settings(public_url="", **settings))
    server = serve(twin, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.server_address[1]}"
    object.__setattr__(twin.settings, "public_url", url)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    found = Running(twin, url)
    try:
        yield found
    finally:
        found.web.close()
        server.shutdown()
        server.server_close()
        twin.close()


@dataclass
class Listener:
    """Takes webhooks. `statuses` are answered in turn, then 200 for ever."""

    url: str = ""
    statuses: list[int] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)

    def wait(self, count: int, seconds: float = 5.0) -> list[bytes]:
        until = time.monotonic() + seconds
        while len(self.bodies) < count and time.monotonic() < until:
            time.sleep(0.01)
        return self.bodies


@contextmanager
def listening() -> Iterator[Listener]:
    heard = Listener()

    class Ear(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            heard.bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
            heard.headers.append({name.lower(): value for name, value in self.headers.items()})
            status = heard.statuses.pop(0) if heard.statuses else 200
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Ear)
    heard.url = f"http://127.0.0.1:{server.server_address[1]}/hook"
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    try:
        yield heard
    finally:
        server.shutdown()
        server.server_close()
