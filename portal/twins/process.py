"""A twin as a process: its options, and its life until it is stopped."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from portal.twins.standing import Settings, StandIn
from portal.twins.wire import Server

AnyTwin = TypeVar("AnyTwin", bound=StandIn)


def parser(module: str, description: str) -> argparse.ArgumentParser:
    """The options of every twin."""
    made = argparse.ArgumentParser(prog=f"python -m {module}", description=description)
    made.add_argument("--port", type=int, required=True)
    made.add_argument("--host", default="127.0.0.1")
    made.add_argument("--webhook-url", "--notify-url", default="", help="where all news are sent")
    made.add_argument("--public-url", default="", help="how a browser reaches the twin")
    made.add_argument("--seed", type=int, help="the same made-up codes, and the same share of faults, every time")
    made.add_argument("--rate-limits", action="store_true", help="so many calls of a kind per minute")
    made.add_argument("--log", type=Path, help="append what truly happened to this file")
    made.add_argument("--state", type=Path, help="keep the books in this file over restarts")
    return made


def settings(told: argparse.Namespace) -> Settings:
    return Settings(
        public_url=told.public_url.rstrip("/") or f"http://{told.host}:{told.port}",
        webhook_url=told.webhook_url,
        seed=told.seed,
        has_rate_limits=told.rate_limits,
        truth_path=told.log,
        state_path=told.state,
    )


def live(
    name: str,
    told: argparse.Namespace,
    make: Callable[[], AnyTwin],
    serve: Callable[[AnyTwin, str, int], Server],
) -> int:
    """Run until SIGINT or SIGTERM. Returns the process's status; 2 if it cannot start."""
    try:
        twin = make()
        server = serve(twin, told.host, told.port)
    except OSError as error:
        print(f"The {name} twin cannot start: {error}. Choose another port or file.", file=sys.stderr)
        return 2
    stop = threading.Event()
    for sign in (signal.SIGINT, signal.SIGTERM):
        signal.signal(sign, lambda *_: stop.set())
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    print(f"{name} twin: {twin.settings.public_url}/_twin/", flush=True)
    stop.wait()
    server.shutdown()
    server.server_close()
    twin.close()
    return 0
