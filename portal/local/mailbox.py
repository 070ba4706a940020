"""A mail inbox for `./run` and the checks: takes every letter by SMTP, sends none on, shows them on a web page."""

import argparse
import json
import urllib.parse
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from werkzeug.exceptions import Forbidden, HTTPException, NotFound
from werkzeug.routing import Map, Rule
from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.utils import redirect
from werkzeug.wrappers import Request, Response

from portal.local.mails import Letter, Mails, attachments, parse, part

PAGES = Path(__file__).with_name("pages")
PER_PAGE = 100
HOSTS = ["127.0.0.1", "localhost"]
CSP = "default-src 'none'; style-src 'self'; img-src data:; frame-src 'self'; form-action 'self'; base-uri 'none'"
SANDBOX = "allow-popups allow-popups-to-escape-sandbox"  # a link in a letter opens a page of its own
CSP_OF_LETTERS = f"default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox {SANDBOX}"


class Catcher:
    """What aiosmtpd calls."""

    def __init__(self, mails: Mails) -> None:
        self.mails = mails

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        self.mails.keep(envelope.mail_from or "", list(envelope.rcpt_tos), envelope.content)
        return "250 Kept"


class Inbox:
    """The web view, as a WSGI application."""

    def __init__(self, mails: Mails) -> None:
        self.mails = mails
        self.pages = Environment(loader=FileSystemLoader(PAGES), autoescape=True, undefined=StrictUndefined)
        self.urls = Map(
            [
                Rule("/", endpoint=self.listed, methods=["GET"]),
                Rule("/healthz", endpoint=lambda _: Response("ok"), methods=["GET"]),
                Rule("/inbox.css", endpoint=self.sheet, methods=["GET"]),
                Rule("/clear", endpoint=self.cleared, methods=["POST"]),
                Rule("/messages/<ident>", endpoint=self.shown, methods=["GET"]),
                Rule("/messages/<ident>/html", endpoint=self.html, methods=["GET"]),
                Rule("/messages/<ident>/raw", endpoint=self.raw, methods=["GET"]),
                Rule("/messages/<ident>/attachments/<int:number>", endpoint=self.attachment, methods=["GET"]),
                Rule("/api/messages", endpoint=self.as_json, methods=["GET"]),
                Rule("/api/messages", endpoint=self.api_cleared, methods=["DELETE"]),
                Rule("/api/messages/<ident>", endpoint=self.one_as_json, methods=["GET"]),
            ]
        )

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        request = Request(environ)
        request.trusted_hosts = HOSTS
        response: Any
        try:
            _require_ours(request)
            view, values = self.urls.bind_to_environ(environ).match()
            response = view(request, **values)
        except HTTPException as error:
            response = error.get_response(environ)
        response.headers.setdefault("Content-Security-Policy", CSP)
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Cache-Control"] = "no-store"
        response.headers["Referrer-Policy"] = "no-referrer"
        answer: Iterable[bytes] = response(environ, start_response)
        return answer

    def listed(self, request: Request) -> Response:
        to = request.args.get("to", "")
        letters = self.mails.found(to, request.args.get("subject", ""))
        page = max(1, request.args.get("page", 1, type=int))
        first = (page - 1) * PER_PAGE
        return self._page(
            "list.html",
            letters=letters[first : first + PER_PAGE],
            total=len(letters),
            to=to,
            subject=request.args.get("subject", ""),
            page=page,
            last_page=max(1, -(-len(letters) // PER_PAGE)),
        )

    def shown(self, _request: Request, ident: str) -> Response:
        letter, message = self._found(ident)
        text, html = part(message, "plain"), part(message, "html")
        return self._page("message.html", letter=letter, text=text, html=html, sandbox=SANDBOX)

    def html(self, _request: Request, ident: str) -> Response:
        _, message = self._found(ident)
        page = Response('<base target="_blank">' + part(message, "html"), mimetype="text/html")
        page.headers["Content-Security-Policy"] = CSP_OF_LETTERS
        return page

    def raw(self, _request: Request, ident: str) -> Response:
        raw = self.mails.raw(ident)
        if raw is None:
            raise NotFound
        return Response(raw, mimetype="text/plain")

    def attachment(self, _request: Request, ident: str, number: int) -> Response:
        _, message = self._found(ident)
        found = attachments(message)
        if not 1 <= number <= len(found):
            raise NotFound
        name, content = found[number - 1]
        answer = Response(content.get_payload(decode=True) or b"", mimetype=content.get_content_type())
        answer.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{urllib.parse.quote(name, safe='')}"
        return answer

    def cleared(self, _request: Request) -> Any:
        self.mails.clear()
        return redirect("/", 303)

    def api_cleared(self, _request: Request) -> Response:
        self.mails.clear()
        return Response(status=204)

    def as_json(self, request: Request) -> Response:
        """{"total": n, "messages": [newest first]}; `to` and `subject` narrow, `limit` and `skip` page."""
        letters = self.mails.found(request.args.get("to", ""), request.args.get("subject", ""))
        skip = max(0, request.args.get("skip", 0, type=int))
        limit = max(0, request.args.get("limit", 1000, type=int))
        shown = [asdict(each) for each in letters[skip : skip + limit]]
        return _json({"total": len(letters), "messages": shown})

    def one_as_json(self, _request: Request, ident: str) -> Response:
        letter, message = self._found(ident)
        headers = [[name, str(value)] for name, value in message.items()]
        bodies = {"text": part(message, "plain"), "html": part(message, "html")}
        return _json(asdict(letter) | bodies | {"headers": headers})

    def sheet(self, _request: Request) -> Response:
        return Response((PAGES / "inbox.css").read_bytes(), mimetype="text/css")

    def _found(self, ident: str) -> tuple[Letter, Any]:
        letter, raw = self.mails.letter(ident), self.mails.raw(ident)
        if letter is None or raw is None:
            raise NotFound
        return letter, parse(raw)

    def _page(self, name: str, **values: Any) -> Response:
        return Response(self.pages.get_template(name).render(**values), mimetype="text/html")


def _require_ours(request: Request) -> None:
    """Refuse other names for this host, and posts from other sites' pages."""
    _ = request.host  # raises for a name that is not trusted
    if request.method not in ("GET", "HEAD") and request.headers.get("Sec-Fetch-Site", "none") == "cross-site":
        raise Forbidden


def _json(value: Any) -> Response:
    return Response(json.dumps(value), mimetype="application/json")


class _Quiet(WSGIRequestHandler):
    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Nothing: the page would fill the log of `./run`."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--smtp-port", type=int, required=True)
    parser.add_argument("--web-port", type=int, required=True)
    parser.add_argument("--folder", type=Path, required=True, help="where the letters are kept")
    wanted = parser.parse_args()
    mails = Mails(wanted.folder)
    catcher = Controller(Catcher(mails), hostname="127.0.0.1", port=wanted.smtp_port, enable_SMTPUTF8=True)
    catcher.start()
    print(f"mail inbox on http://127.0.0.1:{wanted.web_port}, SMTP on port {wanted.smtp_port}", flush=True)
    make_server("127.0.0.1", wanted.web_port, Inbox(mails), threaded=True, request_handler=_Quiet).serve_forever()


if __name__ == "__main__":
    main()
