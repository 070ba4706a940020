"""What stands around every page: the company, who is signed in, the places to go, the clock, the mode.

Templates read one value, `page`, a `Frame`. Whoever signs people in sets `g.frame` before the view
runs; without it (error pages, sign-in) the frame is bare. Places are addresses: one is offered only if
a page answers there and the reader's `g.permissions` allow it, so there are no dead links.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import groupby
from typing import Any

from flask import Flask, current_app, g, request
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

from portal.web.assets import DEFAULT_ACCENT
from portal.web.security import is_permitted
from portal.web.wording import DEFAULT_LANGUAGE, DEFAULT_ZONE, gettext

THEMES = ("light", "dark")


def _(word: str) -> str:
    """Marks a word for the catalogues."""
    return word


@dataclass(frozen=True, slots=True)
class Place:
    """A main place: `path` is its address, `glyph` its icon, `group` the heading above it in the rail.

    `also`: addresses elsewhere that belong to it.
    """

    path: str
    word: str
    glyph: str
    group: str = ""
    also: tuple[str, ...] = ()


ACCOUNT_PLACES = (
    Place("/account/", _("Overview"), "house"),
    Place("/account/plan", _("Plan"), "layers", also=("/account/quotes",)),
    Place("/account/payments", _("Payment"), "wallet"),
    Place("/account/invoices", _("Invoices"), "receipt-text"),
)
STAFF_PLACES = (
    Place("/billing/", _("Home"), "house"),
    Place("/billing/dunning", _("Dunning"), "triangle-alert"),
    Place("/billing/money-inbox", _("Money inbox"), "inbox", also=("/billing/statements",)),
    Place("/billing/approvals", _("Approvals"), "shield-check"),
    Place("/billing/runs", _("Runs"), "play"),
    Place("/clients/", _("Customers"), "users", _("Records")),
    Place("/billing/subscriptions", _("Subscriptions"), "repeat", _("Records")),
    Place("/billing/invoices", _("Invoices"), "receipt-text", _("Records")),
    Place("/billing/credit-notes", _("Credit notes"), "file-minus-2", _("Records")),
    Place("/billing/payments", _("Payments"), "credit-card", _("Records"), also=("/billing/attempts-in-doubt",)),
    Place("/billing/refunds", _("Refunds"), "hand-coins", _("Records")),
    Place("/billing/disputes", _("Disputes"), "message-square-text", _("Records")),
    Place("/billing/print-runs", _("Print runs"), "printer", _("Records")),
    Place("/billing/bank-accounts", _("Bank accounts"), "landmark", _("House")),
    Place("/billing/gateways", _("Payment config"), "wallet", _("House")),
    Place("/billing/limits", _("Limits"), "user-round", _("House")),
    Place("/billing/reconciliation", _("Reconciliation"), "columns-3", _("House")),
    Place("/billing/clock", _("Clock"), "clock", _("House")),
    Place("/billing/health", _("Health"), "activity", _("House")),
)
SEARCH_PATH = "/billing/search"
PHONE_PLACES = 5


@dataclass(frozen=True, slots=True)
class Link:
    """A place as this reader sees it; `number` counts what waits there, `is_hot` when someone must act."""

    path: str
    word: str
    glyph: str
    group: str
    is_current: bool
    number: int | None = None
    is_hot: bool = False


@dataclass(frozen=True, slots=True)
class Frame:
    """`company` is the seller, `person` who is signed in, `belongs_to` their company or role.

    `at` is business time for the clock in the bar. `numbers` maps a place's path to what waits there,
    `hot` names those that want action. `stopped` are the emergency switches that are on, each with its reason.
    `sign_out_path` and `profile_path` may be empty.
    """

    company: str = "Billing"
    legal_line: str = ""
    accent: str = DEFAULT_ACCENT
    person: str = ""
    belongs_to: str = ""
    language: str = DEFAULT_LANGUAGE
    zone: str = DEFAULT_ZONE
    at: datetime | None = None
    is_test: bool = False
    sign_out_path: str = ""
    profile_path: str = ""
    numbers: dict[str, int] = field(default_factory=dict)
    hot: frozenset[str] = frozenset()
    stopped: tuple[tuple[str, str], ...] = ()
    theme: str = ""

    @property
    def account_links(self) -> list[Link]:
        return self._links(ACCOUNT_PLACES)

    @property
    def staff_links(self) -> list[Link]:
        return self._links(STAFF_PLACES)

    @property
    def staff_groups(self) -> list[tuple[str, list[Link]]]:
        """The places of the rail under their headings, in the order above."""
        return [(group, list(links)) for group, links in groupby(self.staff_links, key=lambda link: link.group)]

    @property
    def phone_links(self) -> list[Link]:
        """What fits into the bar at the bottom of a phone; the rest is behind the menu."""
        return self.staff_links[: PHONE_PLACES - 1]

    @property
    def search_path(self) -> str:
        return SEARCH_PATH if is_open(SEARCH_PATH) else ""

    def _links(self, places: Sequence[Place]) -> list[Link]:
        """Put together once for a page: its layout asks a dozen times."""
        drawn: dict[tuple[int, int], list[Link]] = g.setdefault("links", {})
        key = (id(places), id(self.numbers))
        if key not in drawn:
            drawn[key] = self._drawn(places)
        return drawn[key]

    def _drawn(self, places: Sequence[Place]) -> list[Link]:
        current = _current(places, request.path)
        return [
            Link(
                place.path,
                gettext(place.word),
                place.glyph,
                gettext(place.group) if place.group else "",
                place is current,
                self.numbers.get(place.path),
                place.path in self.hot,
            )
            for place in places
            if is_open(place.path)
        ]


def init_frame(app: Flask) -> None:
    """Give every template `page`."""
    app.extensions["places"] = {}
    app.context_processor(_page)


def is_open(path: str) -> bool:
    """Does a page answer at `path`, and may the reader see it?"""
    view = _view_at(path)
    return view is not None and is_permitted(view, g.get("permissions", frozenset()))


def _view_at(path: str) -> Callable[..., Any] | None:
    """The view of an address, found once for the life of the application."""
    found: dict[str, Callable[..., Any] | None] = current_app.extensions["places"]
    if path not in found:
        try:
            endpoint, _arguments = current_app.url_map.bind("").match(path, method="GET")
            found[path] = current_app.view_functions[endpoint]
        except (HTTPException, RequestRedirect):
            found[path] = None
    return found[path]


def _page() -> dict[str, Frame]:
    frame: Frame = g.get("frame") or Frame(language=g.get("language", DEFAULT_LANGUAGE))
    theme = request.cookies.get("theme", "")
    return {"page": replace(frame, theme=theme if theme in THEMES else "")}


def _current(places: Sequence[Place], path: str) -> Place | None:
    """The place with the longest address that `path` lies under; a home is itself only."""
    under = [
        place
        for place in places
        if path == place.path or any(_lies_under(path, each) for each in (place.path, *place.also))
    ]
    return max(under, key=lambda place: len(place.path), default=None)


def _lies_under(path: str, place: str) -> bool:
    is_home = place in {"/account/", "/billing/"}
    return not is_home and path.startswith(place.rstrip("/") + "/")
