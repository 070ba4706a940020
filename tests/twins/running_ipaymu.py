"""An iPaymu twin that answers on a port of its own, and a merchant who signs what he asks."""

import hashlib
import hmac
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import requests

from portal.twins.ipaymu.server import serve
from portal.twins.ipaymu.twin import Twin
from portal.twins.standing import Settings

VA = "0000009900112233"
API_KEY = "SANDBOX-TEST-0001-KEY"
BUYER = "siti@example.test"
NOTIFY = "http://127.0.0.1:9/hooks/ipaymu"


def signature(method: str, text: str, va: str = VA, key: str = API_KEY) -> str:
    digest = hashlib.sha256(text.encode()).hexdigest()
    return hmac.new(key.encode(), f"{method}:{va}:{digest}:{key}".encode(), hashlib.sha256).hexdigest()


@dataclass
class RunningIpaymu:
    """What a test asks of the twin besides iPaymu's own calls. `url` has no slash at its end."""

    twin: Twin
    url: str
    web: requests.Session = field(default_factory=requests.Session)

    def ask(self, path: str, told: dict[str, Any] | None = None, **headers: str) -> requests.Response:
        """A signed call; `headers` replace those that would be sent, an empty one leaves it out."""
        text = json.dumps(told or {}, separators=(",", ":"))
        sent = {"va": VA, "signature": signature("POST", text), "timestamp": "20260820090000"} | headers
        sent = {name: value for name, value in sent.items() if value}
        return self.web.post(
            f"{self.url}/api/v2/{path}", data=text, headers=sent | {"Content-Type": "application/json"}
        )

    def channels(self) -> requests.Response:
        sent = {"va": VA, "signature": signature("GET", "{}")}
        return self.web.get(f"{self.url}/api/v2/payment-channels", headers=sent)

    def page(self, reference: str = "INV-7001-1", amount: int = 250_000, **more: Any) -> str:
        """The address of a fresh hosted page."""
        told = {"product": ["Pro plan"], "qty": [1], "price": [amount], "description": ["Invoice"]}
        told |= {"returnUrl": "https://shop.example.test/back?inv=7001", "notifyUrl": NOTIFY, "referenceId": reference}
        told |= {"buyerName": "Siti", "buyerEmail": BUYER, "buyerPhone": "081200000001", "feeDirection": "MERCHANT"}
        answer = self.ask("payment", told | more)
        assert answer.status_code == 200, answer.text
        return answer.json()["Data"]["Url"]

    def direct(self, reference: str = "INV-7001-1", via: str = "va", channel: str = "bni", **more: Any) -> dict:
        told = {"name": "Siti", "phone": "081200000001", "email": BUYER, "amount": 250_000, "notifyUrl": NOTIFY}
        told |= {"referenceId": reference, "paymentMethod": via, "paymentChannel": channel, "feeDirection": "MERCHANT"}
        answer = self.ask("payment/direct", told | more)
        assert answer.status_code == 200, answer.text
        return answer.json()["Data"]

    def press(self, page: str, do: str = "pay", channel: str = "va/bni") -> dict[str, Any]:
        """Choose a channel on a page and press a button there, as a driver."""
        sent = {"do": do} | ({"channel": channel} if channel else {})
        return self.web.post(page, json=sent, allow_redirects=False).json()

    def pay(self, number: int, do: str = "pay") -> dict[str, Any]:
        return self.web.post(f"{self.url}/pay/{number}", json={"do": do}, allow_redirects=False).json()

    def check(self, number: object) -> dict[str, Any]:
        return self.ask("transaction", {"transactionId": number}).json()

    def behave(self, do: str, **rule: Any) -> int:
        answer = self.web.post(f"{self.url}/_twin/behaviour", json={"do": do, **rule})
        assert answer.status_code == 200, answer.text
        return answer.json()["number"]

    def switch(self, **told: Any) -> None:
        answer = self.web.post(f"{self.url}/_twin/switches", json=told)
        assert answer.status_code == 200, answer.text

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
def running_ipaymu(*, port: int = 0, **settings: Any) -> Iterator[RunningIpaymu]:
    twin = Twin(Settings(public_url="", **settings), {VA: API_KEY})
    server = serve(twin, "127.0.0.1", port)
    url = f"http://127.0.0.1:{server.server_address[1]}"
    object.__setattr__(twin.settings, "public_url", url)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    found = RunningIpaymu(twin, url)
    try:
        yield found
    finally:
        found.web.close()
        server.shutdown()
        server.server_close()
        twin.close()
