"""Turns values into the own pages of the twins: templates that all share, and those of one gateway."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from portal.twins.wire import Request, Response

SHARED = Path(__file__).with_name("pages")
HTML = "text/html; charset=utf-8"
# No form-action: a paid form leads on to the merchant's address, whatever that is.
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


def _hundredths(amount: int) -> str:
    return f"{amount // 100:,}.{amount % 100:02d}"


def _moment(told: str | datetime | None) -> str:
    if not told:
        return ""
    at = datetime.fromisoformat(told) if isinstance(told, str) else told
    return at.strftime("%d %b %Y, %H:%M:%S")


class Pages:
    """The pages of the twin of `gateway`, whose own templates lie in `folder`."""

    def __init__(self, folder: Path, gateway: str) -> None:
        self._templates = Environment(
            loader=FileSystemLoader([folder, SHARED]),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.filters |= {"hundredths": _hundredths, "moment": _moment}
        self._templates.globals["gateway"] = gateway

    def page(self, name: str, status: int = 200, **values: Any) -> Response:
        body = self._templates.get_template(name).render(**values)
        return Response(status, body.encode("utf-8", "replace"), HTML, dict(HEADERS))

    def trouble(self, status: int, sentence: str) -> Response:
        return self.page("trouble.html", status, sentence=sentence)


def see(address: str) -> Response:
    """Sends a browser on, after a form."""
    clean = address.replace("\r", "").replace("\n", "")
    return Response(303, b"", HTML, HEADERS | {"Location": clean})


def sheet() -> Response:
    content = (SHARED / "twin.css").read_bytes()
    return Response(200, content, "text/css; charset=utf-8", {"Cache-Control": "max-age=60"})


def wants_json(request: Request) -> bool:
    """Drivers say so; browsers do not."""
    return request.is_json or request.headers.get("accept", "").startswith("application/json")
