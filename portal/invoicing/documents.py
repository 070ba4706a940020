"""HTML to PDF: the only file that knows WeasyPrint, and imported by nobody but the worker that renders.

Nothing is ever fetched: the style sheet and the faces of the type are the only files that exist here. The same
HTML always gives the same bytes, so a lost file can be made again and compared.
"""

from __future__ import annotations

import gc
from functools import lru_cache
from importlib.resources import files
from io import BytesIO
from pathlib import Path

from weasyprint import CSS, HTML
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import URLFetcher, URLFetcherResponse

STATIC = Path(__file__).parent.parent / "static"
BASE = "https://static.invalid/"
FACES = ("Regular", "SemiBold", "Bold", "Italic")
ALLOWED = {f"{BASE}font/print-Inter-{face}.ttf": STATIC / "font" / f"print-Inter-{face}.ttf" for face in FACES}


class OnlyOurFiles(URLFetcher):  # type: ignore[misc]
    """Knows the faces of the type by their addresses and refuses every other address, whatever its scheme."""

    def fetch(self, url: str, headers: object = None) -> URLFetcherResponse:
        path = ALLOWED.get(url)
        if path is None:
            raise ValueError("nothing but our own files is read here")
        return URLFetcherResponse(url, BytesIO(path.read_bytes()), {"Content-Type": "font/ttf"})


class Sheet(HTML):  # type: ignore[misc]
    """HTML without list markers and footnotes: a seventh of the styles is left to compute, the bytes are the same."""

    def _ua_stylesheets(self, forms: bool = False) -> list[CSS]:
        return [_defaults()]


@lru_cache(maxsize=1)
def _defaults() -> CSS:
    rules = files("weasyprint").joinpath("css/html5_ua.css").read_text()
    return CSS(string="\n".join(rule for rule in rules.splitlines() if not rule.startswith("::")))


@lru_cache(maxsize=1)
def _press() -> tuple[OnlyOurFiles, FontConfiguration, CSS]:
    """Read once per process: the sheet and the faces are half of the work of a small paper."""
    fetcher, fonts = OnlyOurFiles(), FontConfiguration()
    sheet = (STATIC / "css" / "print.css").read_text()
    return fetcher, fonts, CSS(string=sheet, base_url=f"{BASE}css/print.css", url_fetcher=fetcher, font_config=fonts)


def pdf_of(html: str, *, identifier: str) -> bytes:
    """A tagged PDF of `html`; `identifier` names the paper within the file and must be the same each time."""
    fetcher, fonts, sheet = _press()
    was_enabled = gc.isenabled()
    gc.disable()  # steadier: layout makes many short-lived objects, none of them in cycles that matter here
    try:
        paper = Sheet(string=html, base_url=BASE, url_fetcher=fetcher)
        written: bytes = paper.write_pdf(
            stylesheets=[sheet], font_config=fonts, pdf_identifier=identifier.encode(), pdf_variant="pdf/ua-1"
        )
        return written
    finally:
        if was_enabled:
            gc.enable()
