"""Waits until the portal answers, lets the demo book be filled once, prints where everything is, and stays."""

import argparse
import os
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request

from portal.local.processes import portal_command

PATIENCE_SECONDS = 180


def is_ready(url: str) -> bool:
    """True as soon as something answers there without an error of its own; False when patience ends."""
    until = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < until:
        try:
            urllib.request.urlopen(url, timeout=5).close()  # noqa: S310 - our own loopback address
            return True
        except urllib.error.HTTPError as answer:
            if answer.code < 500:
                return True
            time.sleep(0.5)
        except OSError:
            time.sleep(0.1)
    return False


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--stay", action="store_true", help="print the addresses and stay, instead of ending")
    stays = parser.parse_args().stay
    web, twin, mailbox, ipaymu = (os.environ[f"CHECK_{name}_URL"] for name in ("BASE", "TWIN", "MAILBOX", "IPAYMU"))
    for url in (f"{web}/healthz", twin, mailbox, ipaymu):
        if not is_ready(url):
            print(f"{url} does not answer after {PATIENCE_SECONDS} seconds: see the lines above.", file=sys.stderr)
            return 1
    if not stays:
        return 0
    if subprocess.run(portal_command("demo"), check=False).returncode:
        print("The demo book could not be filled: see the lines above. The portal goes on without it.", flush=True)
    signs = subprocess.run(portal_command("seed", "--show"), capture_output=True, text=True, check=False)
    print(f"\n  Portal         {web}\n  Mail inbox     {mailbox}", flush=True)
    print(f"  Paystack twin  {twin}/_twin/\n  iPaymu twin    {ipaymu}/_twin/\n", flush=True)
    print(signs.stdout if signs.returncode == 0 else signs.stderr, flush=True)
    print("  Ctrl-C stops all of it.\n", flush=True)
    threading.Event().wait()
    return 0


if __name__ == "__main__":
    sys.exit(main())
