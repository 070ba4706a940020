"""Taking in what a gateway tells: checking the signature, keeping the notice."""

import hashlib
import hmac
import json
import time
from datetime import datetime
from statistics import median

from portal.actions.store_gateway_news import store_gateway_news
from portal.core.ids import attempt_reference
from portal.gateways.paystack import SIGNATURE

PADDING = 1_300  # bytes, so that a notice is as long as real ones are


def measure(token: str, secret_key: str, times: int, *, at: datetime) -> tuple[float, float]:
    """Milliseconds for one notice: wall time, and this process's own."""
    walls, own = [], []
    for body in (_body() for _ in range(times)):
        signature = hmac.new(secret_key.encode(), body, hashlib.sha512).hexdigest()
        started, used = time.perf_counter(), time.process_time()
        store_gateway_news("paystack", token, {SIGNATURE: signature}, body, at=at)
        walls.append(1000 * (time.perf_counter() - started))
        own.append(1000 * (time.process_time() - used))
    return median(walls), median(own)


def _body() -> bytes:
    told = {"reference": attempt_reference(), "metadata": "x" * PADDING}
    return json.dumps({"event": "charge.success", "data": told}).encode()
