"""Somebody with a browser without scripts: opens pages, fills in forms and sends them, follows where they lead."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin

import requests

SECONDS = 30


class Lost(Exception):
    """The page was not what a person would have found there."""


@dataclass
class Form:
    """A form of a page with what is filled in already."""

    action: str
    fields: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Page:
    """What was answered: the address we ended at, the status, the text and its forms."""

    url: str
    status: int
    text: str
    forms: tuple[Form, ...]

    def form(self, action: str) -> Form:
        """The first form whose address contains `action`."""
        for found in self.forms:
            if action in found.action:
                return found
        raise Lost(f"{self.url} ({self.status}) has no form to {action}; it has {[one.action for one in self.forms]}")


class Visitor:
    """Keeps cookies, sends what forms hold, never runs a script."""

    def __init__(self, base_url: str) -> None:
        self._base_url = base_url
        self._http = requests.Session()
        self._http.trust_env = False

    def open(self, path: str) -> Page:
        return self._page(self._http.get(urljoin(self._base_url, path), timeout=SECONDS))

    def send(self, page: Page, action: str, values: Mapping[str, str] | None = None) -> Page:
        """Send the form of `page` that goes to `action`, with `values` over what is filled in."""
        form = page.form(action)
        fields = form.fields | dict(values or {})
        url = urljoin(page.url, form.action)
        return self._page(self._http.post(url, data=fields, headers={"Origin": _origin(url)}, timeout=SECONDS))

    def sign_in(self, email: str, password: str) -> Page:
        """Through the sign-in page, as everybody."""
        page = self.send(self.open("/sign-in"), "/sign-in", {"email": email, "password": password})
        if page.status != 200 or page.url.endswith("/sign-in"):
            raise Lost(f"{email} was not let in: {page.status} at {page.url}")
        return page

    def _page(self, response: requests.Response) -> Page:
        reader = _Reader()
        reader.feed(response.text)
        return Page(response.url, response.status_code, response.text, tuple(reader.forms))


class _Reader(HTMLParser):
    """Collects forms with their fields as a browser would send them."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self._select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(Form(values.get("action", "")))
        elif self.forms and tag == "input":
            self._input(values)
        elif self.forms and tag == "select":
            self._select = values.get("name", "")
        elif self.forms and tag == "option" and self._select:
            chosen = self.forms[-1].fields
            chosen[self._select] = (
                values.get("value", "") if "selected" in values else chosen.get(self._select, values.get("value", ""))
            )

    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            self._select = ""

    def _input(self, values: Mapping[str, str]) -> None:
        name, kind = values.get("name", ""), values.get("type", "text")
        if not name or kind in ("submit", "button", "file") or "disabled" in values:
            return
        if kind in ("checkbox", "radio") and "checked" not in values:
            return
        self.forms[-1].fields[name] = values.get("value", "on" if kind == "checkbox" else "")


def _origin(url: str) -> str:
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{rest.split('/', 1)[0]}"
