"""Real Chromium against a real server on the test's own database."""

import shutil
import threading
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from flask import Flask
from playwright.sync_api import Page
from werkzeug.serving import make_server

from portal.core.settings import Settings

QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--no-first-run",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--disable-default-apps",
    "--disable-domain-reliability",
    "--metrics-recording-only",
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1 , EXCLUDE localhost",
]


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, object]:
    """The system's Chromium, which talks to nobody but this machine."""
    chromium = shutil.which("chromium")
    assert chromium, "chromium is missing: run ./setup.sh test"
    return {"executable_path": chromium, "args": QUIET}


@pytest.fixture(scope="session")
def base_url(application: Flask, settings: Settings) -> Iterator[str]:
    """The address of the portal, served by threads of this process for the whole run."""
    address = urlsplit(settings.app_url)
    server = make_server(str(address.hostname), int(address.port or 0), application, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield settings.app_url
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def page(app: Flask, page: Page) -> Page:
    """A tab that fails on a slow page after ten seconds; the database is cleaned when it is closed."""
    page.set_default_timeout(10_000)
    return page
