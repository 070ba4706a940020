"""`python -m portal.twins.paystack --port N --webhook-url URL`: the twin as a process."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from pathlib import Path

from portal.twins.paystack.server import serve
from portal.twins.paystack.twin import Settings, Twin


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m portal.twins.paystack", description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--webhook-url", default="", help="where news are sent")
    parser.add_argument("--public-url", default="", help="how a browser reaches the twin")
    parser.add_argument("--seed", type=int, help="the same made-up codes, and the same share of faults, every time")
    parser.add_argument("--rate-limits", action="store_true", help="100 calls of a kind per minute, as in test mode")
    parser.add_argument("--log", type=Path, help="append what truly happened to this file")
    parser.add_argument("--state", type=Path, help="keep the books in this file over restarts")
    return parser.parse_args()


def main() -> int:
    told = _arguments()
    settings = Settings(
        public_url=told.public_url.rstrip("/") or f"http://{told.host}:{told.port}",
        webhook_url=told.webhook_url,
        seed=told.seed,
        has_rate_limits=told.rate_limits,
        truth_path=told.log,
        state_path=told.state,
    )
    try:
        twin = Twin(settings)
        server = serve(twin, told.host, told.port)
    except OSError as error:
        print(f"The Paystack twin cannot start: {error}. Choose another port or file.", file=sys.stderr)
        return 2
    stop = threading.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: stop.set())
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    print(f"Paystack twin: {settings.public_url}/_twin/", flush=True)
    stop.wait()
    server.shutdown()
    server.server_close()
    twin.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
