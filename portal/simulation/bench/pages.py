"""What a page costs this process, as a multiple of the barest page that the same framework can answer."""

import time
from collections.abc import Sequence
from contextvars import Context
from dataclasses import dataclass
from statistics import median
from typing import Any, Protocol

from sqlalchemy import Engine, event, text
from sqlalchemy.orm import Session

from portal.identity.models import User
from portal.identity.sessions import Device, open_session

ACCOUNT = ("/account/", "/account/plan", "/account/invoices", "/account/invoices/{invoice}", "/account/payments")
STAFF = (
    "/billing/", "/billing/subscriptions", "/billing/subscriptions/{subscription}", "/billing/invoices",
    "/billing/invoices/{invoice}", "/billing/payments", "/billing/dunning", "/billing/runs", "/billing/health",
)  # fmt: skip
_SUBJECTS = text(
    """
    SELECT i.ref AS invoice, s.ref AS subscription FROM invoices i JOIN subscriptions s ON s.id = i.subscription_id
     WHERE i.customer_id = :customer ORDER BY i.id DESC LIMIT 1
    """
)
_MOVE_IN = text("UPDATE memberships SET customer_id = :customer WHERE user_id = :user")


class Browser(Protocol):
    """The framework's own test client."""

    def get(self, path: str) -> Any: ...


@dataclass(frozen=True, slots=True)
class Page:
    path: str
    status: int
    cpu_ms: float
    queries: int


def sign_in(session: Session, email: str, *, wall_at: Any, customer_id: int | None = None) -> str:
    """A token for the browser of this person, who acts for `customer_id` from now on. The caller commits."""
    user = session.query(User).filter_by(email=email).one()
    if customer_id is not None:
        session.execute(_MOVE_IN, {"customer": customer_id, "user": user.id})
    return open_session(session, user, Device(), wall_at=wall_at)


def measure(browser: Browser, engine: Engine, paths: Sequence[str], times: int) -> list[Page]:
    return [_measured(browser, engine, path, times) for path in paths]


def addresses(session: Session, customer_id: int, paths: Sequence[str]) -> list[str]:
    """The paths with the customer's latest invoice and its subscription filled in."""
    subjects = session.execute(_SUBJECTS, {"customer": customer_id}).mappings().one()
    return [path.format_map(subjects) for path in paths]


def bare(browser: Browser, times: int) -> float:
    """Milliseconds of a page that says hello."""
    return median(_once(browser, "/")[1] for _ in range(times))


def _measured(browser: Browser, engine: Engine, path: str, times: int) -> Page:
    asked = 0

    def note(*_: object) -> None:
        nonlocal asked
        asked += 1

    status, _ = _once(browser, path)
    event.listen(engine, "before_cursor_execute", note)
    took = [_once(browser, path)[1] for _ in range(times)]
    event.remove(engine, "before_cursor_execute", note)
    return Page(path, status, median(took), asked // times)


def _once(browser: Browser, path: str) -> tuple[int, float]:
    """As if nothing had been asked before: a page of its own context, as a server opens it."""
    used = time.process_time()
    answer = Context().run(browser.get, path)
    return int(answer.status_code), 1000 * (time.process_time() - used)
